import { useElementSize } from '@mantine/hooks'
import { isoDay } from '../../contract/days.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './Chart.module.css'
import type { Trend } from './record.ts'
import { scaleOf, ticksOf } from './scale.ts'

/** A measurement over time, with its reference range as a band; points outside it are filled. */
export const TrendPlot = ({ trend, large = false }: { trend: Trend; large?: boolean }) => {
  const { t } = useTranslation('chart')
  const formats = useFormats()
  const { ref, width: measured } = useElementSize<HTMLDivElement>()
  const width = measured || (large ? 560 : 240)
  const height = large ? 240 : 66
  const inset = large ? { left: 44, right: 12, top: 10, bottom: 26 } : { left: 4, right: 6, top: 8, bottom: 16 }
  const { points, concept } = trend
  const values = points.map((point) => point.value)
  const days = points.map((point) => point.day)
  const reference = concept?.reference ?? { low: null, high: null }
  // The band belongs in the picture only as far as it is near the values.
  const spread = Math.max(...values) - Math.min(...values) || Math.abs(values[0] ?? 1) * 0.2 || 1
  const near = [reference.low, reference.high].filter(
    (edge): edge is number =>
      edge !== null && edge > Math.min(...values) - spread && edge < Math.max(...values) + spread,
  )
  const low = Math.min(...values, ...near)
  const high = Math.max(...values, ...near)
  const x = scaleOf(Math.min(...days), Math.max(...days), inset.left, width - inset.right)
  const y = scaleOf(low, high, height - inset.bottom, inset.top)
  const clamp = (pixel: number) => Math.max(inset.top, Math.min(height - inset.bottom, pixel))
  const bandTop = reference.high === null ? inset.top : clamp(y(reference.high))
  const bandBottom = reference.low === null ? height - inset.bottom : clamp(y(reference.low))
  const when = (day: number) => (trend.dated ? formats.date(isoDay(day)) : t('trend.dayNumber', { day }))
  const outside = (value: number) =>
    (reference.low !== null && value < reference.low) || (reference.high !== null && value > reference.high)
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last) return null
  return (
    <div ref={ref}>
      <svg
        className={classes.plot}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t('trend.summary', {
          label: trend.label,
          count: points.length,
          from: when(first.day),
          to: when(last.day),
          first: formats.quantity(first.value, concept?.unit),
          last: formats.quantity(last.value, concept?.unit),
        })}
      >
        {(reference.low !== null || reference.high !== null) && bandBottom > bandTop && (
          <rect
            className={classes.band}
            x={inset.left}
            width={width - inset.left - inset.right}
            y={bandTop}
            height={bandBottom - bandTop}
          />
        )}
        {large &&
          ticksOf(low, high, 4).map((tick) => (
            <g key={tick}>
              <line className={classes.axis} x1={inset.left} x2={width - inset.right} y1={y(tick)} y2={y(tick)} />
              <text x={inset.left - 8} y={y(tick) + 4} textAnchor="end">
                {formats.number(tick)}
              </text>
            </g>
          ))}
        <polyline
          className={classes.line}
          points={points.map((point) => `${x(point.day)},${y(point.value)}`).join(' ')}
        />
        {(large || points.length <= 24) &&
          points.map((point, order) => (
            <circle
              // biome-ignore lint/suspicious/noArrayIndexKey: two values of one day are told apart by their order
              key={`${point.day} ${order}`}
              className={classes.dot}
              data-outside={outside(point.value) || undefined}
              cx={x(point.day)}
              cy={y(point.value)}
              r={large ? 3.5 : 2.4}
            >
              {large && <title>{`${when(point.day)}: ${formats.quantity(point.value, concept?.unit)}`}</title>}
            </circle>
          ))}
        <text x={inset.left} y={height - 3}>
          {when(first.day)}
        </text>
        <text x={width - inset.right} y={height - 3} textAnchor="end">
          {when(last.day)}
        </text>
      </svg>
    </div>
  )
}
