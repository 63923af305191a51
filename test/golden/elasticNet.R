# Golden values of elastic-net paths and their cross-validation: glmnet. Writes elasticNet.json: lambdas, deviance ratios, and the
# coefficients at every sixth lambda. Run: Rscript test/golden/elasticNet.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages({ library(glmnet); library(survival) })

# The fit is run far below glmnet's usual threshold, so that what is compared is the solution and not where a descent stopped.
tight <- function(...) suppressWarnings(glmnet(..., thresh = 1e-22, maxit = 1e9))
matrix_of <- function(data, features) {
  for (f in features) if (is.character(data[[f]])) data[[f]] <- category(data[[f]])
  model.matrix(reformulate(sprintf('`%s`', features)), data)[, -1, drop = FALSE]
}
rounded <- function(x) signif(unname(x), 11)
path_of <- function(fit) {
  at <- unique(c(seq(1, length(fit$lambda), 6), length(fit$lambda)))
  beta <- if (is.list(fit$beta)) lapply(fit$beta, function(b) rounded(as.matrix(b)[, at])) else list(rounded(as.matrix(fit$beta)[, at]))
  list(lambda = rounded(fit$lambda), explained = rounded(fit$dev.ratio), at = at - 1, coefficients = unname(beta),
    intercepts = if (is.null(fit$a0)) NULL else rounded(if (is.matrix(fit$a0)) fit$a0[, at, drop = FALSE] else matrix(fit$a0[at], 1)))
}
# glmnet adds 2e-14 to the times of those censored, so that at a tied time they count as at risk; at times in days that is lost to
# rounding. A millionth of a day is not.
at_risk <- function(time, event) Surv(time + 1e-6 * (1 - event), event)
cases <- list()
add <- function(name, file, features, data, outcome, alpha, family, ..., extra = list()) {
  x <- matrix_of(data, features)
  fit <- tight(x, outcome, family = family, alpha = alpha, ...)
  cases[[name]] <<- c(list(name = name, file = file, features = features, family = family, alpha = alpha, n = nrow(x)), extra, path_of(fit))
}
complete <- function(data, columns) data[complete.cases(data[columns]), ]

diabetes <- sample_file('diabetes'); bodyfat <- sample_file('bodyfat'); cancer <- sample_file('breast-cancer')
ten <- setdiff(names(diabetes), 'target')
for (alpha in c(1, 0.5, 0)) add(paste('diabetes', alpha), 'diabetes', ten, diabetes, diabetes$target, alpha, 'gaussian')
weights <- 1 + (seq_len(nrow(diabetes)) %% 3)
factors <- c(0, 1, 2, 1, 1, 0.5, 1, 1, 1, 1)
add('diabetes weighted', 'diabetes', ten, diabetes, diabetes$target, 0.8, 'gaussian', weights = weights, penalty.factor = factors,
  extra = list(weights = weights, factors = factors))
add('diabetes unscaled', 'diabetes', ten, diabetes, diabetes$target, 1, 'gaussian', standardize = FALSE, extra = list(unscaled = TRUE))
nine <- setdiff(names(bodyfat), 'DEXfat')
add('bodyfat', 'bodyfat', nine, bodyfat, bodyfat$DEXfat, 1, 'gaussian')
thirty <- setdiff(names(cancer), 'target')
wide <- cancer[1:24, ]
add('wide', 'breast-cancer', setdiff(thirty, 'mean radius'), wide, wide[['mean radius']], 0.7, 'gaussian', extra = list(rows = 24))

for (alpha in c(1, 0.3)) add(paste('cancer', alpha), 'breast-cancer', thirty, cancer, cancer$target, alpha, 'binomial')
wcgs <- sample_file('wcgs')
risk <- c('age0', 'height0', 'weight0', 'sbp0', 'dbp0', 'chol0', 'ncigs0', 'dibpat0', 'arcus0')
used <- complete(wcgs, c('chd69', risk))
for (alpha in c(1, 0)) add(paste('wcgs', alpha), 'wcgs', risk, used, used$chd69, alpha, 'binomial')
offset <- (used$age0 - 46) / 20
add('wcgs offset', 'wcgs', risk, used, used$chd69, 0.9, 'binomial', offset = offset, penalty.factor = c(1, 1, 1, 0, 1, 1, 1, 1, 1),
  extra = list(offset = rounded(offset), factors = c(1, 1, 1, 0, 1, 1, 1, 1, 1)))

smoking <- setdiff(risk, 'ncigs0')
add('cigarettes', 'wcgs', smoking, used, used$ncigs0, 0.5, 'poisson')
add('rates', 'wcgs', smoking, used, used$chd69, 1, 'poisson', offset = log(used$time169), extra = list(exposure = 'time169'))

ectopic <- sample_file('ectopic')
add('ectopic', 'ectopic', c('hia', 'gravi'), ectopic, category(ectopic$outc), 1, 'multinomial')
boys <- complete(sample_file('boys'), c('age', 'hgt', 'wgt', 'hc', 'reg'))
for (alpha in c(1, 0.4)) add(paste('boys', alpha), 'boys', c('age', 'hgt', 'wgt', 'hc'), boys, category(boys$reg), alpha, 'multinomial')

pbc <- sample_file('pbc')
liver <- c('age', 'sex', 'edema', 'bili', 'albumin', 'protime', 'ast', 'copper')
pbc_used <- complete(pbc, c('time', 'status', liver))
for (alpha in c(1, 0.5, 0)) add(paste('pbc', alpha), 'pbc', liver, pbc_used, at_risk(pbc_used$time, as.numeric(pbc_used$status == 2)), alpha, 'cox')
gbsg <- sample_file('gbsg')
eight <- c('age', 'meno', 'size', 'grade', 'nodes', 'pgr', 'er', 'hormon')
cox_weights <- 1 + (seq_len(nrow(gbsg)) %% 2)
add('gbsg weighted', 'gbsg', eight, gbsg, at_risk(gbsg$rfstime, gbsg$status), 0.8, 'cox', weights = cox_weights, extra = list(weights = cox_weights))

# Cross-validation, with the folds given and one sequence for all folds.
checks <- list()
check <- function(name, file, features, data, outcome, family) {
  x <- matrix_of(data, features)
  folds <- (seq_len(nrow(x)) * 7) %% 10 + 1
  lambda <- glmnet(x, outcome, family = family)$lambda
  cv <- cv.glmnet(x, outcome, family = family, foldid = folds, lambda = lambda, thresh = 1e-20, maxit = 1e8)
  checks[[name]] <<- list(name = name, file = file, features = features, family = family, lambda = rounded(lambda),
    mean = rounded(cv$cvm), error = rounded(cv$cvsd), best = rounded(cv$lambda.min), simplest = rounded(cv$lambda.1se))
}
check('diabetes', 'diabetes', ten, diabetes, diabetes$target, 'gaussian')
check('wcgs', 'wcgs', risk, used, used$chd69, 'binomial')
check('cigarettes', 'wcgs', smoking, used, used$ncigs0, 'poisson')
check('boys', 'boys', c('age', 'hgt', 'wgt', 'hc'), boys, category(boys$reg), 'multinomial')
check('pbc', 'pbc', liver, pbc_used, at_risk(pbc_used$time, as.numeric(pbc_used$status == 2)), 'cox')

write_golden(list(paths = unname(cases), checks = unname(checks)), 'elasticNet')
