import type { TimeUnit } from '../contract/values.ts'
import {
  addLegend,
  draw,
  type Figure,
  type FigureOptions,
  legendLayout,
  lookOf,
  numberText,
  strokeOf,
  textWidth,
} from './frame.ts'
import type { AxisUnit } from './timeAxis.ts'
import { followUpEnd, riskRow, stepBand, stepPoints, timeAxes, timeFrameOf, timeTitles } from './timeFrame.ts'

/** Share of all who have had one cause by each time: a step function, 0 before the first time. */
export interface IncidenceCurve {
  label: string
  times: readonly number[]
  incidence: readonly number[]
  low: readonly number[]
  high: readonly number[]
}

export interface CumulativeIncidenceData {
  timeUnit: TimeUnit
  /** Causes that compete; the event of interest first. */
  causes: readonly IncidenceCurve[]
  /** Those still followed and spared every cause. */
  atRisk: readonly { time: number; n: number }[]
  /** Last time anyone was followed; the curves end there. */
  followUp: number
}

export interface CumulativeIncidenceTexts {
  title: string
  description: string
  /** Vertical axis. */
  had: string
  time: Record<AxisUnit, string>
  atRisk: string
  followUpEnds: string
}

const english: CumulativeIncidenceTexts = {
  title: 'Cumulative incidence',
  description: '',
  had: 'Have had it, of 100 patients',
  time: { years: 'Years', months: 'Months', days: 'Days' },
  atRisk: 'At risk',
  followUpEnds: 'follow-up ends',
}

/** Heights of the axis, so that rare causes have room to be seen. */
const scales = [
  { top: 0.1, step: 0.02 },
  { top: 0.25, step: 0.05 },
  { top: 0.5, step: 0.1 },
  { top: 0.75, step: 0.25 },
]

/**
 * Aalen-Johansen cumulative incidences of causes that compete, each with its band, and the numbers at risk under the
 * time axis. The shares add up: at any time the curves' sum is the share that has had any cause. Steps as estimated,
 * never smoothed.
 */
export const cumulativeIncidence = (
  data: CumulativeIncidenceData,
  options: FigureOptions<CumulativeIncidenceTexts> = {},
): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 640, locale = 'en' } = options
  const frame = timeFrameOf(data, { width, height: options.height, atRisk: texts.atRisk })
  const curves = data.causes.map(({ incidence, ...cause }) =>
    stepPoints({ ...cause, first: 0, values: incidence }, frame),
  )
  const most = Math.max(0, ...curves.flatMap((points) => points.map(({ high }) => high)))
  const { top, step } = scales.find((scale) => most <= scale.top) ?? { top: 1, step: 0.25 }
  const levels = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step)
  const { marginLeft, marginRight, end } = frame
  const legend = legendLayout(
    data.causes.map(({ label }, index) => {
      const { stroke, dash } = lookOf(index)
      return { label, stroke, dash, width: 2.5 }
    }),
    width,
    marginLeft,
  )
  const figure = draw(
    {
      ...{ width, height: frame.height, marginLeft, marginRight },
      marginTop: legend.height + 26,
      marginBottom: 76,
      x: { domain: [0, end], label: null },
      y: { domain: [0, top], label: null },
      marks: [
        ...timeAxes(frame, levels, locale),
        ...curves.flatMap((points, index) =>
          stepBand(points, { name: 'incidence', bandOpacity: 0.16, ...strokeOf(index) }),
        ),
        ...followUpEnd(frame, `${texts.followUpEnds} ${numberText(end, locale)}`),
        ...timeTitles(frame, {
          share: texts.had,
          time: texts.time[frame.axis],
          raised: textWidth(texts.had) + textWidth(texts.followUpEnds) + 60 > width,
        }),
        ...riskRow(frame, { atRisk: data.atRisk, words: texts.atRisk, locale }),
      ],
    },
    { name: 'cumulative-incidence', title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}
