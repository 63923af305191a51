import { additive } from './additive/additive.ts'
import { boosting } from './boosting/boosting.ts'
import { elasticNet } from './elasticNet/elasticNet.ts'
import type { Learner } from './learner.ts'
import { linear } from './linear/linear.ts'
import { logistic } from './linear/logistic.ts'
import { ordinal } from './linear/ordinal.ts'
import { poisson } from './linear/poisson.ts'
import { convolutional } from './neural/convolutional.ts'
import { neural } from './neural/neural.ts'
import { recurrent } from './neural/recurrent.ts'
import { stack } from './stack/stack.ts'
import { aft } from './survival/aft.ts'
import { competingCox } from './survival/competingCox.ts'
import { cox } from './survival/cox.ts'
import { fineGray } from './survival/fineGray.ts'
import { svm } from './svm/svm.ts'
import { extraTrees } from './trees/extraTrees.ts'
import { forest } from './trees/forest.ts'
import { obliqueForest } from './trees/oblique.ts'

/** All learners. One that is not here does not exist; `contract.test.ts` runs over this list. */
export const learners: readonly Learner[] = [
  forest,
  boosting,
  additive,
  obliqueForest,
  extraTrees,
  logistic,
  ordinal,
  linear,
  poisson,
  elasticNet,
  cox,
  fineGray,
  competingCox,
  aft,
  svm,
  neural,
  recurrent,
  convolutional,
  stack,
]

export const learnerOf = (id: string): Learner | undefined => learners.find((learner) => learner.id === id)
