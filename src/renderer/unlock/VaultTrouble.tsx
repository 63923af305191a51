import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { Entry } from './Entry.tsx'

/** The vault's file cannot be opened at all: damaged, no vault, from a newer version. */
export const VaultTrouble = ({ error, onRetry }: { error: unknown; onRetry: () => void }) => {
  const { t } = useTranslation('unlock')
  return (
    <Entry title={t('troubleTitle')}>
      <FailureAlert error={error} onRetry={onRetry} />
    </Entry>
  )
}
