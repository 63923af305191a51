import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import i18next from 'i18next'
import { useEffect } from 'react'
import type { Job } from '../../../contract/jobs.ts'
import { client, orpc, queryClient } from '../../api.ts'
import { sentenceOf } from '../../errors/failure.ts'
import { isActive, withJob } from './list.ts'

const listKey = () => orpc.jobs.list.queryKey()
const followed = new Set<string>()

/**
 * Follows a job until it ends; its progress lands in the list that `useJobs` and `useJob` read. What the job changed is
 * fetched anew when it is done.
 */
export const followJob = async (id: string): Promise<void> => {
  if (followed.has(id)) return
  followed.add(id)
  let last: Job | undefined
  try {
    for await (const job of await client.jobs.watch({ job: id })) {
      // The patients of the sample clinic are there before its models are: nobody has to wait for those.
      if (job.kind === 'samples' && job.stage !== last?.stage && last !== undefined) void refresh(changedBy.samples())
      last = job
      queryClient.setQueryData(listKey(), (jobs: Job[] | undefined) => withJob(jobs ?? [], job))
    }
  } catch {
    // The stream broke, not the job: the list says what became of it.
  } finally {
    followed.delete(id)
  }
  if (last && !isActive(last)) await ended(last)
  else await queryClient.invalidateQueries({ queryKey: listKey() })
}

const changedBy: Record<Job['kind'], () => readonly (readonly unknown[])[]> = {
  validate: () => [],
  rekey: () => [orpc.users.key()],
  train: () => [orpc.models.key(), orpc.predictions.models.key()],
  evaluate: () => [orpc.models.evaluations.key()],
  editTerms: () => [orpc.models.key(), orpc.predictions.models.key()],
  import: () => [orpc.patients.key(), orpc.studies.key(), orpc.intake.batches.key(), orpc.intake.mappings.key()],
  samples: () => [
    orpc.patients.key(),
    orpc.studies.key(),
    orpc.samples.key(),
    orpc.intake.batches.key(),
    orpc.models.key(),
    orpc.predictions.models.key(),
  ],
  backup: () => [orpc.backup.key()],
  verifyBackup: () => [],
}

const refresh = (keys: readonly (readonly unknown[])[]) =>
  Promise.all(keys.map((queryKey) => queryClient.invalidateQueries({ queryKey })))

const ended = async (job: Job) => {
  await refresh(changedBy[job.kind]())
  const quiet = job.state === 'cancelled' || job.state === 'interrupted'
  if (job.kind === 'validate' || quiet || shownInPlace.has(job.job)) return
  const failed = job.state === 'failed'
  notifications.show({
    color: failed ? 'brick' : 'moss',
    title: i18next.t(failed ? 'jobs:ended.failed' : 'jobs:ended.done', { title: titleOf(job) }),
    message: job.failure ? sentenceOf(job.failure, i18next.t, i18next.language) : '',
    autoClose: failed ? false : 6000,
    closeButtonProps: { 'aria-label': i18next.t('shell:close') },
  })
}

/** The job's kind in the language of the app, and what it works on as the core named it. */
export const titleOf = (job: Job): string =>
  i18next.t(`jobs:kinds.${job.kind}`, { title: job.title, defaultValue: job.title })

/**
 * Jobs that run, wait, were interrupted or ended lately, newest first, followed while they run. Mount `useFollowJobs`
 * once, in the shell.
 */
export const useJobs = (): Job[] => useQuery(orpc.jobs.list.queryOptions()).data ?? []

export const useJob = (id: string | null | undefined): Job | undefined => useJobs().find((job) => job.job === id)

const shownInPlace = new Set<string>()

/**
 * As `useJob`, for a view that itself shows how the job ended: while it is open, no notice covers it to say the same.
 */
export const useJobInPlace = (id: string | null): Job | undefined => {
  useEffect(() => {
    if (id === null) return
    shownInPlace.add(id)
    return () => {
      shownInPlace.delete(id)
    }
  }, [id])
  return useJob(id)
}

export const useFollowJobs = (enabled: boolean): void => {
  const { data } = useQuery(orpc.jobs.list.queryOptions({ enabled, refetchInterval: 15_000 }))
  useEffect(() => {
    for (const job of data ?? []) if (isActive(job)) void followJob(job.job)
  }, [data])
}
