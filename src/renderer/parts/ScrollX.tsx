import { type ReactNode, useEffect, useRef, useState } from 'react'
import classes from './ScrollX.module.css'

/** Scrolls sideways where its content is wider; then, and only then, the keyboard can reach it to scroll. */
export const ScrollX = ({ children }: { children: ReactNode }) => {
  const { ref, scrolls } = useScrolls<HTMLDivElement>()
  return (
    <div ref={ref} className={classes.scroll} tabIndex={scrolls ? 0 : undefined}>
      {children}
    </div>
  )
}

/** A named part of a page that scrolls in both directions as its style says, by keyboard as well. */
export const ScrollSection = ({
  label,
  className = classes.scroll,
  children,
}: {
  label: string
  className?: string | undefined
  children: ReactNode
}) => {
  const { ref, scrolls } = useScrolls<HTMLElement>()
  return (
    <section ref={ref} className={className} aria-label={label} tabIndex={scrolls ? 0 : undefined}>
      {children}
    </section>
  )
}

/** Whether an element is smaller than what it holds, as both change. */
const useScrolls = <Element extends HTMLElement>() => {
  const ref = useRef<Element>(null)
  const [scrolls, setScrolls] = useState(false)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const measure = () =>
      setScrolls(element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    for (const child of element.children) observer.observe(child)
    return () => observer.disconnect()
  }, [])
  return { ref, scrolls }
}
