import type { Mapping, Preview } from '../../contract/intake.ts'

/** What has been settled so far about a file on its way in. */
export interface Draft {
  preview: Preview
  mapping: Mapping
  study: string
  saveMappingAs: string | null
}
