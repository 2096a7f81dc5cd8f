# Reference values for matching, weighting and doubly robust estimates on the NHEFS.
# Reads nhefs.csv from the current folder, writes nhefs_more_methods.json.
# nhefs.csv: PyPI causaldata 0.1.5, rows with wt82 known, ordered by seqn.
library(MatchIt); library(sandwich)
stopifnot(packageVersion("MatchIt") == "4.7.2")
optimal <- NULL; has_optmatch <- requireNamespace("optmatch", quietly = TRUE)

d <- read.csv("nhefs.csv")
stopifnot(nrow(d) == 1566, !is.unsorted(d$seqn, strictly = TRUE))
rownames(d) <- d$seqn                       # so match.matrix holds seqn
covariates <- ~ sex + race + age + I(age^2) + factor(education) + smokeintensity + I(smokeintensity^2) +
  smokeyrs + I(smokeyrs^2) + factor(exercise) + factor(active) + wt71 + I(wt71^2)
score <- glm(update(covariates, qsmk ~ .), data = d, family = binomial, control = list(epsilon = 1e-14, maxit = 100))
logit <- score$linear.predictor             # named by seqn
t <- d$qsmk; y <- d$wt82_71; n <- nrow(d)
X <- model.matrix(covariates, d)            # the columns of the score, with intercept
f <- qsmk ~ age + wt71 + smokeyrs           # names covariates only; the distance is the logit given

# ---- effects of a matched or weighted sample -------------------------------------------------------------------
difference <- function(w) weighted.mean(y[t == 1], w[t == 1]) - weighted.mean(y[t == 0], w[t == 0])
kish <- function(w) sum(w)^2 / sum(w^2)     # effective number
effect <- function(m) {
  md <- cbind(d, w = m$weights, set = if (is.null(m$subclass)) NA else m$subclass)[m$weights > 0, ]
  fit <- lm(wt82_71 ~ qsmk, data = md, weights = w)
  list(estimate = difference(m$weights), se_hc1 = sqrt(vcovHC(fit, type = "HC1")[2, 2]),
       se_cluster = if (is.null(m$subclass)) NULL else sqrt(vcovCL(fit, cluster = md$set, type = "HC1")[2, 2]))
}
pairs_of <- function(m, mm = m$match.matrix)  # one row per pair
  na.omit(data.frame(t = rep(rownames(mm), ncol(mm)), c = as.vector(mm)))
describe <- function(m, call, p = pairs_of(m)) {
  w <- m$weights
  c(list(call = call, pairs = nrow(p), n_treated = sum(w > 0 & t == 1), n_control = sum(w > 0 & t == 0),
         ess_control = kish(w[t == 0]),
         treated_by_number_of_controls = as.list(table(table(p$t))),
         sum_of_seqn_products = sum(as.numeric(p$t) * as.numeric(p$c)),
         total_distance = sum(abs(logit[p$t] - logit[p$c])), largest_distance = max(abs(logit[p$t] - logit[p$c]))),
    effect(m))
}
run <- function(...) {                      # evaluates the call and keeps its text
  call <- if (is.null(substitute(list(...))$distance)) substitute(matchit(f, data = d, distance = logit, ...)) else
    substitute(matchit(f, data = d, ...))
  list(m = eval(call, parent.frame()), call = paste(trimws(deparse(call)), collapse = " "))
}

# ---- 0 - 6: nearest neighbours ---------------------------------------------------------------------------------
R <- list(
  nn11_caliper = run(method = "nearest", caliper = .2, m.order = "largest"),          # known already: proof of set-up
  nn21_caliper = run(method = "nearest", caliper = .2, m.order = "largest", ratio = 2), # known already
  nn11_caliper_smallest = run(method = "nearest", caliper = .2, m.order = "smallest"),
  nn11_caliper_closest = run(method = "nearest", caliper = .2, m.order = "closest"),
  nn11_closest = run(method = "nearest", m.order = "closest"),
  nn11_mahalanobis = run(method = "nearest", caliper = .2, m.order = "largest", mahvars = ~ age + wt71 + smokeyrs),
  nn11_own_units = run(method = "nearest", m.order = "largest", caliper = c(.2, age = 3, wt71 = 10),
                       std.caliper = c(TRUE, FALSE, FALSE)),
  nn31_caliper = run(method = "nearest", caliper = .2, m.order = "largest", ratio = 3),
  nn21_replace = run(method = "nearest", caliper = .2, ratio = 2, replace = TRUE))
