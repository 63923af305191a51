import type { ReactNode } from 'react'
import classes from './Facts.module.css'

/** What there is to know of something, name by name. */
export const Facts = ({ children }: { children: ReactNode }) => <dl className={classes.facts}>{children}</dl>

export const Fact = ({
  name,
  className,
  children,
}: {
  name: string
  className?: string | undefined
  children: ReactNode
}) => (
  <>
    <dt>{name}</dt>
    <dd className={className}>{children}</dd>
  </>
)
