# Shared by the scripts beside it: reads a sample file by its name from the folder given as first argument (default
# resources/samples), and writes JSON with 15 digits.
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
folder <- if (length(args) > 0) args[1] else 'resources/samples'
sample_file <- function(name) read.csv(file.path(folder, paste0(name, '.csv')), check.names = FALSE, na.strings = c('', 'NA'))
# Levels in code-unit order, whatever the locale.
category <- function(x) factor(x, levels = sort(unique(as.character(x[!is.na(x)])), method = 'radix'))
write_golden <- function(value, name) {
  here <- dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE)))
  write(toJSON(value, digits = I(15), auto_unbox = TRUE, na = 'null', null = 'null'), file.path(here, paste0(name, '.json')))
}
