import { NativeSelect, Switch } from '@mantine/core'
import { type CsvDialect, type Dialect, encodings } from '../../contract/intake.ts'
import { useTranslation } from '../language/index.ts'
import classes from './Intake.module.css'

/**
 * How the file is written, to be set where it was guessed wrong. A format of which there is nothing to set has no
 * fields.
 */
export const DialectFields = ({ dialect, onChange }: { dialect: Dialect; onChange: (dialect: Dialect) => void }) =>
  dialect.format === 'csv' ? <CsvFields dialect={dialect} onChange={onChange} /> : null

const CsvFields = ({ dialect, onChange }: { dialect: CsvDialect; onChange: (dialect: CsvDialect) => void }) => {
  const { t } = useTranslation('intake')
  return (
    <div className={classes.fields}>
      <NativeSelect
        label={t('dialect.encoding')}
        data={encodings.map((each) => ({ value: each, label: t(`encodings.${each}`) }))}
        value={dialect.encoding}
        onChange={(event) => onChange({ ...dialect, encoding: event.currentTarget.value as CsvDialect['encoding'] })}
      />
      <NativeSelect
        label={t('dialect.delimiter')}
        data={[
          { value: ',', label: t('delimiters.comma') },
          { value: ';', label: t('delimiters.semicolon') },
          { value: '\t', label: t('delimiters.tab') },
          { value: '|', label: t('delimiters.bar') },
        ]}
        value={dialect.delimiter}
        onChange={(event) => onChange({ ...dialect, delimiter: event.currentTarget.value as CsvDialect['delimiter'] })}
      />
      <NativeSelect
        label={t('dialect.decimal')}
        data={[
          { value: '.', label: t('decimals.point') },
          { value: ',', label: t('decimals.comma') },
        ]}
        value={dialect.decimal}
        onChange={(event) => onChange({ ...dialect, decimal: event.currentTarget.value as CsvDialect['decimal'] })}
      />
      <NativeSelect
        label={t('dialect.quote')}
        data={[
          { value: '"', label: t('quotes.double') },
          { value: "'", label: t('quotes.single') },
        ]}
        value={dialect.quote}
        onChange={(event) => onChange({ ...dialect, quote: event.currentTarget.value as CsvDialect['quote'] })}
      />
      <Switch
        mt={28}
        label={t('dialect.header')}
        checked={dialect.header}
        onChange={(event) => onChange({ ...dialect, header: event.currentTarget.checked })}
      />
    </div>
  )
}
