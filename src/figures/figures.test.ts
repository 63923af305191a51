// @vitest-environment jsdom
import { beforeEach, describe, expect, test } from 'vitest'
import competing from '../../test/golden/competing.json' with { type: 'json' }
import golden from '../../test/golden/figures.json' with { type: 'json' }
import {
  calibration,
  contributions,
  contributionText,
  cumulativeIncidence,
  decisionCurve,
  distribution,
  type Figure,
  forestPlot,
  learningCurve,
  penaltyError,
  penaltyPath,
  precisionRecall,
  probabilityBars,
  roc,
  shape,
  sparkline,
  survivalAt,
  survivalCurve,
  whatIf,
} from './index.ts'

const { pbc, pima } = golden
const snapshot = (figure: Figure, name: string) =>
  expect(`${figure.outerHTML.replaceAll('><', '>\n<')}\n`).toMatchFileSnapshot(`snapshots/${name}.svg`)
const texts = (figure: Figure, selector = 'text') =>
  [...figure.querySelectorAll(selector)].map((element) => element.firstChild?.textContent ?? '')
const path = (figure: Figure, selector: string) => figure.querySelector(`${selector} path`)?.getAttribute('d') ?? ''
const corners = (d: string) =>
  d
    .split(/[MLZ]/)
    .filter(Boolean)
    .map((pair) => pair.split(',').map(Number))

const cohort = {
  times: pbc.times,
  survival: pbc.survival,
  low: pbc.low,
  high: pbc.high,
  atRisk: pbc.atRisk,
  n: pbc.n,
  events: pbc.events,
}
const survivalData = {
  timeUnit: 'days' as const,
  patient: pbc.patient,
  cohort,
  followUp: pbc.followUp,
  horizons: [365.25, 1095.75, 1826.25],
}

