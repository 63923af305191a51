import { TextInput } from '@mantine/core'
import { useTranslation } from '../../language/index.ts'

/** A folder of the computer that Bedside runs on, which is not always the one in front of whoever types. */
export const FolderField = ({
  label,
  description,
  value,
  onChange,
  error = null,
  disabled = false,
  name,
}: {
  label: string
  description?: string
  value: string
  onChange: (value: string) => void
  error?: string | null
  disabled?: boolean
  name: string
}) => {
  const { t } = useTranslation('backups')
  return (
    <TextInput
      name={name}
      label={label}
      description={description ?? t('folderHelp')}
      placeholder={t('folderExample')}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      disabled={disabled}
      maxLength={4096}
      autoComplete="off"
      spellCheck={false}
    />
  )
}
