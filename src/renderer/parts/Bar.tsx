import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './Bar.module.css'

/** A share of 0 to 1 as a bar, with what it stands for beside it; a share above zero is never too thin to be seen. */
export const Bar = ({
  share,
  tone,
  dimmed = false,
  children,
}: {
  share: number
  tone?: 'missing'
  dimmed?: boolean
  children: ReactNode
}) => (
  <div className={classes.bar}>
    <div className={classes.track} aria-hidden>
      {share > 0 && <div className={classes.fill} data-tone={tone} style={{ width: `max(3px, ${100 * share}%)` }} />}
    </div>
    <Text size="xs" className="tabular" c={dimmed ? 'dimmed' : undefined}>
      {children}
    </Text>
  </div>
)
