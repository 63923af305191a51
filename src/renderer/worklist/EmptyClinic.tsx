import { Button, Paper, Text } from '@mantine/core'
import { IconBuildingHospital, IconDatabaseImport, IconFileImport } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { clinical } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useLanguage, useTranslation } from '../language/index.ts'
import { followJob, useJobs } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import { usePlace } from '../parts/place.tsx'
import { useMay } from '../parts/session.ts'
import { Empty } from '../parts/View.tsx'

/** A vault without patients: load the samples, or bring your own. */
export const EmptyClinic = () => {
  const { t } = useTranslation('worklist')
  const language = useLanguage()
  const place = usePlace()
  const mayLoad = useMay(clinical)
  const load = useMutation(orpc.samples.load.mutationOptions({ onSuccess: ({ job }) => void followJob(job) }))
  const jobs = useJobs()
  const loading = jobs.find((job) => job.kind === 'samples' && isActive(job))
  const ended = jobs.find((job) => job.job === load.data?.job && !isActive(job))
  const importing = jobs.find((job) => job.kind === 'import' && isActive(job))
  return (
    <Empty
      icon={<IconBuildingHospital size={34} />}
      title={t('empty.title')}
      actions={
        loading ? undefined : (
          <>
            {mayLoad && (
              <Button
                size="lg"
                leftSection={<IconDatabaseImport size={20} />}
                loading={load.isPending}
                onClick={() => load.mutate({ language })}
              >
                {t('empty.load')}
              </Button>
            )}
            <Button size="lg" variant="default" leftSection={<IconFileImport size={20} />} onClick={place.intake}>
              {t('empty.import')}
            </Button>
          </>
        )
      }
    >
      <Text component="p" m={0}>
        {mayLoad ? t('empty.what') : t('empty.whatClerk')}
      </Text>
      {[loading, importing]
        .filter((job) => job !== undefined)
        .map((job) => (
          <Paper key={job.job} p="md" mt="md" ta="left" w="min(460px, 88vw)">
            <JobProgress job={job} />
          </Paper>
        ))}
      {(load.isError || ended?.failure) && (
        <Paper mt="md" ta="left" withBorder={false} bg="transparent">
          <FailureAlert error={load.error ?? ended?.failure} focus />
        </Paper>
      )}
    </Empty>
  )
}
