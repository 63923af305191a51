# Golden values of core/assess/agreement.ts: Cohen's kappa with its asymptotic standard error by vcd::Kappa. Writes kappa.json.
# Run: Rscript test/golden/kappa.R
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages(library(vcd))
tables <- list(
  matrix(c(22, 2, 2, 5, 7, 14, 0, 2, 36), 3),
  matrix(c(40, 9, 6, 45), 2),
  matrix(c(5, 10, 12, 4), 2)
)
write_golden(lapply(tables, function(table) {
  found <- Kappa(as.table(table))$Unweighted
  list(classes = nrow(table), counts = unname(apply(table, 1, as.list)), kappa = unname(found['value']), error = unname(found['ASE']))
}), 'kappa')
