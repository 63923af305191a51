# Real values for the figure snapshots: Kaplan-Meier and Cox curves of PBC, and a logistic model of Pima.tr2 assessed on
# Pima.te. Writes figures.json. Run: Rscript test/golden/figures.R ../shared/data test/golden/figures.json
suppressPackageStartupMessages({ library(survival); library(jsonlite) })
args <- commandArgs(TRUE)
data <- args[1]
out <- args[2]

pbc <- read.csv(file.path(data, 'survival_pbc.csv'))
pbc$death <- as.integer(pbc$status == 2)
km <- survfit(Surv(time, death) ~ 1, data = pbc, conf.type = 'log')
steps <- km$n.event > 0
years <- seq(0, 12, by = 2) * 365.25
cox <- coxph(Surv(time, death) ~ age + bili + albumin + protime + edema, data = pbc, ties = 'efron')
patient <- survfit(cox, newdata = pbc[1, ], conf.type = 'log')
own <- patient$n.event > 0
coefs <- summary(cox)$coefficients
shares <- predict(cox, newdata = pbc[1, ], type = 'terms')

train <- read.csv(file.path(data, 'MASS_Pima_tr2.csv'))
test <- read.csv(file.path(data, 'MASS_Pima_te.csv'))
glmFit <- glm(I(type == 'Yes') ~ npreg + glu + bmi + ped + age, family = binomial, data = train)
p <- predict(glmFit, newdata = test, type = 'response')
y <- as.integer(test$type == 'Yes')
order <- order(-p)
tpr <- c(0, cumsum(y[order]) / sum(y))
fpr <- c(0, cumsum(1 - y[order]) / sum(1 - y))
keep <- sort(unique(c(1, which(diff(tpr) > 0 & c(diff(fpr)[-1], 1) > 0) + 1, which(diff(fpr) > 0 & c(diff(tpr)[-1], 1) > 0) + 1, length(tpr))))
roc <- data.frame(row.names = NULL, falsePositiveRate = fpr[keep], truePositiveRate = tpr[keep], threshold = c(NA, p[order])[keep])
n <- seq_along(y)
pr <- data.frame(recall = cumsum(y[order]) / sum(y), precision = cumsum(y[order]) / n)
pr <- pr[y[order] == 1, ]
rownames(pr) <- NULL
thresholds <- seq(0.05, 0.8, by = 0.025)
decision <- data.frame(
  threshold = thresholds,
  model = sapply(thresholds, function(t) (sum(p >= t & y == 1) - sum(p >= t & y == 0) * t / (1 - t)) / length(y)),
  treatAll = sapply(thresholds, function(t) (sum(y) - sum(1 - y) * t / (1 - t)) / length(y))
)
groups <- do.call(rbind, lapply(split(seq_along(y), cut(rank(p), 10)), function(i) {
  ci <- prop.test(sum(y[i]), length(i), correct = FALSE)$conf.int
  data.frame(predicted = mean(p[i]), observed = mean(y[i]), low = ci[1], high = ci[2], n = length(i))
}))
rownames(groups) <- NULL
flexible <- glm(y ~ poly(qlogis(p), 3), family = binomial)
grid <- seq(min(p), max(p), length.out = 41)
smooth <- predict(flexible, newdata = data.frame(p = grid), se.fit = TRUE)
curve <- data.frame(predicted = grid, observed = plogis(smooth$fit), low = plogis(smooth$fit - 1.96 * smooth$se.fit),
  high = plogis(smooth$fit + 1.96 * smooth$se.fit))
auc <- mean(outer(p[y == 1], p[y == 0], '>') + 0.5 * outer(p[y == 1], p[y == 0], '=='))
summaryTable <- summary(glmFit)$coefficients[-1, ]
bili <- seq(0.5, 20, by = 0.5)
along <- sapply(bili, function(b) {
  row <- pbc[1, ]
  row$bili <- b
  1 - summary(survfit(cox, newdata = row), times = 3 * 365.25)$surv
})

write(toJSON(list(
  pbc = list(
    n = nrow(pbc), events = sum(pbc$death), followUp = max(pbc$time),
    times = km$time[steps], survival = km$surv[steps], low = km$lower[steps], high = km$upper[steps],
    atRisk = data.frame(time = years, n = sapply(years, function(t) sum(pbc$time >= t))),
    patient = list(times = patient$time[own], survival = patient$surv[own], low = patient$lower[own], high = patient$upper[own]),
    median = summary(patient)$table[['median']],
    shares = data.frame(feature = colnames(shares), contribution = as.numeric(shares)),
    coefficients = data.frame(row.names = NULL, term = rownames(coefs), estimate = coefs[, 1], standardError = coefs[, 3]),
    biliQuantiles = as.list(setNames(c(quantile(pbc$bili), mean(pbc$bili)), c('min', 'q25', 'median', 'q75', 'max', 'mean'))),
    bili = data.frame(value = bili, prediction = along),
    stage = as.data.frame(table(value = pbc$stage), responseName = 'count')
  ),
  pima = list(rows = length(y), events = sum(y), auc = auc, roc = roc, precisionRecall = pr, decision = decision,
    groups = groups, curve = curve,
    oddsRatios = data.frame(row.names = NULL, term = rownames(summaryTable), estimate = summaryTable[, 1], standardError = summaryTable[, 2]))
), auto_unbox = TRUE, digits = 6, dataframe = 'rows', na = 'null'), out)
