# Golden values of core/learn/trees: log-rank splits by survdiff, and forests of ranger and randomForest on real patients.
# Rscript test/golden/forest.R <folder with the data files> writes test/golden/forest.json
suppressMessages({library(survival); library(ranger); library(randomForest); library(jsonlite)})
data <- commandArgs(trailingOnly = TRUE)[1]
here <- dirname(sub('--file=', '', grep('--file=', commandArgs(), value = TRUE)[1]))
read <- function(file) read.csv(file.path(data, file), stringsAsFactors = TRUE)
numbers <- function(frame) {
  m <- model.matrix(~ . - 1, model.frame(~ ., frame, na.action = na.pass))
  colnames(m) <- make.names(colnames(m))
  as.data.frame(m)
}
seeds <- 1:5

## The best log-rank split of each column by survdiff at every cut: 240 patients, so that each distinct value has its own bin.
all <- subset(read('survival_pbc.csv'), !is.na(trt))
all$event <- as.integer(all$status == 2)
pbc <- all[1:240, ]
best <- lapply(c('age', 'bili', 'albumin', 'protime', 'stage', 'edema', 'hepato', 'spiders'), function(column) {
  x <- pbc[[column]]; v <- sort(unique(x))
  chisq <- sapply(v[-length(v)], function(cut) survdiff(Surv(time, event) ~ I(x <= cut), pbc)$chisq)
  list(column = column, x = x, cut = v[which.max(chisq)], chisq = max(chisq))
})
logRank <- list(time = pbc$time, event = pbc$event, columns = best)
# Ties, repeats and a missing direction: chol is missing in some; both ways of joining them, at every cut.
x <- pbc$chol; v <- sort(unique(na.omit(x)))
joined <- do.call(rbind, lapply(c(TRUE, FALSE), function(left) data.frame(left, cut = c(v[-length(v)], if (!left) max(v)),
  chisq = sapply(c(v[-length(v)], if (!left) max(v)), function(cut) { g <- x <= cut; g[is.na(x)] <- left; survdiff(Surv(time, event) ~ g, pbc)$chisq }))))
logRank$missing <- c(list(x = x), as.list(joined[which.max(joined$chisq), ]))

## Forests: every third patient is held out; predictions of ranger averaged over seeds, errors of both packages.
split <- function(frame, y) {
  held <- seq_len(nrow(frame)) %% 3 == 0
  list(x = as.list(frame), y = y, held = as.integer(held))
}
classes <- function(frame, y, maxDepth = NULL) {
  held <- seq_len(nrow(frame)) %% 3 == 0
  p <- Reduce(`+`, lapply(seeds, function(s) predict(ranger(x = frame[!held, ], y = y[!held], probability = TRUE, num.trees = 500,
    min.node.size = 10, seed = s, num.threads = 2), frame[held, ])$predictions)) / length(seeds)
  p <- p[, levels(y)]
  r <- Reduce(`+`, lapply(seeds, function(s) { set.seed(s); predict(randomForest(frame[!held, ], y[!held], ntree = 500, nodesize = 5), frame[held, ], type = 'prob') })) / length(seeds)
  brier <- function(p) mean(rowSums((p - model.matrix(~ y[held] - 1))^2))
  c(split(frame, as.integer(y) - 1L), list(levels = levels(y), ranger = as.vector(t(p)), brier = list(ranger = brier(p), randomForest = brier(r))))
}
biopsy <- read('MASS_biopsy.csv'); biopsy <- biopsy[complete.cases(biopsy), ]
pima <- na.omit(read('MASS_Pima_tr2.csv'))
ectopic <- read('epicalc_Ectopic.csv')

bodyfat <- read('TH.data_bodyfat.csv')
values <- function(frame, y) {
  held <- seq_len(nrow(frame)) %% 3 == 0
  mtry <- max(1, floor(ncol(frame) / 3))
  p <- Reduce(`+`, lapply(seeds, function(s) predict(ranger(x = frame[!held, ], y = y[!held], num.trees = 500, min.node.size = 1, mtry = mtry,
    seed = s, num.threads = 2), frame[held, ])$predictions)) / length(seeds)
  r <- Reduce(`+`, lapply(seeds, function(s) { set.seed(s); predict(randomForest(frame[!held, ], y[!held], ntree = 500, nodesize = 1, mtry = mtry), frame[held, ]) })) / length(seeds)
  c(split(frame, y), list(ranger = p, rmse = list(ranger = sqrt(mean((p - y[held])^2)), randomForest = sqrt(mean((r - y[held])^2)))))
}

survivals <- function(frame, time, event, horizon) {
  held <- seq_len(nrow(frame)) %% 3 == 0
  d <- cbind(frame, time = time, event = event)
  runs <- lapply(seeds[1:3], function(s) {
    p <- predict(ranger(Surv(time, event) ~ ., d[!held, ], num.trees = 300, min.node.size = 15, seed = s, num.threads = 2), d[held, ])
    list(risk = rowSums(p$chf), surv = p$survival[, max(which(p$unique.death.times <= horizon))])
  })
  risk <- Reduce(`+`, lapply(runs, `[[`, 'risk')) / 3; surv <- Reduce(`+`, lapply(runs, `[[`, 'surv')) / 3
  list(x = as.list(frame), time = time, event = event, held = as.integer(held), horizon = horizon, survival = surv,
    harrellC = mean(sapply(runs, function(r) concordance(Surv(time[held], event[held]) ~ r$risk, reverse = TRUE)$concordance)))
}
rotterdam <- read('survival_rotterdam.csv')
whole <- all[complete.cases(all), ]

golden <- list(
  logRank = logRank,
  biopsy = classes(biopsy[, paste0('V', 1:9)], biopsy$class),
  pima = classes(pima[, 1:7], pima$type),
  ectopic = classes(numbers(ectopic[, c('hia', 'gravi')]), ectopic$outc),
  bodyfat = values(bodyfat[, setdiff(names(bodyfat), 'DEXfat')], bodyfat$DEXfat),
  pbc = survivals(numbers(whole[, c('trt', 'age', 'sex', 'ascites', 'hepato', 'spiders', 'edema', 'bili', 'chol', 'albumin', 'copper', 'alk.phos', 'ast', 'trig', 'platelet', 'protime', 'stage')]),
    whole$time, whole$event, 1825),
  rotterdam = survivals(numbers(rotterdam[, c('year', 'age', 'meno', 'size', 'grade', 'nodes', 'pgr', 'er', 'hormon', 'chemo')]), rotterdam$dtime, rotterdam$death, 1825)
)
write_json(golden, file.path(here, 'forest.json'), auto_unbox = TRUE, digits = 10, na = 'null')
