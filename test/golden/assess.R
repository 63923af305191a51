# Golden values of core/assess: predictions made by R on real patients and what R's own packages say of them.
# Rscript test/golden/assess.R <folder with the data files> writes test/golden/assess.json
suppressMessages({library(survival); library(riskRegression); library(pec); library(rms); library(pROC); library(nnet); library(jsonlite)})
data <- commandArgs(trailingOnly = TRUE)[1]
here <- dirname(sub('--file=', '', grep('--file=', commandArgs(), value = TRUE)[1]))
read <- function(file) read.csv(file.path(data, file), stringsAsFactors = TRUE)

## Diagnosis: diabetes in Pima women, two logistic regressions, predicted for the 332 women of the test file.
train <- na.omit(read('MASS_Pima_tr2.csv')); test <- read('MASS_Pima_te.csv')
full <- predict(glm(type ~ npreg + glu + bp + skin + bmi + ped + age, binomial, train), test, type = 'response')
small <- predict(glm(type ~ bmi + age, binomial, train), test, type = 'response')
y <- as.integer(test$type == 'Yes')
tight <- glm.control(epsilon = 1e-14)
binary <- function(y, p) {
  r <- roc(y, p, quiet = TRUE, direction = '<')
  ci <- as.numeric(ci.auc(r, method = 'delong'))
  logit <- qlogis(p)
  slope <- glm(y ~ logit, binomial, control = tight); intercept <- glm(y ~ offset(logit), binomial, control = tight)
  low <- lowess(p, y, iter = 0); smooth <- approx(low, xout = p, ties = mean)$y
  v <- suppressWarnings(val.prob(p, y, pl = FALSE))
  oe <- sum(y) / sum(p); se <- sqrt((1 - mean(y)) / sum(y))
  decision <- t(sapply(c(.1, .3, .5), function(t) c(t, mean(p >= t & y == 1) - mean(p >= t & y == 0) * t / (1 - t), mean(y) - mean(!y) * t / (1 - t))))
  list(auroc = list(value = ci[2], low = ci[1], high = ci[3]), variance = var(r, method = 'delong'),
    slope = list(value = coef(slope)[[2]], se = sqrt(vcov(slope)[2, 2])),
    intercept = list(value = coef(intercept)[[1]], se = sqrt(vcov(intercept)[1, 1])),
    ici = unname(v['Eavg']), e90 = unname(v['E90']), e50 = median(abs(p - smooth)), valprobSlope = unname(v['Slope']),
    brier = unname(v['Brier']), observedExpected = list(value = oe, low = oe * exp(-qnorm(.975) * se), high = oe * exp(qnorm(.975) * se)),
    lowess = list(x = low$x[c(1, 50, 150, 300, length(p))], y = low$y[c(1, 50, 150, 300, length(p))]), decision = decision)
}
pair <- roc.test(roc(y, full, quiet = TRUE), roc(y, small, quiet = TRUE), method = 'delong', paired = TRUE)
wilson <- function(x, n) { i <- prop.test(x, n, correct = FALSE)$conf.int; list(value = x / n, low = i[1], high = i[2]) }
hit <- full >= .5
diagnosis <- list(y = y, full = unname(full), small = unname(small),
  expected = binary(y, unname(full)), tied = binary(y, unname(round(full, 1) * .9 + .05)),
  difference = list(value = unname(pair$estimate[1] - pair$estimate[2]), low = pair$conf.int[1], high = pair$conf.int[2]),
  sensitivity = wilson(sum(hit & y == 1), sum(y)), specificity = wilson(sum(!hit & y == 0), sum(!y)),
  ppv = wilson(sum(hit & y == 1), sum(hit)), npv = wilson(sum(!hit & y == 0), sum(!hit)), accuracy = wilson(sum(hit == y), length(y)))

## Several classes: causes of pelvic pain by earlier abortions, every second row held out.
ectopic <- read('epicalc_Ectopic.csv'); odd <- seq_len(nrow(ectopic)) %% 2 == 1
set.seed(1)
multi <- predict(multinom(outc ~ hia + gravi, ectopic[odd, ], trace = FALSE), ectopic[!odd, ], type = 'probs')
m <- multiclass.roc(ectopic$outc[!odd], multi, quiet = TRUE)
rest <- mean(sapply(colnames(multi), function(k) as.numeric(auc(roc(as.integer(ectopic$outc[!odd] == k), multi[, k], quiet = TRUE, direction = '<')))))
classes <- list(y = as.integer(ectopic$outc[!odd]) - 1, probabilities = as.numeric(t(multi)), classes = levels(ectopic$outc), handTill = as.numeric(m$auc), oneVersusRest = rest)

