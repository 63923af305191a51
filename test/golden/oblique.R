# Golden values of core/learn/trees/direction.ts: one Newton step of Cox's partial likelihood from 0 (Breslow) and least squares, on
# standardised columns. Rscript test/golden/oblique.R writes test/golden/oblique.json
library(survival)
library(jsonlite)
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
read <- function(name) read.csv(file.path(here, "../../resources/samples", paste0(name, ".csv")), na.strings = c("NA", ""))
signs <- c("age", "bili", "albumin", "protime")
pbc <- read("pbc"); pbc <- pbc[complete.cases(pbc[, signs]), ]
x <- scale(pbc[, signs])
weights <- 1 + (seq_len(nrow(pbc)) %% 3)
start <- coxph(Surv(pbc$time, pbc$status == 2) ~ x, weights = weights, ties = "breslow", init = rep(0, 4), control = coxph.control(iter.max = 0))
step <- drop(start$var %*% colSums(residuals(start, type = "score", weighted = TRUE)))
sugar <- read("diabetes"); names <- c("bmi", "bp", "s5")
line <- lm(sugar$target ~ scale(sugar[, names]), weights = 1 + (seq_len(nrow(sugar)) %% 3))
write_json(list(cox = list(n = nrow(pbc), features = signs, coefficients = step),
  line = list(n = nrow(sugar), features = names, coefficients = unname(coef(line)[-1]))),
  file.path(here, "oblique.json"), digits = 15, auto_unbox = TRUE)
