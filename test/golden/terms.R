# Golden values of restricted cubic splines and interactions: Hmisc::rcspline.eval, rms::lrm, rms::ols, rms::cph, glm and their
# Wald tests by rms::anova. Writes terms.json. Run: Rscript test/golden/terms.R [folder of the sample files]
source(file.path(dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE))), 'samples.R'))
suppressPackageStartupMessages({ library(rms) })

wcgs <- sample_file('wcgs'); diabetes <- sample_file('diabetes'); bodyfat <- sample_file('bodyfat'); boys <- sample_file('boys')
pbc <- sample_file('pbc'); pima <- sample_file('pima')

knots_of <- function(file, column, values, counts = 3:7) lapply(counts, function(nk) {
  values <- values[!is.na(values)]
  list(file = file, column = column, count = nk, knots = suppressWarnings(rcspline.eval(values, nk = nk, knots.only = TRUE)))
})
knots <- c(knots_of('wcgs', 'age0', wcgs$age0), knots_of('wcgs', 'chol0', wcgs$chol0), knots_of('wcgs', 'ncigs0', wcgs$ncigs0),
  knots_of('bodyfat', 'age', bodyfat$age), knots_of('bodyfat', 'waistcirc', bodyfat$waistcirc),
  knots_of('boys', 'age', boys$age), knots_of('diabetes', 's4', diabetes$s4), knots_of('pima', 'npreg', pima$npreg),
  knots_of('pbc', 'bili', pbc$bili), knots_of('boys', 'tv', boys$tv))
at <- c(-3, 0.4, 1, 2.5, 3.7, 8, 20)
basis <- list(knots = c(0.5, 1, 3.5, 9), values = at, terms = unname(as.list(as.data.frame(unclass(rcspline.eval(at, knots = c(0.5, 1, 3.5, 9)))))))

table_of <- function(fit) list(term = names(coef(fit)), estimate = unname(coef(fit)), standardError = unname(sqrt(diag(vcov(fit)))[seq_along(coef(fit))]))
anova_of <- function(fit) { a <- anova(fit); list(row = trimws(rownames(a)), table = unname(as.list(as.data.frame(unclass(a))))) }

wcgs$dibpat0 <- category(c('B', 'A')[wcgs$dibpat0 + 1])
used <- wcgs[complete.cases(wcgs[c('chd69', 'age0', 'chol0', 'ncigs0', 'dibpat0')]), ]
logit <- lrm(chd69 ~ rcs(age0, 4) * dibpat0 + rcs(chol0, 5) + ncigs0, data = used, tol = 1e-16, eps = 1e-10, maxit = 50)
check <- glm(chd69 ~ rcs(age0, 4) * dibpat0 + rcs(chol0, 5) + ncigs0, binomial, used)
stopifnot(max(abs(coef(check) / coef(logit) - 1)) < 1e-6)

used_pbc <- pbc[complete.cases(pbc[c('age', 'sex', 'bili', 'albumin', 'edema')]), ]
used_pbc$sex <- category(used_pbc$sex)
cox <- cph(Surv(time, status == 2) ~ rcs(age, 3) * sex + rcs(bili, 5) + albumin + edema, data = used_pbc, method = 'efron', eps = 1e-14)

least <- ols(target ~ rcs(bmi, 5) + rcs(age, 3) + s5 * bp, data = diabetes)

products <- glm(chd69 ~ age0 * chol0 + ncigs0 * dibpat0 + sbp0, binomial, wcgs[complete.cases(wcgs[c('age0', 'chol0', 'ncigs0', 'dibpat0', 'sbp0')]), ])

write_golden(list(knots = knots, basis = basis,
  lrm = c(table_of(check), list(logLikelihood = as.numeric(logLik(check)), anova = anova_of(logit))),
  cph = c(table_of(cox), list(logLikelihood = cox$loglik[2], anova = anova_of(cox))),
  ols = c(table_of(least), list(anova = anova_of(least))),
  products = table_of(products)), 'terms')
