# Golden values of core/cohort: caret::nearZeroVar, VIM::kNN (Gower), lm as mice's norm.predict, and coefficients pooled by mice.
# Writes preparation.json. Run: Rscript test/golden/preparation.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages({ library(mice); library(VIM); library(caret) })

boys <- sample_file('boys')
pima <- sample_file('pima')
pbc <- sample_file('pbc')

variance <- nearZeroVar(pbc, saveMetrics = TRUE)
flat <- data.frame(a = c(rep(0, 96), 1:4), b = c(rep(0, 90), 1:10), c = c(rep(0, 95), rep(1, 5)), d = c(rep(0, 94), rep(1, 5), NA))
edge <- nearZeroVar(flat, saveMetrics = TRUE)

# Gower's distance, 5 nearest, unweighted mean of numbers, most frequent category.
# One incomplete variable: VIM counts a missing distance otherwise than Gower (1971) does.
mixed <- pbc[1:300, c('age', 'sex', 'bili', 'chol', 'albumin', 'copper', 'platelet')]
for (name in c('chol', 'copper', 'platelet')) mixed[[name]] <- as.numeric(mixed[[name]])
mixed$sex <- factor(mixed$sex)
mixed <- mixed[complete.cases(mixed[names(mixed) != 'chol']), ]
filled <- kNN(mixed, variable = 'chol', k = 5, numFun = mean, imp_var = FALSE, useImputedDist = FALSE)

# With one incomplete variable the conditional mean of chained equations is a regression on the recorded rows.
one <- boys[c('age', 'hgt', 'wgt', 'hc')]
one <- one[complete.cases(one[c('age', 'hgt', 'wgt')]), ]
single <- complete(mice(one, method = 'norm.predict', m = 1, maxit = 1, printFlag = FALSE, seed = 1))

# Multiple imputation without the outcome, many times over: where the pooled estimates lie, and how far one run of m sets strays.
predictors <- make.predictorMatrix(pima); predictors[, 'type'] <- 0; predictors['type', ] <- 0
estimates <- function(seed, m) {
  sets <- mice(pima, m = m, maxit = 10, predictorMatrix = predictors, method = c(rep('pmm', 7), ''), printFlag = FALSE, seed = seed)
  fit <- with(sets, glm((type == 'Yes') ~ npreg + glu + bp + skin + bmi + ped + age, family = binomial))
  table <- summary(pool(fit))
  list(estimate = table$estimate, error = table$std.error, df = table$df)
}
runs <- lapply(1:40, estimates, m = 20)
over <- function(name) sapply(runs, function(run) run[[name]])
pooled <- list(term = c('(Intercept)', 'npreg', 'glu', 'bp', 'skin', 'bmi', 'ped', 'age'), runs = 40, imputations = 20,
  estimate = rowMeans(over('estimate')), estimateSd = apply(over('estimate'), 1, sd),
  standardError = rowMeans(over('error')), standardErrorSd = apply(over('error'), 1, sd))
# Rubin's rules on given fits, to the digit.
given <- with(mice(pima, m = 4, maxit = 5, printFlag = FALSE, seed = 3), glm((type == 'Yes') ~ glu + bmi, family = binomial))
rules <- summary(pool(given))
fits <- lapply(given$analyses, function(fit) list(estimate = unname(coef(fit)), standardError = unname(sqrt(diag(vcov(fit))))))

write_golden(list(
  nearZero = list(pbc = rownames(variance)[variance$nzv], edge = rownames(edge)[edge$nzv]),
  neighbours = list(rows = nrow(mixed), missing = sum(is.na(mixed$chol)), chol = filled$chol),
  conditional = list(rows = nrow(one), hc = single$hc),
  pooled = pooled,
  rubin = list(rows = nrow(pima), fits = fits, estimate = rules$estimate, standardError = rules$std.error, p = rules$p.value)
), 'preparation')