describe('survival curve', () => {
  test('has one step for each time at which somebody died, and none where nobody did', async () => {
    const figure = survivalCurve(survivalData, { document })
    const levels = new Set(corners(path(figure, '.cohort-curve')).map(([, y]) => y))
    expect(levels.size).toBe(pbc.times.length + 1)
    await snapshot(figure, 'survivalCurve')
  })

  test('never rises, and ends where follow-up ends', () => {
    const figure = survivalCurve(survivalData, { document })
    const points = corners(path(figure, '.patient-curve'))
    points.slice(1).forEach(([, y], index) => {
      expect(y).toBeGreaterThanOrEqual(points[index]![1]!)
    })
    const end = figure.scale('x')!.apply(pbc.followUp / 365.25)
    expect(points.at(-1)![0]).toBeCloseTo(end, 2)
  })

  test('counts time in years, with numbers at risk under the ticks they belong to', () => {
    const figure = survivalCurve(survivalData, { document })
    expect(texts(figure)).toContain('Years')
    const x = figure.scale('x')!
    const risk = [...figure.querySelectorAll('.at-risk text')]
    expect(risk.map((element) => element.textContent)).toContain('418')
    for (const { time, n } of pbc.atRisk) {
      const at = risk.find((element) => element.textContent === String(n))!
      const [, shift] = /translate\(([\d.]+)/.exec(at.getAttribute('transform')!)!
      expect(Number(shift)).toBeCloseTo(x.apply(time / 365.25), 0)
    }
  })

  test('takes months where nobody was followed for two years', () => {
    const short = { ...survivalData, followUp: 600 }
    expect(texts(survivalCurve(short, { document }))).toContain('Months')
  })

  test('marks where fewer than 10 were still followed', () => {
    const figure = survivalCurve(survivalData, { document })
    const shade = figure.querySelector('rect.few-followed, .few-followed rect')!
    expect(Number(shade.getAttribute('x'))).toBeCloseTo(figure.scale('x')!.apply(12), 0)
  })

  test('reads a step curve as the estimate defines it: the drop counts at its own time', () => {
    const curve = { times: [10, 20], survival: [0.8, 0.5], low: [0.7, 0.4], high: [0.9, 0.6] }
    expect([0, 9.99, 10, 19, 20, 99].map((time) => survivalAt(curve, time).survival)).toEqual([
      1, 1, 0.8, 0.8, 0.5, 0.5,
    ])
  })
})

describe('cumulative incidence', () => {
  const { at, incidence, low, high, other } = competing.curves.days
  const data = {
    timeUnit: 'days' as const,
    causes: [
      { label: 'Death', times: at, incidence, low, high },
      { label: 'Transplant', times: at, incidence: other, low: other, high: other },
    ],
    atRisk: [
      { time: 0, n: 418 },
      { time: 4000, n: 31 },
    ],
    followUp: 4795,
  }

  test('rises at each time at which somebody had it, from nobody on, as high as R says', async () => {
    const figure = cumulativeIncidence(data, { document })
    const y = figure.scale('y')!
    const [death, transplant] = [...figure.querySelectorAll('.incidence-curve path')].map((curve) =>
      corners(curve.getAttribute('d') ?? ''),
    )
    const heights = [...new Set(death!.map(([, height]) => height))].map((height) => y.invert!(height))
    expect(heights).toHaveLength(at.length + 1)
    ;[0, ...incidence].forEach((share, step) => {
      expect(heights[step]).toBeCloseTo(share, 2)
    })
    expect(y.invert!(transplant!.at(-1)![1])).toBeCloseTo(other.at(-1)!, 2)
    await snapshot(figure, 'cumulativeIncidence')
  })

  test('names every cause beside a line of its own look, and leaves rare causes room to be seen', () => {
    const figure = cumulativeIncidence(data, { document })
    expect(texts(figure, '.legend text')).toEqual(['Death', 'Transplant'])
    const dashes = [...figure.querySelectorAll('.legend line')].map((line) => line.getAttribute('stroke-dasharray'))
    expect(new Set(dashes).size).toBe(2)
    const rare = cumulativeIncidence({ ...data, causes: [data.causes[1]!] }, { document })
    expect(rare.scale('y')!.domain).toEqual([0, 0.1])
  })
})

test('a calibration figure shows every group with its interval and both axes alike', async () => {
  const figure = calibration(
    {
      series: [{ label: 'Logistic regression', calibration: { curve: pima.curve, groups: pima.groups } }],
      patient: 0.31,
    },
    { document },
  )
  expect(figure.querySelectorAll('.groups circle, circle.groups, .groups path')).toHaveLength(pima.groups.length)
  expect(figure.querySelectorAll('.group-intervals line')).toHaveLength(pima.groups.length)
  expect(figure.scale('x')!.domain).toEqual(figure.scale('y')!.domain)
  await snapshot(figure, 'calibration')
})

const elastic = {
  alpha: 1,
  lambda: [1, 0.5, 0.25, 0.125],
  explained: [0, 0.2, 0.3, 0.32],
  size: [0, 1, 2, 2],
  terms: [
    { term: 'bili', values: [0, 0.4, 0.6, 0.7] },
    { term: 'albumin', values: [0, 0, -0.2, -0.3] },
  ],
  crossValidation: { mean: [2, 1.6, 1.5, 1.55], error: [0.1, 0.1, 0.1, 0.1], best: 2, simplest: 1, folds: 10 },
  chosen: 2,
}

test('a feature that the penalty keeps out lies at 0 until it enters, and the penalty in use is marked', async () => {
  const figure = penaltyPath(elastic, { document })
  const x = figure.scale('x')!
  const y = figure.scale('y')!
  const [bili, albumin] = [...figure.querySelectorAll('.path path')].map((line) =>
    corners(line.getAttribute('d') ?? '').map(([px, py]) => [x.invert!(px), y.invert!(py)] as const),
  )
  expect(bili!.map(([, value]) => Number(value.toFixed(6)))).toEqual([0, 0.4, 0.6, 0.7])
  expect(albumin![1]![1]).toBeCloseTo(0, 9)
  expect(x.invert!(Number(figure.querySelector('.chosen line, line.chosen')?.getAttribute('x1')))).toBeCloseTo(0.25, 6)
  expect(texts(figure)).toEqual(expect.arrayContaining(['bili', 'albumin']))
  await snapshot(figure, 'penaltyPath')
})

test('the cross-validated deviance stands with its error at every penalty', async () => {
  const figure = penaltyError(elastic, { document })
  expect(figure.querySelectorAll('.means circle, circle.means')).toHaveLength(4)
  expect(figure.querySelectorAll('.errors line')).toHaveLength(4)
  await snapshot(figure, 'penaltyError')
})

test('a ROC curve encloses the area that R computed', async () => {
  const figure = roc({ series: [{ label: 'Logistic regression', roc: pima.roc }] }, { document })
  const x = figure.scale('x')!
  const y = figure.scale('y')!
  const points = corners(path(figure, '.curve').replaceAll(/[HV]/g, 'L')).map(
    ([px, py]) => [x.invert!(px), y.invert!(py)] as const,
  )
  let area = 0
  for (let index = 1; index < points.length; index++) {
    area += ((points[index]![0] - points[index - 1]![0]) * (points[index]![1] + points[index - 1]![1])) / 2
  }
  expect(area).toBeCloseTo(pima.auc, 3)
  await snapshot(figure, 'roc')
})

test('precision and recall stand beside the prevalence', async () => {
  const prevalence = pima.events / pima.rows
  const figure = precisionRecall(
    { series: [{ label: 'Logistic regression', precisionRecall: pima.precisionRecall }], prevalence },
    { document },
  )
  const line = figure.querySelector('.prevalence line, line.prevalence')!
  expect(Number(line.getAttribute('y1'))).toBeCloseTo(figure.scale('y')!.apply(prevalence), 1)
  await snapshot(figure, 'precisionRecall')
})

test('a decision curve shows acting on all and on none, and never draws below its frame', async () => {
  const figure = decisionCurve({ series: [{ label: 'Logistic regression', decision: pima.decision }] }, { document })
  expect(texts(figure, '.legend text')).toEqual(['Logistic regression', 'Act on all', 'Act on none'])
  const bottom = [...figure.scale('y')!.range!][0]
  for (const [, y] of corners(path(figure, '.treat-all'))) expect(y).toBeLessThanOrEqual(bottom + 0.01)
  await snapshot(figure, 'decisionCurve')
})

describe('contributions', () => {
  const parts = [...pbc.shares]
    .sort((left, right) => Math.abs(right.contribution) - Math.abs(left.contribution))
    .map(({ feature, contribution }) => ({
      label: feature,
      text: '14.5 mg/dL',
      missing: feature === 'edema',
      contribution,
    }))
  const prediction = parts.reduce((sum, part) => sum + part.contribution, 0)
  const data = { scale: 'logHazard' as const, baseline: 0, prediction, contributions: parts }

  test('lead from the average patient to this one, nothing left over', async () => {
    const figure = contributions(data, { document })
    const bars = [...figure.querySelectorAll('.shares rect')]
    expect(bars).toHaveLength(parts.length)
    const last = bars.at(-1)!
    const end = Number(last.getAttribute('x')) + Number(last.getAttribute('width'))
    expect(end).toBeCloseTo(figure.scale('x')!.apply(prediction), 1)
    expect(texts(figure, '.values text').some((text) => text.includes('not recorded'))).toBe(true)
    await snapshot(figure, 'contributions')
  })

  test('those not shown are summed up, not dropped', () => {
    const figure = contributions({ ...data, show: 2 }, { document })
    expect(texts(figure, '.features text')).toEqual(['Average patient', 'bili', 'albumin', '3 more', 'This patient'])
    expect(texts(figure, '.amounts text')).toContain(contributionText('logHazard', prediction))
  })

  test('say the sign and the unit of the scale', () => {
    expect(contributionText('probability', 0.123)).toBe('+12')
    expect(contributionText('risk', -0.034)).toBe('−3.4')
    expect(contributionText('logHazard', Math.log(2))).toBe('× 2.00')
    expect(contributionText('probability', 0)).toBe('0.0')
  })

  test('neither average nor total is ever told as none or all', () => {
    const contribution = { label: 'age', text: '40', missing: false, contribution: -0.35 }
    const figure = contributions(
      { scale: 'probability', baseline: 0.35, prediction: 0.0004, contributions: [contribution] },
      { document },
    )
    expect(texts(figure, '.amounts text')).toContain('fewer than 1 of 100')
  })

  test('lowering shares run to the left', () => {
    const figure = contributions(
      {
        scale: 'probability',
        baseline: 0.3,
        prediction: 0.2,
        contributions: [{ label: 'age', text: '40 a', missing: false, contribution: -0.1 }],
      },
      { document, width: 360 },
    )
    const bar = figure.querySelector('.shares rect')!
    expect(Number(bar.getAttribute('x'))).toBeCloseTo(figure.scale('x')!.apply(0.2), 1)
    expect(texts(figure, '.amounts text')).toContain('−10')
  })
})

test('probability bars carry their interval and their words', async () => {
  const figure = probabilityBars(
    {
      classes: [
        {
          label: 'Diabetes',
          text: 'about 72 of 100 (61 to 81)',
          probability: 0.724,
          low: 0.61,
          high: 0.81,
          inSet: true,
        },
        {
          label: 'No diabetes',
          text: 'about 28 of 100 (19 to 39)',
          probability: 0.276,
          low: 0.19,
          high: 0.39,
          inSet: false,
        },
      ],
    },
    { document },
  )
  expect(texts(figure, '.words text')).toEqual(['about 72 of 100 (61 to 81)', 'about 28 of 100 (19 to 39)'])
  const whiskers = [...figure.querySelectorAll('.interval-ends line')]
  expect(whiskers).toHaveLength(4)
  await snapshot(figure, 'probabilityBars')
})

describe('what if', () => {
  test('marks the value now and the chosen one on the line', async () => {
    const figure = whatIf(
      {
        points: pbc.bili,
        current: 14.5,
        before: pbc.bili[28]!.prediction,
        chosen: 3,
        after: pbc.bili[5]!.prediction,
        scale: 'risk',
      },
      { document, texts: { factor: 'Bilirubin, mg/dL' } },
    )
    expect(figure.querySelectorAll('circle.chosen, .chosen path, .chosen circle').length).toBeGreaterThan(0)
    expect(texts(figure, '.now text, text.now').join()).toContain('now: ')
    await snapshot(figure, 'whatIf')
  })

  test('compares choices as bars from zero', async () => {
    const figure = whatIf(
      {
        points: [
          { value: '0', label: 'none', prediction: 0.12 },
          { value: '1', label: 'treated', prediction: 0.3 },
        ],
        current: '0',
        before: 0.12,
        chosen: '1',
        after: 0.3,
        scale: 'risk',
      },
      { document },
    )
    expect([...figure.scale('x')!.domain!][0]).toBe(0)
    expect(figure.querySelectorAll('.choices rect')).toHaveLength(2)
    await snapshot(figure, 'whatIfChoices')
  })
})

test('a distribution keeps the order of counts and marks where the patient lies', async () => {
  const counts = distribution({ quantiles: null, counts: pbc.stage, value: '3' }, { document })
  expect(counts.querySelectorAll('.counts rect')).toHaveLength(4)
  await snapshot(counts, 'distributionCounts')
  const box = distribution({ quantiles: pbc.biliQuantiles, counts: null, value: 14.5 }, { document })
  const median = Number(box.querySelector('.median line, line.median')!.getAttribute('x1'))
  expect(median).toBeCloseTo(box.scale('x')!.apply(pbc.biliQuantiles.median), 1)
  await snapshot(box, 'distribution')
})

test('a forest plot of hazard ratios is logarithmic around no effect', async () => {
  const figure = forestPlot(
    {
      rows: pbc.coefficients.map(({ term, estimate, standardError }) => ({
        label: term,
        value: Math.exp(estimate),
        low: Math.exp(estimate - 1.96 * standardError),
        high: Math.exp(estimate + 1.96 * standardError),
      })),
      reference: 1,
      logarithmic: true,
    },
    { document },
  )
  expect(figure.scale('x')!.type).toBe('log')
  expect(figure.querySelectorAll('.estimates path')).toHaveLength(pbc.coefficients.length)
  expect(texts(figure, '.numbers text')[0]).toMatch(/^\d\.\d\d \(\d\.\d\d to \d\.\d\d\)$/)
  await snapshot(figure, 'forestPlot')
})

test('a sparkline marks values outside the normal range', async () => {
  const figure = sparkline(
    {
      points: [
        { at: 0, value: 14.5 },
        { at: 192, value: 21.3 },
        { at: 400, value: 1.1 },
      ],
      reference: { low: 0.3, high: 1.2 },
    },
    { document },
  )
  expect(figure.querySelectorAll('.outside circle, circle.outside')).toHaveLength(2)
  expect(texts(figure)).toEqual(['1.1'])
  await snapshot(figure, 'sparkline')
})

test('a far normal range does not flatten the course of a measurement, and an equal course lies in the middle', () => {
  const course = (values: number[], reference: { low: number | null; high: number | null } | null) =>
    corners(
      path(
        sparkline(
          { points: values.map((value, at) => ({ at, value })), reference },
          { document, show: 'axis', height: 100 },
        ),
        '.course',
      ),
    ).map((corner) => corner[1]!)
  const [low, high] = course([100, 110], { low: 1, high: 2 })
  expect(low! - high!).toBeGreaterThan(50)
  for (const height of course([4, 4], null)) expect(height).toBeCloseTo((8 + 100 - 24) / 2, 0)
})

test('a course with an axis of values has round ticks, says when it began and ended, and names each value', async () => {
  const figure = sparkline(
    {
      points: [
        { at: 0, value: 1, label: 'day 0: 1 mg/dL' },
        { at: 192, value: 30, label: 'day 192: 30 mg/dL' },
      ],
      reference: { low: null, high: 1.2 },
    },
    { document, width: 400, show: 'axis', texts: { from: 'day 0', to: 'day 192' } },
  )
  expect(texts(figure)).toEqual(expect.arrayContaining(['10', '20', '30', 'day 0', 'day 192']))
  const named = (dots: string) => [...figure.querySelectorAll(`${dots} title`)].map((title) => title.textContent)
  expect(named('.values')).toEqual(['day 0: 1 mg/dL'])
  expect(named('.outside')).toEqual(['day 192: 30 mg/dL'])
  await snapshot(figure, 'sparkline-axis')
})

describe('every figure', () => {
  let figures: Figure[]
  beforeEach(() => {
    figures = [
      survivalCurve(survivalData, { document, texts: { title: 'A', description: 'B' } }),
      roc({ series: [{ label: 'x', roc: pima.roc }] }, { document, texts: { title: 'A', description: 'B' } }),
      distribution({ quantiles: null, counts: [] }, { document, texts: { title: 'A', description: 'B' } }),
      sparkline({ points: [], reference: null }, { document, texts: { title: 'A', description: 'B' } }),
    ]
  })

  test('has a name and a description for who cannot see it', () => {
    for (const figure of figures) {
      expect(figure.getAttribute('role')).toBe('img')
      expect(figure.getAttribute('aria-label')).toBe('A')
      expect(figure.querySelector('title')?.textContent).toBe('A')
      expect(figure.querySelector('desc')?.textContent).toBe('B')
    }
  })

  test('is one image: no part of it is announced on its own', () => {
    for (const figure of figures) expect(figure.querySelector('[aria-label]')).toBeNull()
  })

  test('brings no style sheet that a strict content security policy would refuse', () => {
    for (const figure of figures) expect(figure.querySelector('style')).toBeNull()
  })

  test('holds no number that is none', () => {
    for (const figure of figures) expect(figure.outerHTML).not.toMatch(/NaN|undefined|Infinity/)
  })
})

test('a learning curve tells the latest value of each line, and lines that end together keep their names apart', async () => {
  const epochs = Array.from({ length: 20 }, (_, at) => at + 1)
  const data = {
    series: [
      { name: 'training', points: epochs.map((x) => [x, 1 / x] as const) },
      { name: 'validation', points: epochs.map((x) => [x, 1 / x + 0.001] as const) },
      { name: 'nothing yet', points: [[1, Number.NaN] as const] },
    ],
  }
  const figure = learningCurve(data, { document })
  expect(texts(figure, '.names text')).toEqual(['validation 0.051', 'training 0.05'])
  const heights = [...figure.querySelectorAll('.names text')].map((element) =>
    Number(/,([\d.]+)\)/.exec(element.getAttribute('transform') ?? '')?.[1]),
  )
  expect(Math.abs((heights[0] ?? 0) - (heights[1] ?? 0))).toBeGreaterThanOrEqual(12)
  expect(figure.querySelectorAll('.series-3 path')).toHaveLength(0)
  await snapshot(figure, 'learningCurve')
})

