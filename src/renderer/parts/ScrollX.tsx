import { type ReactNode, useEffect, useRef, useState } from 'react'
import classes from './prediction/prediction.module.css'

/** Scrolls sideways where its content is wider; then, and only then, the keyboard can reach it to scroll. */
export const ScrollX = ({ children }: { children: ReactNode }) => {
  const box = useRef<HTMLDivElement>(null)
  const [scrolls, setScrolls] = useState(false)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setScrolls(element.scrollWidth > element.clientWidth + 1)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    for (const child of element.children) observer.observe(child)
    return () => observer.disconnect()
  }, [])
  return (
    <div ref={box} className={classes.scroll} tabIndex={scrolls ? 0 : undefined}>
      {children}
    </div>
  )
}
