import { Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useTranslation } from '../language/index.ts'
import classes from './View.module.css'

/**
 * The frame of a view: heading, a sentence below it, actions at its right. The heading takes the focus when the view
 * opens, so that a screen reader says where it is and Tab starts at the top.
 */
export const View = ({
  title,
  subtitle,
  actions,
  children,
  wide = false,
  fill = false,
}: {
  title: string
  subtitle?: ReactNode
  actions?: ReactNode
  children: ReactNode
  /** Tables use the whole width; text stays readable otherwise. */
  wide?: boolean
  /** Takes the height of the window; the content scrolls inside. */
  fill?: boolean
}) => {
  const heading = useRef<HTMLHeadingElement>(null)
  const id = useId()
  useEffect(() => {
    document.title = `${title} · Bedside`
    if (document.activeElement === document.body || document.activeElement === null)
      heading.current?.focus({ preventScroll: true })
  }, [title])
  return (
    <section className={classes.view} data-wide={wide || undefined} data-fill={fill || undefined} aria-labelledby={id}>
      <Group justify="space-between" align="flex-end" gap="sm" className={classes.head}>
        <div className={classes.titles}>
          <Title order={1} id={id} ref={heading} tabIndex={-1}>
            {title}
          </Title>
          {subtitle && (
            <Text c="dimmed" size="sm" component="div">
              {subtitle}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </section>
  )
}

/** What a view shows while it waits: blocks in the shape of what comes, and a word for screen readers. */
export const Waiting = ({ rows = 6, height = 20 }: { rows?: number; height?: number }) => {
  const { t } = useTranslation('shell')
  return (
    <Stack gap="xs" role="status" aria-label={t('loading')}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are alike and never move
        <Skeleton key={row} height={height} width={`${96 - ((row * 17) % 40)}%`} />
      ))}
    </Stack>
  )
}

/** Nothing here yet, why, and what to do about it. */
export const Empty = ({
  icon,
  title,
  children,
  actions,
  order = 2,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  actions?: ReactNode
  /** 1 where nothing else on the page has a heading. */
  order?: 1 | 2
}) => (
  <div className={classes.empty}>
    {icon && (
      <div className={classes.emptyIcon} aria-hidden>
        {icon}
      </div>
    )}
    <Title order={order} size="h2">
      {title}
    </Title>
    {children && (
      <Text c="dimmed" component="div" maw={520}>
        {children}
      </Text>
    )}
    {actions && (
      <Group gap="sm" justify="center" mt="xs">
        {actions}
      </Group>
    )}
  </div>
)
