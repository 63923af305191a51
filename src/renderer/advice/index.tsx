import { Stack } from '@mantine/core'
import { Scores } from './Scores.tsx'
import { WhatIf } from './WhatIf.tsx'

/** Published scores computed from the patient's record, and what would change a model's prediction. */
export const AdviceView = ({ patient }: { patient: number }) => (
  <Stack gap="xl">
    <Scores key={`scores ${patient}`} patient={patient} />
    <WhatIf key={`whatIf ${patient}`} patient={patient} />
  </Stack>
)