matchings <- lapply(R, function(r) describe(r$m, r$call))

# The Mahalanobis covariance: columns centred at their group's mean, cross products pooled, divided by n - 2.
Z <- as.matrix(d[, c("age", "wt71", "smokeyrs")])
S <- crossprod(Z - apply(Z, 2, function(z) ave(z, t))) / (n - 2)
p <- pairs_of(R$nn11_mahalanobis$m)
mahalanobis_of <- function(p) sqrt(mahalanobis(Z[p$t, ] - Z[p$c, ], rep(0, 3), S))
stopifnot(all.equal(unname(mahalanobis_of(p)),   # the definition is MatchIt's own
                    mahalanobis_dist(qsmk ~ age + wt71 + smokeyrs, d)[cbind(p$t, p$c)]))
matchings$nn11_mahalanobis <- c(matchings$nn11_mahalanobis, list(
  total_mahalanobis = sum(mahalanobis_of(p)), largest_mahalanobis = max(mahalanobis_of(p)),
  covariance = "pooled within groups, divisor n - 2, all 1566 rows", covariance_matrix = unname(S)))

# With replacement: MatchIt's advice is one row per pair member, clustered by set and by person.
fit <- lm(wt82_71 ~ qsmk, data = get_matches(R$nn21_replace$m, data = d, id = "person"), weights = weights)
matchings$nn21_replace$se_set_and_person <- sqrt(vcovCL(fit, cluster = ~ subclass + person, type = "HC1")[2, 2])

# ---- 7: six classes of the score, everybody --------------------------------------------------------------------
r <- run(method = "subclass", subclass = 6, estimand = "ATE")
subclass_ate <- c(list(
  call = r$call, cuts = unname(r$m$q.cut), treated = as.vector(table(r$m$subclass[t == 1])),
  control = as.vector(table(r$m$subclass[t == 0])),
  weight_of_treated = as.vector(tapply(r$m$weights[t == 1], r$m$subclass[t == 1], mean)),
  weight_of_control = as.vector(tapply(r$m$weights[t == 0], r$m$subclass[t == 0], mean)),
  sum_of_seqn_weight_products = sum(d$seqn * r$m$weights)), effect(r$m)[c("estimate", "se_hc1")])

# ---- 8: regression after matching (g-computation) --------------------------------------------------------------
m <- R$nn11_caliper$m
md <- cbind(d, w = m$weights, set = m$subclass)[m$weights > 0, ]
outcome <- as.formula(paste("wt82_71 ~ qsmk * (", as.character(covariates)[2], ")"))
fit <- lm(outcome, data = md, weights = w)
design <- function(a) model.matrix(delete.response(terms(fit)), transform(md[md$qsmk == 1, ], qsmk = a))
G <- colMeans(design(1) - design(0))        # the effect's gradient: it is linear in the coefficients
delta <- function(vcov) sqrt(drop(t(G) %*% vcov %*% G))
g_computation <- list(call = paste("lm(", paste(trimws(deparse(outcome)), collapse = " "), ", weights = weights)"),
  people = nrow(md), coefficients = length(coef(fit)), aliased = sum(is.na(coef(fit))), estimate = sum(G * coef(fit)),
  se_cluster = delta(vcovCL(fit, cluster = md$set, type = "HC1")), se_hc1 = delta(vcovHC(fit, type = "HC1")))

# ---- 9: balance before and after the 1:1 caliper match ---------------------------------------------------------
s <- summary(m, standardize = TRUE, interactions = FALSE, addlvariables = ~ I(age^2) + I(wt71^2) + I(smokeyrs^2))
table_of <- function(x) lapply(setNames(nm = rownames(x)), function(v)
  list(smd = x[v, "Std. Mean Diff."], variance_ratio = x[v, "Var. Ratio"], ks = x[v, "eCDF Max"]))
balance <- list(call = "summary(m, standardize = TRUE, addlvariables = ~ I(age^2) + I(wt71^2) + I(smokeyrs^2))",
                before = table_of(s$sum.all), after = table_of(s$sum.matched))

