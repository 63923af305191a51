import { expect, test } from 'vitest'
import { installation } from '../../installation.ts'
import { readCatalogues } from '../../texts.ts'
import type { ScoreDefinition, Values } from '../score.ts'
import { scores } from './index.ts'

const catalogues = readCatalogues(installation().resources)

type Tree = { [key: string]: string | Tree }
const leavesOf = (tree: Tree, prefix = ''): string[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${prefix}${key.replace(/_(one|other)$/, '')}`] : leavesOf(value, `${prefix}${key}.`),
  )

/** Patients of every age, and at both ends of every other input: whatever a score warns of, it warns of for one. */
const patients = ({ inputs }: ScoreDefinition): Partial<Values>[] => [
  {},
  ...Array.from({ length: 121 }, (_, age) => ({ age })),
  ...inputs.flatMap(({ id, low, high, choices }) =>
    (choices?.map(({ value }) => value) ?? [low, high]).map((value) => ({ [id]: value })),
  ),
]

const textsOf = (definition: ScoreDefinition): string[] => {
  const { score, inputs, bands, further } = definition
  const cautions = patients(definition).flatMap((values) => definition.applies(values).cautions)
  return [
    ...['title', 'purpose', 'population'].map((part) => `score.${score}.${part}`),
    ...bands.map(({ id }) => `score.${score}.band.${id}`),
    ...(further?.(0) ?? []).map(({ id }) => `score.${score}.further.${id}`),
    ...cautions.map((code) => `score.${score}.caution.${code}`),
    ...inputs.flatMap(({ id, choices }) => [
      `input.${id}.label`,
      ...(choices ?? []).map(({ code }) => `input.${id}.choice.${code}`),
    ]),
  ]
}

const problems = ['outOfRange', 'unreadable', 'otherUnit'].map((code) => `problem.${code}`)

test.each(Object.keys(catalogues))(
  'a doctor reads every score, input and caution in words: %s lacks none and has none left over',
  (language) => {
    const said = new Set([...scores.flatMap(textsOf), ...problems])
    expect([...new Set(leavesOf(catalogues[language].scores))].sort()).toEqual([...said].sort())
  },
)

test('the check above sees what only some patients are warned of', () => {
  const texts = new Set(scores.flatMap(textsOf))
  for (const code of ['fib4.caution.children', 'fib4.caution.ageOfCutoffs', 'ckdEpi2021.caution.children'])
    expect(texts).toContain(`score.${code}`)
})
