import { TextInput } from '@mantine/core'
import { LoginSchema } from '../../contract/vault.ts'
import { useTranslation } from '../language/index.ts'

export const loginFault = (login: string): boolean => !LoginSchema.safeParse(login).success

/** The name to sign in with: the one word about a person that is not encrypted, which the help says. */
export const LoginField = ({
  value,
  onChange,
  error,
  disabled,
  optional = false,
}: {
  value: string
  onChange: (value: string) => void
  error: string | null
  disabled: boolean
  optional?: boolean
}) => {
  const { t } = useTranslation('settings')
  return (
    <TextInput
      name="login"
      label={optional ? t('login.labelOptional') : t('login.label')}
      description={t('login.help')}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      autoComplete="off"
      spellCheck={false}
      maxLength={64}
      disabled={disabled}
    />
  )
}