# ---- 10: weighting by the score, error of the stacked equations (score's, then the two means') -----------------
e <- plogis(logit)
ipw <- function(w, dw) {                    # weights, and their derivative by the logit
  mu <- c(weighted.mean(y[t == 1], w[t == 1]), weighted.mean(y[t == 0], w[t == 0]))
  r1 <- t * (y - mu[1]); r0 <- (1 - t) * (y - mu[2]); k <- ncol(X)
  psi <- cbind(X * (t - e), w * r1, w * r0)
  A <- rbind(cbind(crossprod(X, X * e * (1 - e)), 0, 0),    # minus the derivative of the summed equations
             c(-colSums(X * dw * r1), sum(w * t), 0), c(-colSums(X * dw * r0), 0, sum(w * (1 - t))))
  influence <- solve(A, t(psi))
  fixed <- lm(y ~ t, weights = w)           # the same, weights taken as known
  list(estimate = mu[1] - mu[2], mean_treated = mu[1], mean_control = mu[2], ess_treated = kish(w[t == 1]),
       ess_control = kish(w[t == 0]), se_stacked_hc0 = sqrt(sum((influence[k + 1, ] - influence[k + 2, ])^2)),
       se_fixed_weights_hc0 = sqrt(vcovHC(fixed, type = "HC0")[2, 2]),
       se_fixed_weights_hc1 = sqrt(vcovHC(fixed, type = "HC1")[2, 2]))
}
weighting <- list(
  att = ipw(ifelse(t == 1, 1, e / (1 - e)), ifelse(t == 1, 0, e / (1 - e))),
  ate = ipw(ifelse(t == 1, 1 / e, 1 / (1 - e)), ifelse(t == 1, -(1 - e) / e, e / (1 - e))),
  ato = ipw(ifelse(t == 1, 1 - e, e), ifelse(t == 1, -1, 1) * e * (1 - e)))

# ---- 11: entropy balancing, ATT: Newton on the dual, columns scaled, target the treated's means ------------------
C <- scale(X[, -1], center = colMeans(X[t == 1, -1]), scale = apply(X[, -1], 2, sd))[t == 0, ]
b <- rep(0, ncol(C))
for (i in 1:100) {
  w <- exp(drop(C %*% b)); w <- w / sum(w)
  g <- colSums(C * w)                       # the dual's gradient: imbalance left, in SD
  if (max(abs(g)) < 1e-14) break
  b <- b - solve(crossprod(C, C * w) - tcrossprod(g), g)
}
entropy <- list(how = "min over b of log(sum over controls of exp(C b)); C: the score's columns less the treated's means",
  estimate = mean(y[t == 1]) - sum(w * y[t == 0]), ess_control = kish(w), largest_weight_share = max(w),
  largest_imbalance_sd = max(abs(g)), sum_of_seqn_weight_products = sum(d$seqn[t == 0] * w) * sum(t))

# ---- 12: augmented weighting, a linear outcome model per group -------------------------------------------------
m1 <- drop(X %*% coef(lm.fit(X[t == 1, ], y[t == 1]))); m0 <- drop(X %*% coef(lm.fit(X[t == 0, ], y[t == 0])))
of_influence <- function(phi) list(se = sqrt(mean(phi^2) / n), se_n_minus_1 = sd(phi) / sqrt(n))
o <- e / (1 - e)
ate <- m1 - m0 + t * (y - m1) / e - (1 - t) * (y - m0) / (1 - e)     # a person's contribution
att <- sum(t * (y - m0) - (1 - t) * o * (y - m0)) / sum(t)
normalised <- function(r, w, group) weighted.mean(r[t == group], w[t == group])
h_ate <- mean(m1 - m0) + normalised(y - m1, 1 / e, 1) - normalised(y - m0, 1 / (1 - e), 0)
h_att <- normalised(y - m0, 0 * e + 1, 1) - normalised(y - m0, o, 0)
aipw <- list(how = "weights not normalised; influence function, divisor n, score and outcome models taken as known",
  ate = c(list(estimate = mean(ate), estimate_normalised = h_ate), of_influence(ate - mean(ate))),
  att = c(list(estimate = att, estimate_normalised = h_att),
          of_influence((t * (y - m0 - att) - (1 - t) * o * (y - m0)) / mean(t))))