## Values: progression of diabetes, fitted on the first 300 patients.
diabetes <- read('sklearn_diabetes.csv'); fit <- lm(target ~ ., diabetes[1:300, ]); value <- predict(fit, diabetes[301:442, ]); truth <- diabetes$target[301:442]
line <- lm(truth ~ value)
regression <- list(y = truth, values = unname(value), rmse = sqrt(mean((truth - value)^2)), mae = mean(abs(truth - value)),
  r2 = 1 - sum((truth - value)^2) / sum((truth - mean(truth))^2), slope = c(coef(line)[[2]], sqrt(vcov(line)[2, 2])),
  intercept = c(mean(truth - value), t.test(truth - value)$stderr))

## Survival: Cox trained on the node-positive patients of Rotterdam, tested on the German trial.
rotterdam <- subset(read('survival_rotterdam.csv'), nodes > 0); gbsg <- read('survival_gbsg.csv')
train <- with(rotterdam, data.frame(time = ifelse(recur == 1, rtime, dtime), event = pmax(recur, death), age, meno, size = as.numeric(size), grade, nodes, pgr, er, hormon))
test <- with(gbsg, data.frame(time = rfstime, event = status, age, meno, size = ifelse(size <= 20, 2, ifelse(size <= 50, 1, 3)), grade, nodes, pgr, er, hormon))
survive <- function(train, test, first, second, horizon, times) {
  cox <- coxph(first, train, x = TRUE); other <- coxph(second, train, x = TRUE)
  lp <- predict(cox, test); lp2 <- predict(other, test)
  base <- function(fit) { b <- basehaz(fit, centered = TRUE); approx(c(0, b$time), c(0, b$hazard), xout = times, method = 'constant', rule = 2)$y }
  hazard <- base(cox); hazard2 <- base(other)
  S <- exp(-exp(lp) %o% hazard)
  at <- which(times == horizon); risk <- 1 - S[, at]
  harrell <- concordance(Surv(time, event) ~ lp, test, reverse = TRUE)
  coarse <- concordance(Surv(ceiling(time / 90), event) ~ round(lp, 1), test, reverse = TRUE)
  tau <- max(times)
  uno <- concordance(Surv(time, event) ~ lp, test, reverse = TRUE, timewt = 'n/G2', ymax = tau)
  unoCoarse <- concordance(Surv(ceiling(time / 90), event) ~ round(lp, 1), test, reverse = TRUE, timewt = 'n/G2')
  # As concordance() of two fits, with risks rounded first so that ties are ties in JSON too.
  lp2 <- round(lp2, 8); influence <- function(risk) concordance(Surv(time, event) ~ risk, test, reverse = TRUE, influence = 1)
  one <- influence(lp); two <- influence(lp2)
  d <- coef(one) - coef(two); dse <- sqrt(sum((one$dfbeta - two$dfbeta)^2))
  score <- Score(list(model = matrix(risk)), Surv(time, event) ~ 1, test, times = horizon, metrics = c('auc', 'brier'), summary = 'ipa', cens.model = 'km', conf.int = TRUE, null.model = TRUE)
  bs <- as.data.frame(score$Brier$score); auc <- as.data.frame(score$AUC$score)
  grid <- c(0, times)
  p <- pec(list(model = cbind(1, S)), Surv(time, event) ~ 1, test, times = grid, start = 0, exact = FALSE, cens.model = 'marginal', reference = TRUE, verbose = FALSE)
  trapezoid <- function(y) sum(diff(grid) * (head(y, -1) + tail(y, -1)) / 2) / max(grid)
  # Uno's C with the censoring distribution of the training rows, by its definition, pair by pair.
  # One censored at the time of a death leaves after it: the shift puts it there.
  G <- survfit(Surv(time + (1 - event) * .25, 1 - event) ~ 1, train); before <- stepfun(G$time, c(1, G$surv), right = TRUE)
  top <- bottom <- 0
  for (i in which(test$event == 1 & test$time <= tau)) { later <- test$time > test$time[i] | (test$time == test$time[i] & test$event == 0); w <- before(test$time[i])^-2
    top <- top + w * sum((lp[i] > lp[later]) + (lp[i] == lp[later]) / 2); bottom <- bottom + w * sum(later) }
  # Calibration at the horizon (Austin, Harrell & van Klaveren 2020), follow-up ended at the horizon.
  cut <- transform(test, event = ifelse(time > horizon, 0, event), time = pmin(time, horizon)); cut$cll <- log(-log(1 - risk))
  km <- summary(survfit(Surv(time, event) ~ 1, test), times = horizon)
  slope <- coxph(Surv(time, event) ~ cll, cut)
  knots <- unname(quantile(cut$cll, c(.1, .5, .9)))
  cut$second <- rcspline.eval(cut$cll, knots = knots, inclx = FALSE)[, 1]
  flexible <- coxph(Surv(time, event) ~ cll + second, cut)
  observed <- 1 - exp(-tail(basehaz(flexible, centered = TRUE)$hazard, 1) * exp(predict(flexible)))
  shift <- uniroot(function(a) mean(1 - exp(-exp(cut$cll + a))) - (1 - km$surv), c(-3, 3), tol = 1e-12)$root
  error <- abs(risk - observed)
  oe <- (1 - km$surv) / mean(risk); se <- km$std.err / (1 - km$surv)
  decision <- t(sapply(c(.2, .4, .6), function(t) { treat <- risk >= t; s <- if (any(treat)) summary(survfit(Surv(time, event) ~ 1, test[treat, ]), times = horizon, extend = TRUE)$surv else 1
    c(t, (1 - s) * mean(treat) - s * mean(treat) * t / (1 - t), (1 - km$surv) - km$surv * t / (1 - t)) }))
  list(time = test$time, event = test$event, lp = unname(lp), lp2 = unname(lp2), hazard = hazard, hazard2 = hazard2, times = times, horizon = horizon,
    training = list(time = train$time, event = train$event),
    harrell = c(coef(harrell), sqrt(vcov(harrell))), coarse = c(coef(coarse), sqrt(vcov(coarse))), uno = c(coef(uno), sqrt(vcov(uno))), unoCoarse = c(coef(unoCoarse), sqrt(vcov(unoCoarse))),
    unoTraining = top / bottom, difference = c(d, dse),
    auc = as.list(auc[auc$model == 'model', c('AUC', 'lower', 'upper')]), brier = as.list(bs[bs$model == 'model', c('Brier', 'lower', 'upper', 'IPA')]), brierNull = bs[bs$model == 'Null model', 'Brier'],
    pec = p$AppErr$model, integrated = trapezoid(p$AppErr$model), integratedNull = trapezoid(p$AppErr$Reference),
    km = c(km$surv, km$std.err), observedExpected = c(oe, oe * exp(-qnorm(.975) * se), oe * exp(qnorm(.975) * se)),
    slope = c(coef(slope), sqrt(vcov(slope))), intercept = shift, knots = knots, flexible = unname(coef(flexible)),
    ici = mean(error), e50 = unname(median(error)), e90 = unname(quantile(error, .9)), observed = unname(observed[1:5]), decision = decision)
}
german <- survive(train, test, Surv(time, event) ~ age + meno + size + grade + nodes + pgr + er + hormon, Surv(time, event) ~ age + size, 1461, c(seq(100, 2000, 100), 1461) |> sort())
pbc <- na.omit(read('survival_pbc.csv')[, c('id', 'time', 'status', 'age', 'bili', 'albumin', 'protime', 'edema')]); pbc$event <- as.integer(pbc$status == 2)
even <- pbc$id %% 2 == 0
mayo <- survive(pbc[!even, ], pbc[even, ], Surv(time, event) ~ age + log(bili) + log(albumin) + log(protime) + edema, Surv(time, event) ~ age + edema, 1826, sort(c(seq(200, 3400, 200), 1826)))

## Kaplan-Meier with log-log limits: lung.
lung <- read('survival_lung.csv'); k <- summary(survfit(Surv(time, status == 2) ~ 1, lung, conf.type = 'log-log'), times = c(100, 365, 700))
writeLines(toJSON(list(madeBy = paste('R', getRversion(), 'survival', packageVersion('survival'), 'riskRegression', packageVersion('riskRegression'), 'pec', packageVersion('pec'), 'rms', packageVersion('rms'), 'pROC', packageVersion('pROC')),
  diagnosis = diagnosis, classes = classes, regression = regression, german = german, mayo = mayo,
  lung = list(time = lung$time, event = as.integer(lung$status == 2), times = k$time, survival = k$surv, low = k$lower, high = k$upper, standardError = k$std.err)),
  digits = NA, auto_unbox = TRUE, na = 'null'), file.path(here, 'assess.json'))
