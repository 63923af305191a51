import type { ScoreDefinition } from '../score.ts'
import { nottingham } from './breast.ts'
import { ckdEpi2021 } from './kidney.ts'
import { albi, apri, fib4, mayoPbc } from './liver.ts'

/** Published scores, each with its source. Shown in this order, those that can be computed first. */
export const scores: readonly ScoreDefinition[] = [mayoPbc, albi, apri, fib4, ckdEpi2021, nottingham]
