# Golden values of Kaplan-Meier curves: survival::survfit. Writes km.json.
# Run: Rscript test/golden/km.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages(library(survival))

curve <- function(time, event, tau) {
  kinds <- c(log = 'log', logLog = 'log-log', plain = 'plain')
  fits <- lapply(kinds, function(kind) survfit(Surv(time, event) ~ 1, conf.type = kind))
  fit <- fits$log
  # Thirty steps spread over the curve, always with the last.
  keep <- unique(round(seq(1, length(fit$time), length.out = 30)))
  at <- c(0, tau / 3, tau / 2, tau, max(time) + 1)
  shares <- c(0.1, 0.25, 0.5, 0.75)
  mean <- summary(fit, rmean = tau)$table
  list(n = fit$n, steps = length(fit$time), step = keep - 1, times = fit$time[keep], atRisk = fit$n.risk[keep],
    events = fit$n.event[keep], censored = fit$n.censor[keep], survival = fit$surv[keep], logError = fit$std.err[keep],
    intervals = lapply(fits, function(f) list(low = f$lower[keep], high = f$upper[keep],
      median = as.list(setNames(as.numeric(summary(f)$table[c('median', '0.95LCL', '0.95UCL')]), c('value', 'low', 'high'))))),
    at = at, atRiskAt = sapply(at, function(t) sum(time >= t)),
    shares = shares, quantiles = unname(quantile(fit, shares, conf.int = FALSE)),
    tau = tau, mean = unname(mean['rmean']), meanError = unname(mean['se(rmean)']))
}
lung <- sample_file('lung')
pbc <- sample_file('pbc')
gbsg <- sample_file('gbsg')
small <- c(1, 1, 2, 2, 3, 4, 4, 5)
write_golden(list(
  lung = curve(lung$time, as.integer(lung$status == 2), 600),
  pbc = curve(pbc$time, as.integer(pbc$status == 2), 3650),
  gbsg = curve(gbsg$rfstime, gbsg$status, 1500),
  flat = curve(c(1, 2, 3, 4), c(1, 1, 0, 1), 3.5),
  small = curve(small, c(1, 0, 1, 1, 0, 1, 0, 0), 4)
), 'km')
