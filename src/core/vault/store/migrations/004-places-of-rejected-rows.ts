import type { Migration } from './migration.ts'

export const placesOfRejectedRows: Migration = {
  version: 4,
  title: 'Rejected rows by their place in files of any format',
  sql: `
-- place: contract/intake.ts, PlaceSchema.
CREATE TABLE rejected_row_now (
  batch INTEGER NOT NULL REFERENCES batch,
  sequence INTEGER NOT NULL,
  row INTEGER NOT NULL,
  place TEXT NOT NULL CHECK (json_valid(place)),
  "column" TEXT,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  text TEXT,
  PRIMARY KEY (batch, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO rejected_row_now (batch, sequence, row, place, "column", code, message, text)
  SELECT batch, sequence, row, json_object('kind', 'line', 'line', line), "column", code, message, text FROM rejected_row;
DROP TABLE rejected_row;
ALTER TABLE rejected_row_now RENAME TO rejected_row;
`,
}
