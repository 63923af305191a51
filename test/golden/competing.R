# Golden values of observed curves and of models under competing events: survival (survfit, finegray, survdiff), cmprsk (cuminc, crr),
# riskRegression (CSC, FGR). Writes competing.json. Death (status 2) is the event, transplant (status 1) competes.
# Run: Rscript test/golden/competing.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages({ library(survival); library(cmprsk); library(riskRegression); library(prodlim) })

pbc <- sample_file('pbc')
pbc$cause <- ifelse(pbc$status == 2, 1, ifelse(pbc$status == 1, 2, 0))
pbc$months <- ceiling(pbc$time / 30.4375)
pbc$male <- as.integer(pbc$sex == 'm')
pbc$logBili <- log(pbc$bili)
# Nobody is censored at the time of an event: crr and finegray, which order such ties differently, then agree.
pbc$shifted <- pbc$time + 0.5 * (pbc$cause == 0)
pbc$end <- pbc$age + pbc$time / 365.25
at <- c(200, 800, 1500, 2500, 4000)

curves <- function(time, entry = NULL, at, weights = NULL) {
  d <- pbc
  d$.t <- d[[time]]
  d$.e <- if (is.null(entry)) 0 else d[[entry]]
  d$.w <- if (is.null(weights)) 1 else weights
  d$.c <- factor(d$cause, 0:2, c('censored', 'death', 'transplant'))
  d$.id <- seq_len(nrow(d))
  state <- if (is.null(entry)) survfit(Surv(.t, .c) ~ 1, d, weights = .w) else survfit(Surv(.e, .t, .c) ~ 1, d, id = .id, weights = .w)
  s <- summary(state, times = at)
  single <- if (is.null(entry)) survfit(Surv(.t, cause == 1) ~ 1, d, weights = .w, robust = FALSE) else survfit(Surv(.e, .t, cause == 1) ~ 1, d, weights = .w, robust = FALSE)
  k <- summary(single, times = at)
  loglog <- summary(if (is.null(entry)) survfit(Surv(.t, .c) ~ 1, d, weights = .w, conf.type = 'log-log') else
    survfit(Surv(.e, .t, .c) ~ 1, d, id = .id, weights = .w, conf.type = 'log-log'), times = at)
  list(time = time, entry = entry, at = at, incidence = s$pstate[, 2], error = s$std.err[, 2], other = s$pstate[, 3],
    low = s$lower[, 2], high = s$upper[, 2], logLogLow = loglog$lower[, 2], logLogHigh = loglog$upper[, 2],
    weights = if (!is.null(weights)) weights,
    survival = k$surv, survivalError = k$std.err, hazard = k$cumhaz, hazardError = k$std.chaz)
}

groups <- function(time) {
  d <- pbc[!is.na(pbc$stage), ]
  t <- d[[time]]
  gray <- cuminc(t, d$cause, d$stage)
  rank <- survdiff(Surv(t, d$cause == 1) ~ d$stage)
  sex <- survdiff(Surv(t, d$cause == 1) ~ d$sex + strata(d$stage))
  plain <- cuminc(t, d$cause)
  list(time = time, gray = unname(gray$Tests[, 'stat']), grayP = unname(gray$Tests[, 'pv']), logRank = rank$chisq,
    stratified = sex$chisq, expected = unname(rank$exp), observed = unname(rank$obs))
}

whole <- pbc[complete.cases(pbc[c('age', 'male', 'logBili', 'albumin', 'protime')]), ]
features <- c('age', 'male', 'logBili', 'albumin', 'protime')
patients <- c(1, 2, 30, 200)
fineGray <- function(time, at) {
  d <- whole
  d$.t <- d[[time]]
  x <- as.matrix(d[features])
  fit <- crr(d$.t, d$cause, x, gtol = 1e-12, maxiter = 30)
  p <- predict(fit, x[patients, ])
  cif <- t(sapply(at, function(t) { i <- sum(p[, 1] <= t); if (i == 0) rep(0, length(patients)) else p[i, -1] }))
  d$.id <- seq_len(nrow(d))
  d$.c <- factor(d$cause, 0:2, c('censored', 'death', 'transplant'))
  fg <- finegray(as.formula(paste('Surv(.t, .c) ~', paste(c(features, '.id'), collapse = '+'))), d, etype = 'death')
  cox <- function(ties) {
    m <- coxph(as.formula(paste('Surv(fgstart, fgstop, fgstatus) ~', paste(features, collapse = '+'))), fg, weights = fgwt,
      ties = ties, cluster = .id, control = coxph.control(eps = 1e-11, toler.chol = 1e-13))
    list(estimate = unname(coef(m)), robustError = unname(sqrt(diag(vcov(m)))), modelError = unname(sqrt(diag(m$naive.var))),
      logLikelihood = m$loglik[2], nullLogLikelihood = m$loglik[1])
  }
  list(time = time, estimate = unname(fit$coef), error = unname(sqrt(diag(fit$var))), logLikelihood = fit$loglik,
    nullLogLikelihood = fit$loglik.null, at = at, incidence = cif, breslow = cox('breslow'), efron = cox('efron'))
}
causeSpecific <- function(time, at, ...) {
  d <- whole
  d$.t <- d[[time]]
  fit <- CSC(as.formula(paste('Hist(.t, cause) ~', paste(features, collapse = '+'))), d, ...)
  risk <- function(product.limit) unname(t(predict(fit, newdata = d[patients, ], times = at, cause = 1, product.limit = product.limit)$absRisk))
  list(time = time, at = at, incidence = risk(TRUE), exponential = risk(FALSE),
    estimate = lapply(fit$models, function(m) unname(coef(m))))
}

write_golden(list(
  features = features, patients = patients,
  curves = list(days = curves('time', at = at), months = curves('months', at = at / 30.4375),
    late = curves('end', 'age', at = c(45, 55, 65, 75)), weighted = curves('time', at = at, weights = 0.5 + (seq_len(nrow(pbc)) %% 7) / 4)),
  groups = list(days = groups('time'), months = groups('months')),
  fineGray = list(days = fineGray('time', at), months = fineGray('months', at / 30.4375),
    shifted = fineGray('shifted', at)),
  causeSpecific = list(days = causeSpecific('time', at), months = causeSpecific('months', at / 30.4375)),
  fgr = { f <- FGR(as.formula(paste('Hist(time, cause) ~', paste(features, collapse = '+'))), whole, cause = 1)
    unname(t(predict(f, newdata = whole[patients, ], times = at))) }
), 'competing')
