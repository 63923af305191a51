import { Stack } from '@mantine/core'
import classes from './audit.module.css'
import { Checkpoints } from './Checkpoints.tsx'
import { SigningKey } from './SigningKey.tsx'
import { Verification } from './Verification.tsx'

/** Whether the log is whole, and what an auditor takes along to prove it later. */
export const Proof = () => (
  <Stack gap="md">
    <Verification />
    <div className={classes.halves}>
      <Checkpoints />
      <SigningKey />
    </div>
  </Stack>
)
