import type { ScoreDefinition } from '../score.ts'
import { albi } from './albi.ts'
import { apri } from './apri.ts'
import { ckdEpi2021 } from './ckdEpi2021.ts'
import { fib4 } from './fib4.ts'
import { mayoPbc } from './mayoPbc.ts'
import { nottingham } from './nottingham.ts'

/** Published scores, each with its source. Shown in this order, those that can be computed first. */
export const scores: readonly ScoreDefinition[] = [mayoPbc, albi, apri, fib4, ckdEpi2021, nottingham]
