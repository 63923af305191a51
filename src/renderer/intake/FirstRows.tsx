import { memo } from 'react'
import type { Preview } from '../../contract/intake.ts'
import { useTranslation } from '../language/index.ts'
import { ScrollSection } from '../parts/ScrollX.tsx'
import classes from './Intake.module.css'

/** The first rows as they are read with this dialect: wrong encodings and delimiters show at a glance. */
export const FirstRows = memo(({ preview, missing }: { preview: Preview; missing: readonly string[] }) => {
  const { t } = useTranslation('intake')
  return (
    <ScrollSection className={classes.rows} label={t('firstRows')}>
      <table>
        <thead>
          <tr>
            {preview.columns.map((column) => (
              <th key={column.name} scope="col">
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file are known by their place
            <tr key={at}>
              {row.map((text, column) => (
                <td
                  key={preview.columns[column]?.name ?? column}
                  className={missing.includes(text) ? classes.empty : undefined}
                >
                  {text === '' ? '·' : text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollSection>
  )
})
