# Golden values of core/learn/additive: a generalised additive model (mgcv, thin-plate splines, smoothness by REML) of coronary disease on
# the WCGS sample: its smooths at a grid, and its out-of-fold log odds (row number modulo 5). An independent way to the same curves.
# Rscript test/golden/additive.R writes test/golden/additive.json
suppressPackageStartupMessages({ library(mgcv); library(jsonlite) })
here <- dirname(sub('--file=', '', grep('--file=', commandArgs(), value = TRUE)))
table <- read.csv(file.path(here, '../../resources/samples/wcgs.csv'))
features <- c('age0', 'chol0', 'sbp0', 'ncigs0', 'weight0')
table <- table[complete.cases(table[, c(features, 'chd69')]), ]
y <- as.integer(table$chd69 == 1 | table$chd69 == 'Yes')
formula <- y ~ s(age0) + s(chol0) + s(sbp0) + s(ncigs0, k = 6) + s(weight0)
whole <- gam(formula, binomial, cbind(table, y), method = 'REML')
grids <- lapply(features, function(name) quantile(table[[name]], seq(0.05, 0.95, 0.1), names = FALSE, type = 1))
names(grids) <- features
typical <- as.data.frame(lapply(table[features], median))[rep(1, 10), ]
smooths <- lapply(features, function(name) {
  new <- typical; new[[name]] <- grids[[name]]
  as.numeric(predict(whole, new, type = 'terms')[, paste0('s(', name, ')')])
})
names(smooths) <- features
fold <- (seq_len(nrow(table)) - 1) %% 5
scores <- numeric(nrow(table))
for (k in 0:4) {
  fit <- gam(formula, binomial, cbind(table, y)[fold != k, ], method = 'REML')
  scores[fold == k] <- predict(fit, table[fold == k, ])
}
auc <- function(s) { r <- rank(s); n1 <- sum(y); (sum(r[y == 1]) - n1 * (n1 + 1) / 2) / (n1 * (length(y) - n1)) }
logit <- numeric(nrow(table))
for (k in 0:4) {
  fit <- glm(reformulate(features, 'y'), binomial, cbind(table, y)[fold != k, ])
  logit[fold == k] <- predict(fit, table[fold == k, ])
}
write(toJSON(list(mgcv = as.character(packageVersion('mgcv')), features = features, rows = nrow(table), events = sum(y),
  grids = grids, smooths = smooths, gamAuc = auc(scores), logisticAuc = auc(logit)), auto_unbox = TRUE, digits = 8), file.path(here, 'additive.json'))
