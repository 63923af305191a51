# Golden values of Cox regression: survival::coxph and survfit. Writes coxph.json.
# Run: Rscript test/golden/coxph.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages(library(survival))

model <- function(data, time, status, events, features, ties, weights = NULL) {
  data <- data[complete.cases(data[c(time, status, features)]), ]
  for (f in features) if (is.character(data[[f]])) data[[f]] <- category(data[[f]])
  data$.time <- data[[time]]
  data$.event <- as.integer(data[[status]] %in% events)
  formula <- reformulate(sprintf('`%s`', features), 'Surv(.time, .event)')
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else weights(data)
  environment(formula) <- environment()
  fit <- coxph(formula, data, ties = ties, weights = .w, robust = FALSE, x = TRUE)
  table <- summary(fit)$coefficients
  rows <- c(1, 2, 57)
  at <- as.numeric(quantile(data$.time, c(0.02, 0.1, 0.25, 0.5, 0.75, 0.95)))
  curves <- summary(survfit(fit, newdata = data[rows, ]), times = at)
  base <- survfit(fit)
  keep <- base$n.event > 0
  list(time = time, status = status, events = I(events), features = features, ties = ties, n = fit$n, nevent = fit$nevent,
    term = gsub('`', '', rownames(table)), estimate = unname(table[, 1]), standardError = unname(table[, 'se(coef)']),
    p = unname(table[, 'Pr(>|z|)']), logLikelihood = fit$loglik[2], nullLogLikelihood = fit$loglik[1],
    iterations = fit$iter, means = unname(fit$means),
    aliased = I(gsub('`', '', names(coef(fit))[is.na(coef(fit))])),
    linearPredictor = unname(fit$linear.predictors[1:8]), rows = rows, at = at,
    survival = unname(curves$surv), low = unname(curves$lower), high = unname(curves$upper),
    baselineTimes = sum(keep), baselineLast = -log(tail(base$surv[keep], 1)), baselineFirst = -log(head(base$surv[keep], 1)))
}
both <- function(...) list(efron = model(..., ties = 'efron'), breslow = model(..., ties = 'breslow'))

pbc <- sample_file('pbc')
lung <- sample_file('lung')
gbsg <- sample_file('gbsg')
rotterdam <- sample_file('rotterdam')
gbsg$grade <- category(paste0('G', gbsg$grade))
# Times in months: heavy ties.
rotterdam$months <- ceiling(rotterdam$rtime / 30.4375)
pbc$copy <- 3 * pbc$age - 2

ridged <- function(data, time, status, events, features, theta, ties) {
  data <- data[complete.cases(data[c(time, status, features)]), ]
  data$.event <- as.integer(data[[status]] %in% events)
  terms <- paste0('ridge(', paste(features, collapse = ','), ', theta = ', theta, ', scale = TRUE)')
  fit <- coxph(as.formula(paste0('Surv(', time, ', .event) ~ ', terms)), data, ties = ties,
    control = coxph.control(eps = 1e-13, iter.max = 100))
  list(features = features, theta = theta, ties = ties, estimate = unname(coef(fit)), time = time, status = status,
    events = I(events))
}

write_golden(list(
  pbc = both(pbc, 'time', 'status', 2, c('age', 'sex', 'edema', 'bili', 'albumin', 'protime', 'stage')),
  pbcFull = both(pbc, 'time', 'status', 2, setdiff(names(pbc), c('id', 'time', 'status', 'copy'))),
  pbcCollinear = both(pbc, 'time', 'status', c(1, 2), c('age', 'copy', 'bili', 'sex')),
  pbcWeighted = both(pbc, 'time', 'status', 2, c('age', 'sex', 'bili', 'albumin'), weights = function(d) 0.5 + d$age / 50),
  lung = both(lung, 'time', 'status', 2, c('age', 'sex', 'ph.ecog', 'ph.karno', 'wt.loss')),
  gbsg = both(gbsg, 'rfstime', 'status', 1, c('age', 'meno', 'size', 'grade', 'nodes', 'pgr', 'er', 'hormon')),
  rotterdam = both(rotterdam, 'rtime', 'recur', 1, c('year', 'age', 'meno', 'size', 'grade', 'nodes', 'pgr', 'er', 'hormon', 'chemo')),
  rotterdamMonths = both(rotterdam, 'months', 'recur', 1, c('age', 'size', 'grade', 'nodes', 'hormon')),
  ridge = list(ridged(pbc, 'time', 'status', 2, c('age', 'bili', 'albumin', 'protime'), 1, 'efron'),
    ridged(lung, 'time', 'status', 2, c('age', 'ph.karno', 'wt.loss'), 25, 'breslow'))
), 'coxph')
