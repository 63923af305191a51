# Golden values of logistic and linear regression: glm, lm, nnet::multinom, rms::lrm. Writes glm.json.
# Run: Rscript test/golden/glm.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages({ library(nnet) })

coefficients_of <- function(fit) {
  table <- summary(fit)$coefficients
  list(term = rownames(table), estimate = unname(table[, 1]), standardError = unname(table[, 2]), p = unname(table[, 4]))
}
binary <- function(data, target, features, weights = NULL, ...) {
  data <- data[complete.cases(data[c(target, features)]), ]
  data$.y <- category(data[[target]])
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else weights(data)
  fit <- suppressWarnings(glm(reformulate(sprintf('`%s`', features), '.y'), binomial, data, weights = .w, ...))
  rows <- 1:5
  link <- predict(fit, data[rows, ], se.fit = TRUE)
  c(list(target = target, features = features, n = nrow(data)), coefficients_of(fit), list(
    aliased = I(names(coef(fit))[is.na(coef(fit))]),
    logLikelihood = -deviance(fit) / 2, nullLogLikelihood = -fit$null.deviance / 2, iterations = fit$iter,
    firstFive = unname(plogis(link$fit)),
    low = unname(plogis(link$fit - qnorm(0.975) * link$se.fit)), high = unname(plogis(link$fit + qnorm(0.975) * link$se.fit))))
}

biopsy <- sample_file('biopsy')
pima <- sample_file('pima')
wcgs <- sample_file('wcgs')
wcgs$dibpat0 <- category(wcgs$dibpat0)
wcgs$behpat0 <- category(c('A1', 'A2', 'B3', 'B4')[wcgs$behpat0])
wcgs$bmi <- 703 * wcgs$weight0 / wcgs$height0^2
wcgs$pulse <- wcgs$sbp0 - wcgs$dbp0
pima_features <- c('npreg', 'glu', 'bp', 'skin', 'bmi', 'ped', 'age')
wcgs_features <- c('age0', 'height0', 'weight0', 'sbp0', 'dbp0', 'chol0', 'behpat0', 'ncigs0', 'dibpat0', 'arcus0')

# Penalised: Newton in R on standardised columns, l2/2 * sum of squares, checked against rms::lrm(penalty = l2).
ridge <- function(data, target, features, l2) {
  data <- data[complete.cases(data[c(target, features)]), ]
  y <- as.integer(category(data[[target]])) - 1
  x <- scale(as.matrix(data[features]))
  z <- cbind(1, x)
  penalty <- diag(c(0, rep(l2, ncol(x))))
  beta <- rep(0, ncol(z))
  for (step in 1:50) {
    p <- plogis(drop(z %*% beta))
    information <- t(z) %*% (z * (p * (1 - p))) + penalty
    beta <- beta + solve(information, t(z) %*% (y - p) - penalty %*% beta)
  }
  p <- plogis(drop(z %*% beta))
  sds <- attr(x, 'scaled:scale'); means <- attr(x, 'scaled:center')
  original <- beta[-1] / sds
  check <- rms::lrm(reformulate(features, 'y'), data = cbind(data[features], y = y), penalty = l2, tol = 1e-14, eps = 1e-12)
  stopifnot(max(abs(coef(check)[-1] - original)) < 1e-4)
  list(target = target, features = features, l2 = l2, term = c('(Intercept)', features),
    estimate = c(beta[1] - sum(original * means), original),
    slopeErrors = unname(sqrt(diag(solve(information)))[-1] / sds),
    logLikelihood = sum(log(ifelse(y == 1, p, 1 - p))))
}