test('the curve of a term keeps missing values apart and draws nothing where no patient was', async () => {
  const cell = (from: number | null, to: number | null) => ({ from, to, label: null, missing: false })
  const missing = { from: null, to: null, label: null, missing: true }
  const numbers = shape(
    {
      sides: [[cell(null, 1), cell(1, 2.5), cell(2.5, 4), cell(4, null), missing]],
      scores: [-0.4, -0.1, 0.3, 0.9, 0.2],
      deviations: [0.1, 0.05, 0.05, 0.2, 0.1],
      weights: [40, 80, 60, 12, 5],
    },
    { document, texts: { across: 'bili (mg/dl)' } },
  )
  expect(numbers.querySelectorAll('.missing circle, .missing path').length).toBeGreaterThan(0)
  await snapshot(numbers, 'shape')
  const level = (label: string) => ({ from: null, to: null, label, missing: false })
  const levels = shape(
    {
      sides: [[level('f'), level('m'), missing]],
      scores: [-0.1, 0.4, 0],
      deviations: [0.05, 0.1, 0],
      weights: [374, 44, 0],
    },
    { document },
  )
  // Nobody's sex is missing, so there is no third point.
  expect(levels.querySelectorAll('.levels circle')).toHaveLength(2)
  await snapshot(levels, 'shapeLevels')
  const pair = shape(
    {
      sides: [
        [cell(null, 1), cell(1, null), missing],
        [level('f'), level('m'), missing],
      ],
      scores: [0.2, -0.2, 0, -0.2, 0.4, 0, 0, 0, 0],
      deviations: new Array(9).fill(0),
      weights: [10, 20, 0, 30, 5, 0, 0, 0, 0],
    },
    { document },
  )
  expect(pair.querySelectorAll('.field rect')).toHaveLength(4)
  await snapshot(pair, 'shapePair')
})
