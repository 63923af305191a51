# Golden values of Poisson and ordinal regression and of the tests of terms: glm, rms::lrm, MASS::polr, car::Anova.
# Writes glmTests.json. Run: Rscript test/golden/glmTests.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages({ library(MASS); library(rms); library(car); library(survival) })

used <- function(data, columns) data[complete.cases(data[columns]), ]
anova_of <- function(fit, ...) {
  a <- Anova(fit, type = 2, ...)
  a <- a[rownames(a) != 'Residuals', ]
  list(term = rownames(a), statistic = a[[grep('Chisq|F', names(a))[1]]], df = a$Df, p = a[[length(a)]])
}
table_of <- function(fit) {
  t <- summary(fit)$coefficients
  list(term = rownames(t), estimate = unname(t[, 1]), standardError = unname(t[, 2]), p = unname(t[, 4]))
}

wcgs <- sample_file('wcgs'); boys <- sample_file('boys'); pbc <- sample_file('pbc'); diabetes <- sample_file('diabetes')
wcgs$dibpat0 <- category(c('B', 'A')[wcgs$dibpat0 + 1])
wcgs$behpat0 <- category(c('A1', 'A2', 'B3', 'B4')[wcgs$behpat0])
features <- c('age0', 'sbp0', 'chol0', 'behpat0')

# Poisson: cigarettes a day, and heart disease a day of follow-up.
one <- used(wcgs, c(features, 'ncigs0'))
counts <- glm(ncigs0 ~ age0 + sbp0 + chol0 + behpat0, poisson, one)
rates <- glm(chd69 ~ age0 + sbp0 + chol0 + behpat0 + offset(log(time169)), poisson, one)
interacting <- glm(chd69 ~ age0 * behpat0 + sbp0 + offset(log(time169)), poisson, one)
poisson_of <- function(fit) c(table_of(fit), list(deviance = deviance(fit), nullDeviance = fit$null.deviance, aic = AIC(fit),
  logLikelihood = as.numeric(logLik(fit)), dispersion = sum(residuals(fit, 'pearson')^2) / fit$df.residual,
  firstFive = unname(fitted(fit)[1:5]), tests = anova_of(fit, test.statistic = 'LR'), low = unname(confint.default(fit)[, 1]), high = unname(confint.default(fit)[, 2])))

# Ordinal: histological stage, genital development.
liver <- used(pbc, c('stage', 'age', 'bili', 'albumin', 'sex'))
liver$sex <- category(liver$sex)
growing <- used(boys, c('gen', 'age', 'hgt', 'tv'))
ordinal_of <- function(formula, data, outcome) {
  data$.y <- factor(data[[outcome]], ordered = TRUE)
  fit <- lrm(update(formula, .y ~ .), data, tol = 1e-16, eps = 1e-12, maxit = 100)
  peer <- polr(update(formula, .y ~ .), data, Hess = TRUE, control = list(reltol = 1e-16, maxit = 1000))
  cuts <- nlevels(data$.y) - 1
  stopifnot(max(abs(coef(peer) / coef(fit)[-seq_len(cuts)] - 1)) < 1e-3)
  sign <- c(rep(-1, cuts), rep(1, length(coef(fit)) - cuts))
  levels <- levels(data$.y)
  list(term = c(paste0(levels[-length(levels)], '|', levels[-1]), names(coef(peer))), estimate = unname(coef(fit)) * sign,
    standardError = unname(sqrt(diag(vcov(fit)))), deviance = unname(fit$deviance[2]), nullDeviance = unname(fit$deviance[1]),
    nagelkerke = unname(fit$stats['R2']), aic = AIC(fit),
    firstRow = unname(predict(fit, data[1, ], type = 'fitted.ind')), tests = {
      gone <- attr(terms(formula), 'term.labels')
      smaller <- lapply(gone, function(term) lrm(reformulate(setdiff(gone, term), '.y'), data, tol = 1e-16, eps = 1e-12, maxit = 100))
      statistic <- sapply(smaller, function(other) unname(other$deviance[2] - fit$deviance[2]))
      df <- sapply(smaller, function(other) length(coef(fit)) - length(coef(other)))
      list(term = gone, statistic = statistic, df = df, p = pchisq(statistic, df, lower.tail = FALSE))
    })
}

# Logistic and linear regression, with and without interactions.
heart <- glm(chd69 ~ age0 + sbp0 + chol0 + behpat0, binomial, one, epsilon = 1e-14)
crossed <- glm(chd69 ~ age0 * behpat0 + sbp0 + chol0, binomial, one, epsilon = 1e-14)
values <- lm(target ~ age + bmi * bp + s5 + sex, diabetes)
survive <- coxph(Surv(time, status == 2) ~ age + sex + bili + albumin, liver)
write_golden(list(
  counts = poisson_of(counts), rates = poisson_of(rates), interacting = poisson_of(interacting),
  stage = ordinal_of(~ age + bili + albumin + sex, liver, 'stage'), development = ordinal_of(~ age + hgt + tv, growing, 'gen'),
  heart = c(table_of(heart), list(aic = AIC(heart), tests = anova_of(heart, test.statistic = 'LR'), nagelkerke = unname(lrm(chd69 ~ age0 + sbp0 + chol0 + behpat0, one)$stats['R2']),
    low = unname(confint.default(heart)[, 1]), high = unname(confint.default(heart)[, 2]))),
  crossed = list(tests = anova_of(crossed, test.statistic = 'LR')),
  values = c(table_of(values), list(aic = AIC(values), r2 = summary(values)$r.squared, tests = anova_of(values), low = unname(confint(values)[, 1]), high = unname(confint(values)[, 2]))),
  cox = list(low = unname(confint(survive)[, 1]), high = unname(confint(survive)[, 2]), tests = anova_of(survive, test.statistic = 'Wald'))
), 'glmTests')
