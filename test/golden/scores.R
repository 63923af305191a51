# Published scores computed independently on real patients, for src/core/advise.
# Rscript test/golden/scores.R resources/samples > test/golden/scores.json
library(jsonlite)
data <- commandArgs(trailingOnly = TRUE)[1]
pbc <- read.csv(file.path(data, "pbc.csv"))
trial <- pbc[1:312, ]

mayo <- with(trial, 0.871 * log(bili) - 2.53 * log(albumin) + 0.039 * age + 2.38 * log(protime) + 0.859 * edema)
survival5 <- 0.774^exp(mayo - 5.07)
albi <- with(trial, log10(bili * 17.1037) * 0.66 + albumin * 10 * -0.085)
apri <- with(trial, ast / 40 / platelet * 100)

gbsg <- read.csv(file.path(data, "gbsg.csv"))
stage <- with(gbsg, ifelse(nodes == 0, 1, ifelse(nodes <= 3, 2, 3)))
nottingham <- with(gbsg, 0.2 * size / 10 + grade + stage)

egfr <- function(scr, age, female) {
  k <- ifelse(female, 0.7, 0.9)
  a <- ifelse(female, -0.241, -0.302)
  142 * pmin(scr / k, 1)^a * pmax(scr / k, 1)^-1.2 * 0.9938^age * ifelse(female, 1.012, 1)
}
kidney <- expand.grid(creatinine = c(0.5, 0.7, 0.9, 1.4, 3, 8), age = c(20, 50, 85), female = c(TRUE, FALSE))
kidney$egfr <- with(kidney, egfr(creatinine, age, female))

rows <- 1:40
cat(toJSON(list(
  pbc = cbind(trial[rows, c("age", "bili", "albumin", "protime", "edema", "ast", "platelet")],
              mayo = mayo[rows], survival5 = 100 * survival5[rows], albi = albi[rows], apri = apri[rows]),
  gbsg = cbind(gbsg[rows, c("size", "grade", "nodes")], nottingham = nottingham[rows]),
  kidney = kidney
), digits = 15, na = "null"))
