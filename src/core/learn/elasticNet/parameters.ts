import { choice, describe, integer, number } from '../parameters.ts'

export const elasticNetSettings = describe(
  number('alpha', [0, 1, 1]),
  choice('choose', ['min', 'oneStandardError', 'given'], 'min'),
  number('lambda', [0, 0.01, 1e9]),
  integer('nLambda', [5, 100, 1000]),
  integer('folds', [3, 10, 50]),
  choice('family', ['gaussian', 'poisson'], 'gaussian'),
)
