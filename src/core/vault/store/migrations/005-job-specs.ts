import type { Migration } from './migration.ts'

export const jobSpecs: Migration = {
  version: 5,
  title: 'What each job is to do, kept with it',
  sql: `
-- spec: kind and input as JSON (core/jobs/specs.ts). Trainings of before have their design in its place.
ALTER TABLE job ADD COLUMN spec TEXT CHECK (spec IS NULL OR json_valid(spec));
`,
}
