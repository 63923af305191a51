import { Anchor, VisuallyHidden } from '@mantine/core'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import type { Figure } from '../../figures/index.ts'
import { useTranslation } from '../language/index.ts'
import classes from './FigureBox.module.css'

/**
 * Puts a figure on the page at the width there is, and its numbers beside it as a table: always there for screen
 * readers, shown to everyone on request.
 */
export const FigureBox = ({
  draw,
  table,
  below,
  maxWidth,
  onDrawn,
  ...interaction
}: {
  /** Makes the figure; a new function draws anew. */
  draw: (size: { width: number; document: Document }) => Figure
  table?: ReactNode
  /** Between the figure and its table. */
  below?: ReactNode
  maxWidth?: number
  onDrawn?: (figure: Figure | null) => void
} & Pick<
  React.HTMLAttributes<HTMLDivElement>,
  'onPointerMove' | 'onPointerLeave' | 'onKeyDown' | 'tabIndex' | 'role' | 'aria-label' | 'onBlur' | 'onFocus'
>) => {
  const { t } = useTranslation('prediction')
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [shown, setShown] = useState(false)

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setWidth(Math.floor(element.clientWidth))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  useLayoutEffect(() => {
    const element = box.current
    if (!element || width < 40) return
    const figure = draw({ width: Math.min(width, maxWidth ?? width), document })
    // The name stays as aria-label; a <title> would pop up as a tooltip over the whole figure.
    figure.querySelector(':scope > title')?.remove()
    element.replaceChildren(figure)
    onDrawn?.(figure)
    return () => onDrawn?.(null)
  }, [draw, width, maxWidth, onDrawn])

  return (
    <div>
      <div ref={box} className={classes.box} {...interaction} />
      {below}
      {table &&
        (shown ? (
          <div className={classes.alternative}>{table}</div>
        ) : (
          <VisuallyHidden component="div">{table}</VisuallyHidden>
        ))}
      {table && (
        <Anchor
          component="button"
          type="button"
          size="xs"
          className={classes.toggle}
          aria-expanded={shown}
          onClick={() => setShown(!shown)}
        >
          {shown ? t('figure.hideTable') : t('figure.showTable')}
        </Anchor>
      )}
    </div>
  )
}
