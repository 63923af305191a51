# Golden values of whole runs of the command line: files as they are, R's own defaults. Writes cli.json.
# Run: Rscript test/golden/cli.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages({ library(survival); library(nnet); library(riskRegression) })
# The order of levels in a UTF-8 locale, wherever this runs.
icuSetCollate(locale = 'root')
read <- function(name) read.csv(file.path(folder, paste0(name, '.csv')), check.names = FALSE, stringsAsFactors = TRUE, na.strings = c('', 'NA'))

ectopic <- read('ectopic')
fit <- multinom(outc ~ hia + gravi, ectopic, trace = FALSE, maxit = 5000, reltol = 1e-16, abstol = 1e-12)
table <- summary(fit)
diagnosis <- list(
  term = as.vector(t(outer(rownames(coef(fit)), colnames(coef(fit)), paste, sep = ':'))),
  estimate = as.vector(t(coef(fit))), standardError = as.vector(t(table$standard.errors)),
  logLikelihood = as.numeric(logLik(fit)), classes = fit$lev, probabilities = unname(predict(fit, ectopic[1:5, ], type = 'probs')))

rotterdam <- read('rotterdam')
gbsg <- read('gbsg')
fit <- coxph(Surv(rtime, recur) ~ age + meno + size + grade + nodes + pgr + er + hormon, rotterdam)
times <- c(365, 1000.5, 1826)
cox <- list(
  term = names(coef(fit)), estimate = unname(coef(fit)), standardError = unname(sqrt(diag(vcov(fit)))),
  logLikelihood = fit$loglik[2], nullLogLikelihood = fit$loglik[1], times = times,
  risk = unname(predict(fit, rotterdam[1:5, ], type = 'lp')),
  survival = unname(t(summary(survfit(fit, newdata = rotterdam[1:5, ]), times = times)$surv)))

# A model of one registry on the patients of another, who have the same columns but other names for the outcome.
fit <- coxph(Surv(rtime, recur) ~ age + meno + grade + nodes + pgr + er + hormon, rotterdam)
at <- 1826.25
risk <- predict(fit, gbsg, type = 'lp')
survival <- summary(survfit(fit, newdata = gbsg), times = at)$surv
score <- Score(list(model = 1 - as.vector(survival)), Surv(rfstime, status) ~ 1, data = gbsg, times = at, metrics = c('auc', 'brier'))
concordance_of <- function(...) concordance(Surv(rfstime, status) ~ risk, gbsg, reverse = TRUE, ...)$concordance
external <- list(
  rows = nrow(gbsg), events = sum(gbsg$status), horizon = at, harrellC = concordance_of(), unoC = concordance_of(timewt = 'n/G2', ymax = at),
  auc = score$AUC$score$AUC, brier = score$Brier$score[model == 'model']$Brier)

boys <- read('boys')
fit <- lm(hgt ~ age + wgt + reg, boys)
regression <- list(term = names(coef(fit)), estimate = unname(coef(fit)), standardError = unname(summary(fit)$coefficients[, 2]),
  logLikelihood = as.numeric(logLik(fit)), rows = nobs(fit))

write_golden(list(diagnosis = diagnosis, cox = cox, external = external, regression = regression), 'cli')
