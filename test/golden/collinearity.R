# Golden values of core/study/inspect/collinearity.ts: variance inflation (as car::vif) and the condition number of scaled columns.
# Writes collinearity.json. Run: Rscript test/golden/collinearity.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
x <- as.matrix(sample_file('bodyfat')[c('age', 'waistcirc', 'hipcirc', 'elbowbreadth', 'kneebreadth', 'anthro3a', 'anthro3b', 'anthro4')])
scaled <- scale(x) / sqrt(nrow(x) - 1)
write_golden(list(
  x = unname(lapply(seq_len(ncol(x)), function(column) unname(x[, column]))), terms = colnames(x),
  vif = unname(diag(solve(cor(x)))), condition = kappa(scaled, exact = TRUE),
  correlation = max(abs(cor(x)[lower.tri(cor(x))]))
), 'collinearity')