multinomial <- function(data, target, features) {
  data <- data[complete.cases(data[c(target, features)]), ]
  for (f in features) if (is.character(data[[f]])) data[[f]] <- category(data[[f]])
  data$.y <- category(data[[target]])
  x <- model.matrix(reformulate(features), data)
  classes <- levels(data$.y)
  fit <- multinom(reformulate(features, '.y'), data, trace = FALSE, reltol = 1e-15, abstol = 0, maxit = 5000)
  k <- length(classes) - 1; p <- ncol(x)
  # multinom stops early by design: polish with Newton steps to the maximum.
  beta <- as.vector(t(coef(fit)))
  for (step in 1:20) {
    eta <- cbind(0, x %*% matrix(beta, p, k))
    pr <- exp(eta - apply(eta, 1, max)); pr <- pr / rowSums(pr)
    gradient <- unlist(lapply(1:k, function(a) t(x) %*% ((as.integer(data$.y) == a + 1) - pr[, a + 1])))
    information <- matrix(0, p * k, p * k)
    for (a in 1:k) for (b in 1:k) {
      w <- pr[, a + 1] * ((a == b) - pr[, b + 1])
      information[(a - 1) * p + 1:p, (b - 1) * p + 1:p] <- t(x) %*% (x * w)
    }
    beta <- beta + solve(information, gradient)
  }
  stopifnot(max(abs(beta - as.vector(t(coef(fit))))) < 1e-3)
  own <- table(data$.y) / nrow(data)
  list(target = target, features = features, classes = classes,
    term = unlist(lapply(classes[-1], function(class) paste0(class, ':', colnames(x)))),
    estimate = beta, standardError = sqrt(diag(solve(information))),
    logLikelihood = sum(log(pr[cbind(seq_len(nrow(pr)), as.integer(data$.y))])),
    nullLogLikelihood = sum(table(data$.y) * log(own)), firstRow = unname(pr[1, ]))
}

straight <- function(data, target, features, weights = NULL) {
  data <- data[complete.cases(data[c(target, features)]), ]
  for (f in features) if (is.character(data[[f]])) data[[f]] <- category(data[[f]])
  names(data)[names(data) == target] <- '.y'
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else weights(data)
  fit <- lm(reformulate(features, '.y'), data, weights = .w)
  null <- lm(.y ~ 1, data, weights = .w)
  interval <- suppressWarnings(predict(fit, data[1:5, ], interval = 'prediction', weights = 1))
  c(list(target = target, features = features, n = nrow(data)), coefficients_of(fit), list(
    aliased = I(names(coef(fit))[is.na(coef(fit))]), sigma = sigma(fit),
    logLikelihood = as.numeric(logLik(fit)), nullLogLikelihood = as.numeric(logLik(null)),
    firstFive = unname(interval[, 1]), low = unname(interval[, 2]), high = unname(interval[, 3])))
}
bodyfat <- sample_file('bodyfat')
diabetes <- sample_file('diabetes')
boys <- sample_file('boys')
boys$double <- 2 * boys$age + 1

quantiles <- c(1e-10, 0.001, 0.025, 0.3, 0.5, 0.9, 0.995)
zs <- c(0, 0.1, 1, 1.96, 2.9, 3.1, 6, 12, 30, -1.5)
ts <- c(0, 0.3, 1, 2.5, 8, 40, -1)
dfs <- c(1, 2, 4.5, 30, 400)
write_golden(list(
  biopsy = binary(biopsy, 'class', paste0('V', 1:9)),
  pima = binary(pima, 'type', pima_features),
  pimaWeighted = binary(pima, 'type', pima_features, weights = function(d) 1 + (d$age > 30)),
  wcgs = binary(wcgs, 'chd69', wcgs_features),
  wcgsCollinear = binary(wcgs, 'chd69', c('sbp0', 'dbp0', 'pulse', 'age0')),
  ridge = list(ridge(pima, 'type', pima_features, 1), ridge(biopsy, 'class', paste0('V', 1:9), 10)),
  ectopic = multinomial(sample_file('ectopic'), 'outc', c('hia', 'gravi')),
  boysRegion = multinomial(boys, 'reg', c('age', 'hgt', 'wgt')),
  bodyfat = straight(bodyfat, 'DEXfat', setdiff(names(bodyfat), 'DEXfat')),
  diabetes = straight(diabetes, 'target', setdiff(names(diabetes), 'target')),
  diabetesWeighted = straight(diabetes, 'target', c('age', 'bmi', 'bp', 's5'), weights = function(d) 1 + d$sex),
  boysCollinear = straight(boys, 'hgt', c('age', 'double', 'wgt', 'reg')),
  normal = list(z = zs, tail = pnorm(zs, lower.tail = FALSE), p = quantiles, quantile = qnorm(quantiles)),
  student = list(t = ts, df = dfs, tail = as.vector(sapply(dfs, function(df) pt(ts, df, lower.tail = FALSE))),
    p = quantiles[-1], quantile = as.vector(sapply(dfs, function(df) qt(quantiles[-1], df))))
), 'glm')
