# Golden values of core/learn/trees under competing events: Aalen-Johansen curves of whole samples and of groups, and the log-rank
# statistics by which splits are judged. pbc: death before transplant, transplant competing; complete cases of three signs.
# Rscript test/golden/competingForest.R writes test/golden/competingForest.json
library(survival)
library(jsonlite)
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
pbc <- read.csv(file.path(here, "../../resources/samples/pbc.csv"), na.strings = c("NA", ""))
signs <- c("ascites", "hepato", "spiders")
pbc <- pbc[complete.cases(pbc[, signs]), ]
asked <- c(200, 800, 1500, 2500, 4000)
curve <- function(rows) {
  fit <- survfit(Surv(time, factor(status)) ~ 1, data = pbc[rows, ])
  said <- summary(fit, times = asked, extend = TRUE)$pstate
  said[, which(fit$states == "2")]
}
statistic <- function(time) sapply(signs, function(name) {
  survdiff(Surv(time, pbc$status == 2) ~ pbc[[name]])$chisq
})
last <- max(pbc$time)
write_json(list(
  n = nrow(pbc), asked = asked, whole = curve(rep(TRUE, nrow(pbc))),
  groups = lapply(setNames(signs, signs), function(name) list(no = curve(pbc[[name]] == 0), yes = curve(pbc[[name]] == 1))),
  gray = as.list(statistic(ifelse(pbc$status == 1, last, pbc$time))),
  causeSpecific = as.list(statistic(pbc$time))
), file.path(here, "competingForest.json"), digits = 15, auto_unbox = TRUE)
