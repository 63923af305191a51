# Shared by the scripts beside it: finds a sample file by its short name (`pbc.csv`, `survival_pbc.csv`) in the folder given
# as first argument (default resources/samples), and writes JSON with 15 digits.
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
folder <- if (length(args) > 0) args[1] else 'resources/samples'
sample_file <- function(name) {
  files <- list.files(folder, pattern = '\\.csv$', recursive = TRUE, full.names = TRUE)
  hit <- files[tolower(basename(files)) == paste0(name, '.csv')]
  if (length(hit) == 0) hit <- files[grepl(paste0('[_.]', name, '\\.csv$'), tolower(basename(files)))]
  stopifnot(length(hit) >= 1)
  read.csv(hit[1], check.names = FALSE, na.strings = c('', 'NA'))
}
# Levels in code-unit order, whatever the locale.
category <- function(x) factor(x, levels = sort(unique(as.character(x[!is.na(x)])), method = 'radix'))
write_golden <- function(value, name) {
  here <- dirname(sub('^--file=', '', grep('^--file=', commandArgs(FALSE), value = TRUE)))
  write(toJSON(value, digits = I(15), auto_unbox = TRUE, na = 'null', null = 'null'), file.path(here, paste0(name, '.json')))
}
