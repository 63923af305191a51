import { Alert, Button, Stack, Text, TextInput } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { faultless, NewPassphraseFields, useNewPassphrase } from '../parts/NewPassphrase.tsx'
import { signedIn } from '../parts/session.ts'
import { Entry } from './Entry.tsx'

/** Opens the vault with the code of a recovery kit and sets a new passphrase. */
export const Recover = ({ onBack }: { onBack: () => void }) => {
  const { t } = useTranslation('unlock')
  const [code, setCode] = useState('')
  const [tried, setTried] = useState(false)
  const next = useNewPassphrase([])
  const recover = useMutation(orpc.vault.recover.mutationOptions({ onSuccess: signedIn }))
  const faults = { code: code.trim() === '' ? t('recover.codeMissing') : null, ...next.faults }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    if (faultless(event.currentTarget, faults) && !recover.isPending)
      recover.mutate({ code, passphrase: next.passphrase })
  }
  return (
    <Entry title={t('recover.title')} intro={t('recover.intro')}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            name="code"
            label={t('recover.code')}
            description={t('recover.codeHelp')}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            error={tried ? faults.code : null}
            autoFocus
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            disabled={recover.isPending}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          />
          <NewPassphraseFields
            state={next}
            tried={tried}
            disabled={recover.isPending}
            label={t('recover.newPassphrase')}
          />
          <Alert color="amber">
            <Text size="sm">{t('recover.once')}</Text>
          </Alert>
          {recover.isError && <FailureAlert error={recover.error} focus />}
          <Button type="submit" size="md" loading={recover.isPending} leftSection={<IconKey size={18} />}>
            {t('recover.do')}
          </Button>
          <Button variant="subtle" onClick={onBack} disabled={recover.isPending}>
            {t('recover.back')}
          </Button>
        </Stack>
      </form>
    </Entry>
  )
}
