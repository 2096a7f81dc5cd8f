# What MatchIt does: one to one on the linear logit, without replacement, caliper 0.2, largest score first.
# Belongs here: one rival, used as its manual says. R reads the CSV beside the Parquet file, so its reading
# is not comparable. R_LIBS says where MatchIt is, if not in R's own library.
suppressPackageStartupMessages({library(data.table); library(MatchIt)})
setDTthreads(2)
begun <- proc.time()
since <- function(from, what = "elapsed") unname(proc.time()[what] - from[what])

people <- as.data.frame(fread(sub("[.]parquet$", ".csv", commandArgs(TRUE)[1])))
read <- since(begun)
middle <- proc.time()
m <- matchit(reformulate(paste0("x", 0:11), "treated"), data = people, method = "nearest", distance = "glm",
             link = "linear.logit", caliper = .2, m.order = "largest")
matched <- since(middle)

control <- m$match.matrix[, 1]
found <- !is.na(control)
difference <- mean(people[as.integer(rownames(m$match.matrix)[found]), "y"] - people[as.integer(control[found]), "y"])
status <- grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)
peak <- as.numeric(gsub("[^0-9]", "", status)) * 1024 / 1e9
note <- sprintf("MatchIt %s, R %s, %s pairs, without replacement, caliper, difference %.4f",
                packageVersion("MatchIt"), getRversion(), format(sum(found), big.mark = ","), difference)
cat(sprintf('{"seconds": %.3f, "peak_gb": %.3f, "steps": {"read": %.3f, "fit and match": %.3f}, "note": "%s"}\n',
            since(begun), peak, read, matched, note))