# ---- 13: optimal pairs and full matching (optmatch 0.10.8); `tol` small, or the optimum is only approximate -----
# On one line many pairings share the least total of |differences| (crossed pairs cost the same), and two people tie in
# Mahalanobis distance: what depends on the choice among equals is left out. Squared differences have one optimum.
if (has_optmatch) {
  options(optmatch_max_problem_size = Inf)
  D <- abs(outer(logit[t == 1], logit[t == 0], "-")); width <- .2 * sd(logit)
  # The most pairs within the caliper, then the least total: everyone treated may also take an empty place of their
  # own, dearer than any chain of pairs. (pairmatch alone fails: the 403 cannot all be served. MatchIt's
  # method = "optimal" ignores the caliper with a warning.)
  best_pairs <- function(power, price) {
    empty <- structure(ifelse(diag(nrow(D)) == 1, price, Inf), dimnames = list(rownames(D), paste0("none", rownames(D))))
    sets <- suppressWarnings(optmatch::pairmatch(optmatch::match_on(cbind(ifelse(D <= width, D^power, Inf), empty)),
                                                 tol = 1e-9))
    sets <- setNames(as.character(sets), names(sets))
    p <- merge(data.frame(t = rownames(D), set = sets[rownames(D)]), data.frame(c = colnames(D), set = sets[colnames(D)]),
               incomparables = NA)
    subclass <- factor(c(p$set, p$set)[match(rownames(d), c(p$t, p$c))])
    list(p = p, m = list(weights = as.numeric(!is.na(subclass)), subclass = subclass))
  }
  full <- function(r, cost) {               # total over treated-control pairs of a set, everybody in sets
    total <- function(k) sum(cost[intersect(k, rownames(cost)), intersect(k, colnames(cost))])
    c(list(call = r$call, sets = nlevels(r$m$subclass), left_out_treated = sum(is.na(r$m$subclass) & t == 1),
           left_out_control = sum(is.na(r$m$subclass) & t == 0), total = sum(sapply(split(rownames(d), r$m$subclass), total))), effect(r$m))
  }
  a <- best_pairs(1, 1); b <- best_pairs(2, .05)
  M <- mahalanobis_dist(qsmk ~ age + wt71 + smokeyrs, d)
  L <- run(method = "optimal", tol = 1e-9)
  Q <- run(method = "optimal", tol = 1e-9, mahvars = ~ age + wt71 + smokeyrs)
  squares <- outer(logit, logit, "-")^2
  optimal <- list(
    pairs_caliper = describe(a$m, "most pairs within .2 SD, then least sum of |logit differences|", a$p),
    pairs_caliper_squared = c(describe(b$m, "most pairs within .2 SD, then least sum of squared differences", b$p),
                              total_squared = sum((logit[b$p$t] - logit[b$p$c])^2)),
    pairs_no_caliper = describe(L$m, L$call)[c("call", "pairs", "total_distance", "estimate", "se_hc1")],
    pairs_mahalanobis = list(call = Q$call, pairs = sum(Q$m$weights > 0) / 2, total_mahalanobis = sum(M[as.matrix(pairs_of(Q$m))])),
    full_caliper = full(run(method = "full", caliper = .2, tol = 1e-9), D)[1:5],
    full_caliper_squared = full(run(method = "full", caliper = width^2, std.caliper = FALSE, tol = 1e-9,
                                    distance = squares), D^2),
    full_mahalanobis = full(run(method = "full", caliper = .2, mahvars = ~ age + wt71 + smokeyrs, tol = 1e-9), M))
  optimal$pairs_caliper[c("sum_of_seqn_products", "largest_distance", "se_cluster")] <- NULL
}

made_by <- list(
  program = paste0("R ", getRversion(), ", MatchIt ", packageVersion("MatchIt"), ", sandwich ", packageVersion("sandwich"),
                   if (has_optmatch) paste(", optmatch", packageVersion("optmatch"))),
  data = "nhefs of PyPI causaldata 0.1.5, rows with wt82 known, ordered by seqn",
  score = paste("glm qsmk ~", as.character(covariates)[2]),
  names_in_calls = "f = qsmk ~ age + wt71 + smokeyrs; logit of the score; squares: of logit differences; width: .2 SD")
out <- list(made_by = made_by, sd_logit = sd(logit), matchings = matchings, subclass_ate = subclass_ate, aipw = aipw,
            g_computation = g_computation, balance = balance, weighting = weighting, entropy = entropy, optimal = optimal)
jsonlite::write_json(out, "nhefs_more_methods.json", auto_unbox = TRUE, digits = NA, pretty = TRUE, null = "null")
