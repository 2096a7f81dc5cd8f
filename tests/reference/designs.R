# Reference values for trials, panels, reviews, agreement, paths and people in places: designs.json.
# R 4.2.2; versions of the packages stand in designs.json. Data: NSW men and castle laws are in PyPI's causaldata; BCG and
# Konstantopoulos and Raudenbush in metadat; anxiety and diagnoses in irr; Exam in mlmRev; mpdta in did; Lipset (LC) in QCA. Of Exam and mpdta
# only sums and moments are kept, from which the estimates follow. `cluster`, `cace` and `wild` are invented.
library(estimatr); library(clubSandwich); library(AER); library(metafor); library(did); library(lme4); library(irr); library(QCA)
tight <- list(threshold = 1e-13, maxiter = 10000)

# trials
covs <- c("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
lm_robust(re78 ~ treat, nsw, se_type = "HC2")
lm_lin(re78 ~ treat, reformulate(covs), nsw, se_type = "HC2")
difference_in_means(re78 ~ treat, nsw, blocks = interaction(black, nodegree))
lm_robust(y ~ treat, cluster_trial, clusters = cluster, se_type = "CR2")
lm_lin(y ~ treat, ~ x, cluster_trial, clusters = cluster, se_type = "CR2")
iv_robust(y ~ d | z, cace, se_type = "HC1")
star <- transform(STAR, y = readk + mathk)                                  # AER's; only sizes, means and variances are kept
lm_robust(y ~ stark == "small", subset(star, stark != "regular+aide"), se_type = "HC2"); summary(lm(y ~ stark, star))

# reviews
for (method in c("REML", "DL")) print(predict(rma(yi, vi, data = bcg, method = method, test = "knha", control = tight)))
leave1out(rma(yi, vi, data = bcg, test = "knha", control = tight))
rma(yi, vi, mods = ~ ablat, data = bcg, control = tight)                  # and test = "knha", method = "DL"
rma(yi, vi, mods = ~ alloc, data = bcg, control = tight)$QMp
rma.mv(yi, vi, random = ~ 1 | district/school, data = dat.konstantopoulos2011)
rma(yi, vi, data = dat.raudenbush1985, control = tight)                      # and test = "knha"; regtest() with both its models

# panels
gt <- att_gt("lemp", "year", "countyreal", "first.treat", data = mpdta, bstrap = FALSE, cband = FALSE)
aggte(gt, "simple", bstrap = FALSE); aggte(gt, "dynamic", bstrap = FALSE)   # and control_group = "notyettreated"
fwildclusterboot::boottest(lm(y ~ treat, wild), param = "treat", clustid = "cluster", B = 9999)  # all 2^8 signs; ties counted

# places, agreement, paths
lmer(normexam ~ standLRT + (1 | school), Exam, REML = FALSE)               # refined to machine precision by its likelihood
cor(tapply(Exam$standLRT, Exam$school, mean), tapply(Exam$normexam, Exam$school, mean))
kappam.fleiss(diagnoses); icc(anxiety, model = "twoway", type = "agreement"); kripp.alpha(nmm, "interval")
tt <- truthTable(LC, outcome = "SURV", incl.cut = 1); minimize(tt); minimize(tt, include = "?")  # and outcome = "~SURV"
