import { Table, Text } from '@mantine/core'
import { type KeyboardEvent, type PointerEvent, useCallback, useMemo, useRef, useState } from 'react'
import type { Survival } from '../../contract/predictions.ts'
import { axisFactor, axisUnitOf, type Figure, survivalAt, survivalCurve } from '../../figures/index.ts'
import { wordsOf } from '../language/formats.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { FigureBox } from '../parts/FigureBox.tsx'
import classes from '../parts/prediction/prediction.module.css'

const namespace = 'http://www.w3.org/2000/svg'

/** The patient's curve beside the cohort's; a crosshair, by pointer or arrow keys, reads both at a time. */
export const Curves = ({ survival, markRecorded }: { survival: Survival; markRecorded: boolean }) => {
  const { t } = useTranslation('survival')
  const formats = useFormats()
  const words = wordsOf(useLanguage())
  const { curve, cohort, followUp, timeUnit } = survival
  const axis = axisUnitOf(followUp, timeUnit)
  const factor = axisFactor(axis, timeUnit)
  const perYear = axisFactor('years', timeUnit)
  const end = followUp * factor

  const draw = useDraw(survival, markRecorded)
  const { at, ...interaction } = useCrosshair(axis, end)
  const readout = useMemo(() => {
    if (at === null) return null
    const time = at / factor
    const own = survivalAt(curve, time)
    const all = survivalAt(cohort, time)
    return t('readout', {
      time: words.duration(time * perYear),
      patient: words.withInterval({ value: own.survival, low: own.low, high: own.high }),
      cohort: words.withInterval({ value: all.survival, low: all.low, high: all.high }),
    })
  }, [at, factor, perYear, curve, cohort, words, t])

  return (
    <div>
      <FigureBox
        draw={draw}
        {...interaction}
        tabIndex={0}
        role="group"
        aria-label={t('figure.keys')}
        table={<Numbers survival={survival} />}
        below={
          <Text
            size="sm"
            className={`${classes.readout} tabular`}
            aria-live="polite"
            c={readout ? undefined : 'dimmed'}
          >
            {readout ?? t('readoutHint', { n: formats.integer(cohort.n), events: formats.integer(cohort.events) })}
          </Text>
        }
      />
    </div>
  )
}

/** Both curves as a figure. */
const useDraw = (survival: Survival, markRecorded: boolean) => {
  const { t } = useTranslation('survival')
  const text = useText()
  const language = useLanguage()
  const { curve, cohort, followUp, timeUnit, risks, recorded, competing } = survival
  const told = text(survival.event)
  return useCallback(
    (size: { width: number; document: Document }) => {
      const words = wordsOf(language)
      const event = words.quoted(told)
      // Whom a competing event took is spared the event, but need not be alive.
      const death = words.isDeath(told) && !competing
      const last = risks.at(-1)
      return survivalCurve(
        {
          timeUnit,
          patient: curve,
          cohort,
          followUp,
          horizons: risks.map((one) => one.time),
          recorded: markRecorded ? recorded : null,
        },
        {
          ...size,
          locale: language,
          texts: {
            title: t('figure.title', { event }),
            description: t('figure.description', {
              event,
              end: words.duration(followUp * axisFactor('years', timeUnit)),
              risk: last ? words.withInterval(last.risk) : '',
              cohort: last ? words.withInterval(last.cohortRisk) : '',
              time: last ? words.duration(last.years) : '',
            }),
            patient: t('figure.patient'),
            cohort: t('figure.cohort', { n: cohort.n }),
            free: death ? t('figure.alive') : t('figure.free', { event }),
            time: { years: t('figure.years'), months: t('figure.months'), days: t('figure.days') },
            atRisk: t('figure.atRisk'),
            followUpEnds: t('figure.followUpEnds'),
            few: t('figure.few'),
            recordedEvent: t('figure.recordedEvent'),
            recordedFollowUp: t('figure.recordedFollowUp'),
          },
        },
      )
    },
    [curve, cohort, followUp, timeUnit, risks, told, competing, recorded, markRecorded, language, t],
  )
}

