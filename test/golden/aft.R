# Golden values of accelerated failure time regression: survival::survreg. Writes aft.json.
# Run: Rscript test/golden/aft.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages(library(survival))

base <- function(distribution) switch(distribution, weibull = , exponential = function(z) exp(-exp(z)),
  lognormal = function(z) pnorm(z, lower.tail = FALSE), loglogistic = function(z) plogis(z, lower.tail = FALSE))
model <- function(data, name, time, status, events, features, distribution, weights = NULL) {
  data <- data[complete.cases(data[c(time, status, features)]), ]
  for (f in features) if (is.character(data[[f]])) data[[f]] <- category(data[[f]])
  data$.time <- data[[time]]
  data$.event <- as.integer(data[[status]] %in% events)
  data$.w <- if (is.null(weights)) 1 else weights(data)
  formula <- reformulate(sprintf('`%s`', features), 'Surv(.time, .event)')
  environment(formula) <- environment()
  fit <- survreg(formula, data, dist = distribution, weights = .w,
    control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
  table <- summary(fit)$table
  rows <- c(1, 2, 57)
  at <- as.numeric(quantile(data$.time, c(0.02, 0.25, 0.5, 0.9)))
  lp <- predict(fit, newdata = data[rows, ], type = 'lp')
  x <- model.matrix(fit)[rows, , drop = FALSE]
  z <- outer(log(at), lp, '-') / fit$scale
  v <- vcov(fit)
  fixed <- distribution == 'exponential'
  error <- sapply(seq_along(rows), function(i) sapply(seq_along(at), function(t) {
    a <- c(-x[i, ] / fit$scale, if (!fixed) -z[t, i])
    sqrt(drop(a %*% v %*% a)) }))
  s <- base(distribution)
  list(data = name, time = time, status = status, events = I(events), features = features, distribution = distribution,
    weighted = !is.null(weights), n = nrow(data), term = gsub('`', '', rownames(table)), estimate = unname(table[, 1]),
    standardError = unname(table[, 2]), p = unname(table[, 4]), scale = fit$scale, logLikelihood = fit$loglik[2],
    nullLogLikelihood = fit$loglik[1], rows = rows, at = at, linearPredictor = unname(lp), survival = s(z),
    low = s(z + qnorm(0.975) * error), high = s(z - qnorm(0.975) * error),
    median = unname(predict(fit, newdata = data[rows, ], type = 'quantile', p = 0.5)))
}
pbc <- sample_file('pbc')
lung <- sample_file('lung')
gbsg <- sample_file('gbsg')
all <- list()
for (d in c('exponential', 'weibull', 'lognormal', 'loglogistic')) {
  all <- c(all, list(
    model(pbc, 'pbc', 'time', 'status', 2, c('age', 'sex', 'edema', 'bili', 'albumin', 'protime'), d),
    model(lung, 'lung', 'time', 'status', 2, c('age', 'sex', 'ph.ecog', 'wt.loss'), d),
    model(gbsg, 'gbsg', 'rfstime', 'status', 1, c('age', 'size', 'nodes', 'pgr', 'hormon'), d),
    model(pbc, 'pbc', 'time', 'status', 2, c('age', 'bili', 'albumin'), d, weights = function(x) 0.5 + x$age / 50)))
}
write_golden(all, 'aft')
