# Golden values of Cox regression on start-stop rows, strata, weights and patients with several rows: survival::coxph, cox.zph,
# residuals and survfit. Writes coxHistory.json, with the rows it was made from (cgd is no sample cohort).
# Run: Rscript test/golden/coxHistory.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages(library(survival))

# `terms`: one formula term a feature; a factor is one term of several columns.
model <- function(data, terms, ties, strata = NULL, entry = NULL, weights = NULL, cluster = NULL, at, patients = c(1, 2, 30)) {
  data$.entry <- if (is.null(entry)) 0 else data[[entry]]
  response <- if (is.null(entry)) 'Surv(.time, .event)' else 'Surv(.entry, .time, .event)'
  right <- c(terms, if (!is.null(strata)) sprintf('strata(%s)', strata))
  formula <- as.formula(paste(response, '~', paste(right, collapse = ' + ')))
  environment(formula) <- environment()
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else weights(data)
  data$.id <- if (is.null(cluster)) seq_len(nrow(data)) else data[[cluster]]
  naive <- coxph(formula, data, ties = ties, weights = .w, robust = FALSE, x = TRUE)
  robust <- coxph(formula, data, ties = ties, weights = .w, cluster = .id, x = TRUE)
  zph <- cox.zph(naive)$table
  x <- model.matrix(naive)
  assign <- naive$assign[terms]
  curves <- function(fit) {
    s <- lapply(patients, function(i) {
      # A row of its own stratum; survfit refuses times beyond a stratum's last.
      one <- survfit(fit, newdata = data[i, , drop = FALSE])
      found <- summary(one, times = at, extend = TRUE)
      list(survival = found$surv, low = found$lower, high = found$upper)
    })
    list(survival = lapply(s, `[[`, 'survival'), low = lapply(s, `[[`, 'low'), high = lapply(s, `[[`, 'high'))
  }
  some <- unique(pmin(nrow(data), c(1:8, 57, 101)))
  residual <- function(type) {
    r <- as.matrix(residuals(naive, type = type, weighted = FALSE))
    list(rows = I(some), values = unname(r[some, , drop = FALSE]), squares = I(unname(colSums(r^2))))
  }
  rows <- list(terms = colnames(x), source = unlist(lapply(seq_along(assign), function(i) rep(i - 1, length(assign[[i]])))),
    x = unname(t(x)), time = data$.time, event = as.integer(data$.event), entry = if (!is.null(entry)) data$.entry,
    strata = if (!is.null(strata)) as.integer(factor(data[[strata]])) - 1L,
    weights = if (!is.null(weights)) data$.w, cluster = if (!is.null(cluster)) as.integer(factor(data$.id)))
  list(rows = rows, ties = ties, estimate = unname(coef(naive)), standardError = unname(sqrt(diag(vcov(naive)))),
    robustError = unname(sqrt(diag(vcov(robust)))), logLikelihood = naive$loglik[2], nullLogLikelihood = naive$loglik[1],
    iterations = naive$iter, defaultRobust = !is.null(coxph(formula, data, ties = ties, weights = .w, id = .id)$naive.var),
    zph = list(term = rownames(zph), chisq = unname(zph[, 1]), df = unname(zph[, 2]), p = unname(zph[, 3])),
    martingale = residual('martingale'), deviance = residual('deviance'), score = residual('score'),
    dfbeta = residual('dfbeta'), schoenfeld = unname(head(as.matrix(residuals(naive, type = 'schoenfeld')), 6)),
    patients = patients, at = at, naive = curves(naive), robust = curves(robust))
}
both <- function(...) {
  fits <- list(efron = model(..., ties = 'efron'), breslow = model(..., ties = 'breslow'))
  c(list(rows = fits$efron$rows), lapply(fits, function(fit) fit[names(fit) != 'rows']))
}

chronic <- cgd
chronic$.time <- chronic$tstop
chronic$.event <- chronic$status
chronic$active <- as.integer(chronic$treat == 'rIFN-g')
chronic$male <- as.integer(chronic$sex == 'male')

visits <- sample_file('pbcseq')
last <- c(visits$id[-1] != visits$id[-nrow(visits)], TRUE)
visits$.time <- ifelse(last, visits$futime, c(visits$day[-1], NA))
visits$.event <- as.integer(last & visits$status == 2)
visits$logBili <- log(visits$bili)
visits <- visits[complete.cases(visits[c('bili', 'protime', 'age', 'albumin')]), ]

pbc <- sample_file('pbc')
pbc <- pbc[complete.cases(pbc[c('bili', 'albumin', 'sex', 'edema', 'stage', 'protime')]), ]
pbc$.time <- pbc$time
pbc$.event <- as.integer(pbc$status == 2)
pbc$male <- as.integer(pbc$sex == 'm')
pbc$swelling <- factor(pbc$edema)

aged <- pbc
aged$.time <- aged$age + aged$time / 365.25

lung <- sample_file('lung')
lung <- lung[complete.cases(lung[c('age', 'ph.ecog', 'wt.loss')]), ]
lung$.time <- lung$time
lung$.event <- as.integer(lung$status == 2)
lung$ecog <- lung$ph.ecog

write_golden(list(
  cgd = both(chronic, c('active', 'age', 'steroids', 'propylac'), entry = 'tstart', cluster = 'id', at = c(10, 60, 150, 250, 400)),
  cgdStrata = both(chronic, c('active', 'age', 'steroids'), entry = 'tstart', cluster = 'id', strata = 'hos.cat', at = c(60, 150, 300)),
  visits = both(visits, c('logBili', 'protime', 'age', 'albumin'), entry = 'day', cluster = 'id', at = c(200, 1000, 2500, 4000)),
  delayedEntry = both(aged, c('bili', 'albumin', 'male'), entry = 'age', at = c(45, 55, 65, 75)),
  pbcStrata = both(pbc, c('age', 'bili', 'swelling', 'protime'), strata = 'stage', at = c(300, 1000, 2500, 4000), patients = c(1, 2, 30, 44)),
  lungWeighted = both(lung, c('age', 'ecog', 'wt.loss'), strata = 'sex', weights = function(d) 0.5 + d$age / 50, at = c(60, 200, 400, 800))
), 'coxHistory')
