# Histories summed up, in base R: for every visit of pbcseq what bili came to until then, over all visits and over the year before.
# Rscript test/golden/history.R  (from the repository's root; writes test/golden/history.json)
suppressMessages(library(jsonlite))
visits <- read.csv("resources/samples/pbcseq.csv")
summed <- function(name, window) {
  rows <- lapply(seq_len(nrow(visits)), function(i) {
    own <- visits[visits$id == visits$id[i] & visits$day <= visits$day[i] & visits$day >= visits$day[i] - window & !is.na(visits[[name]]), ]
    y <- own[[name]]
    n <- length(y)
    if (n == 0) return(c(NA, NA, NA, NA, NA, 0, NA))
    slope <- if (length(unique(own$day)) > 1) unname(coef(lm(y ~ own$day))[2]) else NA
    c(y[n], mean(y), min(y), max(y), slope, n, visits$day[i] - own$day[n])
  })
  m <- do.call(rbind, rows)
  colnames(m) <- c("last", "mean", "min", "max", "slope", "count", "sinceLast")
  as.list(as.data.frame(m))
}
write_json(list(bili = summed("bili", Inf), bili365 = summed("bili", 365), chol365 = summed("chol", 365)),
  "test/golden/history.json", digits = 10, na = "null")
