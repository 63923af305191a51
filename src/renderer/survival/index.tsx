import { useQuery } from '@tanstack/react-query'
import { orpc } from '../api.ts'
import { Answer, askedOnce, type Head, PredictionPage } from '../parts/prediction/PredictionPage.tsx'
import { Course } from './Course.tsx'

/** A patient's predicted survival beside the cohort's, with its reasons and whether to believe it. */
export const SurvivalView = ({ patient }: { patient: number }) => (
  <PredictionPage patient={patient} tasks={['survival']}>
    {({ model }, head) => <Predicted key={model} patient={patient} model={model} head={head} />}
  </PredictionPage>
)

const Predicted = ({ patient, model, head }: { patient: number; model: number; head: Head }) => {
  const query = useQuery(orpc.predictions.survive.queryOptions({ input: { patient, model }, ...askedOnce }))
  return (
    <Answer query={query} head={head}>
      {(survival) => <Course survival={survival} />}
    </Answer>
  )
}
