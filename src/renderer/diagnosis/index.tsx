import { useQuery } from '@tanstack/react-query'
import { orpc } from '../api.ts'
import { Answer, askedOnce, type Head, PredictionPage } from '../parts/prediction/PredictionPage.tsx'
import { Ranked } from './Ranked.tsx'
import { Valued } from './Valued.tsx'

/** Ranked diagnoses (or a predicted value) for a patient, with their reasons and whether to believe them. */
export const DiagnosisView = ({ patient }: { patient: number }) => (
  <PredictionPage patient={patient} tasks={['diagnosis', 'regression']}>
    {({ model, task }, head) =>
      task === 'regression' ? (
        <Estimated key={model} patient={patient} model={model} head={head} />
      ) : (
        <Diagnosed key={model} patient={patient} model={model} head={head} />
      )
    }
  </PredictionPage>
)

interface Question {
  patient: number
  model: number
  head: Head
}

const Diagnosed = ({ patient, model, head }: Question) => {
  const query = useQuery(orpc.predictions.diagnose.queryOptions({ input: { patient, model }, ...askedOnce }))
  return (
    <Answer query={query} head={head}>
      {(diagnosis) => <Ranked diagnosis={diagnosis} />}
    </Answer>
  )
}

const Estimated = ({ patient, model, head }: Question) => {
  const query = useQuery(orpc.predictions.estimate.queryOptions({ input: { patient, model }, ...askedOnce }))
  return (
    <Answer query={query} head={head}>
      {(estimate) => <Valued estimate={estimate} />}
    </Answer>
  )
}
