import { Group, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { useTranslation } from '../language/index.ts'
import { Mark } from '../parts/Mark.tsx'
import { Switches } from '../parts/Switches.tsx'
import classes from './Entry.module.css'

/** The page in front of the app. */
export const Entry = ({ title, intro, children }: { title?: string; intro?: ReactNode; children: ReactNode }) => {
  const { t } = useTranslation('unlock')
  useEffect(() => {
    document.title = title ? `${title} · Bedside` : 'Bedside'
  }, [title])
  return (
    <div className={classes.page}>
      <header className={classes.bar}>
        <Group gap={10}>
          <Mark />
          <Text fw={680} size="lg">
            Bedside
          </Text>
        </Group>
        <Group gap={4}>
          <Switches keep={false} />
        </Group>
      </header>
      <main className={classes.main}>
        <div className={classes.card}>
          {title && (
            <Title order={1} mb={intro ? 6 : 'md'}>
              {title}
            </Title>
          )}
          {intro && (
            <Text c="dimmed" mb="lg" component="div">
              {intro}
            </Text>
          )}
          {children}
        </div>
      </main>
      <footer className={classes.foot}>{t('shell:decisionSupport')}</footer>
    </div>
  )
}