/** A line over the figure that follows pointer and arrow keys. `at`: where it stands, in the unit of the axis. */
const useCrosshair = (axis: ReturnType<typeof axisUnitOf>, end: number) => {
  const figure = useRef<Figure | null>(null)
  const [at, setAt] = useState<number | null>(null)
  const mark = useCallback((time: number | null) => {
    setAt(time)
    const drawn = figure.current
    const x = drawn?.scale('x')
    const y = drawn?.scale('y')
    if (!drawn || !x || !y) return
    drawn.querySelector('.crosshair')?.remove()
    if (time === null) return
    const line = document.createElementNS(namespace, 'line')
    const [bottom, top] = [y.apply(0), y.apply(1)]
    for (const [name, value] of Object.entries({
      class: 'crosshair',
      x1: x.apply(time),
      x2: x.apply(time),
      y1: top,
      y2: bottom,
      stroke: 'var(--figure-ink)',
      'stroke-width': 1,
      'pointer-events': 'none',
    }))
      line.setAttribute(name, String(value))
    drawn.append(line)
  }, [])

  const onDrawn = useCallback((drawn: Figure | null) => {
    figure.current = drawn
  }, [])

  const onPointerMove = (move: PointerEvent<HTMLDivElement>) => {
    const drawn = figure.current
    const x = drawn?.scale('x')
    if (!drawn || !x?.invert) return
    const box = drawn.getBoundingClientRect()
    const scale = Number(drawn.getAttribute('width')) / box.width
    const time = Number(x.invert((move.clientX - box.left) * scale))
    mark(time < -end * 0.01 || time > end * 1.01 ? null : Math.min(end, Math.max(0, time)))
  }
  const onKeyDown = (press: KeyboardEvent<HTMLDivElement>) => {
    const small = axis === 'years' ? 1 / 12 : axis === 'months' ? 0.5 : 1
    const large = axis === 'years' ? 1 : axis === 'months' ? 6 : 10
    const by = press.shiftKey ? large : small
    const next: Record<string, number | null> = {
      ArrowRight: Math.min(end, (at ?? 0) + by),
      ArrowLeft: Math.max(0, (at ?? 0) - by),
      Home: 0,
      End: end,
      Escape: null,
    }
    if (!(press.key in next)) return
    press.preventDefault()
    mark(next[press.key] ?? null)
  }
  return { at, onDrawn, onPointerMove, onKeyDown, onPointerLeave: () => mark(null), onBlur: () => mark(null) }
}

/** The figure as a table, a row a year (or month), for screen readers and for reading off. */
const Numbers = ({ survival }: { survival: Survival }) => {
  const { t } = useTranslation('survival')
  const text = useText()
  const formats = useFormats()
  const words = wordsOf(useLanguage())
  const { curve, cohort, followUp, timeUnit } = survival
  const event = words.quoted(text(survival.event))
  const axis = axisUnitOf(followUp, timeUnit)
  const factor = axisFactor(axis, timeUnit)
  const perYear = axisFactor('years', timeUnit)
  const end = followUp * factor
  const step = axis === 'years' ? 1 : axis === 'months' ? 3 : Math.max(1, Math.round(end / 10))
  const times = Array.from({ length: Math.floor(end / step) }, (_, index) => ((index + 1) * step) / factor)
  return (
    <Table>
      <Table.Caption>{t('figure.title', { event })}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('table.time')}</Table.Th>
          <Table.Th>{t('table.patient', { event })}</Table.Th>
          <Table.Th>{t('table.cohort', { event })}</Table.Th>
          <Table.Th ta="right">{t('figure.atRisk')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {times.map((time) => {
          const own = survivalAt(curve, time)
          const all = survivalAt(cohort, time)
          const atRisk = cohort.atRisk.find((entry) => Math.abs(entry.time - time) <= time * 0.001)
          return (
            <Table.Tr key={time}>
              <Table.Th scope="row">{words.duration(time * perYear)}</Table.Th>
              <Table.Td>{words.withInterval({ value: own.survival, low: own.low, high: own.high })}</Table.Td>
              <Table.Td>{words.withInterval({ value: all.survival, low: all.low, high: all.high })}</Table.Td>
              <Table.Td ta="right">{atRisk ? formats.integer(atRisk.n) : ''}</Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}
