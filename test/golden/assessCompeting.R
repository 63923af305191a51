# Golden values of assessment under competing events and late entry: riskRegression (Score), survival (concordance, finegray), pec.
# Writes assessCompeting.json. Models are fitted on odd rows and assessed on even ones; death competes with transplant.
# Run: Rscript test/golden/assessCompeting.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages({ library(survival); library(riskRegression); library(prodlim) })

pbc <- sample_file('pbc')
pbc <- pbc[complete.cases(pbc[c('age', 'bili', 'albumin', 'protime')]), ]
pbc$cause <- ifelse(pbc$status == 2, 1, ifelse(pbc$status == 1, 2, 0))
assess <- function(data, horizon, grid) {
  odd <- seq_len(nrow(data)) %% 2 == 1
  train <- data[odd, ]
  test <- data[!odd, ]
  fit <- CSC(Hist(time, cause) ~ age + bili + albumin, train)
  other <- CSC(Hist(time, cause) ~ age + protime, train)
  risks <- function(model) predict(model, test, times = grid, cause = 1)$absRisk
  risk <- risks(fit)
  at <- which(grid == horizon)
  score <- Score(list(model = risk[, at, drop = FALSE], other = risks(other)[, at, drop = FALSE]), Hist(time, cause) ~ 1, test,
    times = horizon, cause = 1, metrics = c('auc', 'brier'), summary = 'ipa', cens.model = 'km', conf.int = FALSE, null.model = TRUE)
  brier <- score$Brier$score
  each <- sapply(seq_along(grid), function(k) {
    s <- Score(list(model = risk[, k, drop = FALSE]), Hist(time, cause) ~ 1, test, times = grid[k], cause = 1, metrics = 'brier',
      cens.model = 'km', conf.int = FALSE, null.model = TRUE)$Brier$score
    c(s$Brier[s$model == 'Null model'], s$Brier[s$model == 'model'])
  })
  # Wolbers 2009: those whom the competing event took never have the event.
  score1 <- risk[, at]
  never <- ifelse(test$cause == 2, max(test$time) + 1, test$time)
  wolbers <- concordance(Surv(never, test$cause == 1) ~ score1, reverse = TRUE)
  # Wolbers 2014: all pairs, written out. G as Score takes it: events leave first.
  steps <- sort(unique(test$time))
  stay <- cumprod(sapply(steps, function(s) 1 - sum(test$time == s & test$cause == 0) / max(1, sum(test$time > s) + sum(test$time == s & test$cause == 0))))
  G <- c(1, stay)[findInterval(test$time, steps, left.open = TRUE) + 1]
  n <- nrow(test)
  num <- den <- 0
  for (i in which(test$cause == 1 & test$time <= horizon)) {
    later <- test$time > test$time[i] | (test$time == test$time[i] & test$cause == 0)
    gone <- test$cause == 2 & test$time <= test$time[i]
    w <- ifelse(gone, 1 / (G[i] * G), ifelse(later, 1 / G[i]^2, 0))
    w[i] <- 0
    den <- den + sum(w)
    num <- num + sum(w * ((score1 < score1[i]) + 0.5 * (score1 == score1[i])))
  }
  aj <- summary(survfit(Surv(time, factor(cause, 0:2)) ~ 1, test), times = horizon)
  observed <- aj$pstate[, 2]
  expected <- mean(score1)
  # Calibration slope: Fine-Gray with follow-up ended at the horizon.
  short <- data.frame(t = pmin(test$time, horizon), c = factor(ifelse(test$time <= horizon, test$cause, 0), 0:2),
    x = log(-log(1 - pmin(pmax(score1, 1e-6), 1 - 1e-6))), id = seq_len(n))
  fg <- finegray(Surv(t, c) ~ x + id, short, etype = '1')
  slope <- coxph(Surv(fgstart, fgstop, fgstatus) ~ x, fg, weights = fgwt, cluster = id, control = coxph.control(eps = 1e-11, toler.chol = 1e-13))
  # Net benefit: among those treated, the incidence by Aalen-Johansen.
  benefit <- sapply(c(0.1, 0.3, 0.5), function(p) {
    treated <- score1 >= p
    f <- if (any(treated)) summary(survfit(Surv(time, factor(cause, 0:2)) ~ 1, test[treated, ]), times = horizon, extend = TRUE)$pstate[, 2] else 0
    c(p, mean(treated) * f - mean(treated) * (1 - f) * p / (1 - p))
  })
  list(horizon = horizon, grid = grid, time = test$time, cause = test$cause, risk = unname(risk), other = unname(risks(other)[, at]),
    auc = score$AUC$score$AUC, brier = brier$Brier[brier$model == 'model'], ipa = brier$IPA[brier$model == 'model'],
    otherBrier = brier$Brier[brier$model == 'other'], each = unname(each),
    wolbers = c(coef(wolbers), sqrt(vcov(wolbers))), uno = num / den,
    observed = observed, observedError = aj$std.err[, 2], expected = expected, slope = unname(coef(slope)),
    slopeError = unname(sqrt(diag(vcov(slope)))), benefit = unname(t(benefit)))
}
tied <- pbc
tied$time <- ceiling(tied$time / 30.4375)

visits <- sample_file('pbcseq')
last <- c(visits$id[-1] != visits$id[-nrow(visits)], TRUE)
visits$stop <- ifelse(last, visits$futime, c(visits$day[-1], NA))
visits$event <- as.integer(last & visits$status == 2)
history <- function(d) {
  plain <- concordance(Surv(day, stop, event) ~ bili, d, reverse = TRUE)
  patient <- concordance(Surv(day, stop, event) ~ bili, d, reverse = TRUE, cluster = id)
  list(id = d$id, day = d$day, stop = d$stop, event = d$event, bili = d$bili, value = unname(coef(plain)), error = unname(sqrt(vcov(plain))),
    patientError = unname(sqrt(vcov(patient))))
}

write_golden(list(days = assess(pbc, 2000, seq(200, 2800, by = 200)),
  months = assess(tied, 66, seq(6, 90, by = 6)), history = history(visits)), 'assessCompeting')
