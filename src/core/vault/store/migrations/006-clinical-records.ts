import type { Migration } from './migration.ts'

export const clinicalRecords: Migration = {
  version: 6,
  title: 'Coded and written results, documents, and records of a person',
  sql: `
-- code: of a coded result as the file has it, system|code where it names the system (FHIR's token); value is its level.
-- text: of a result in words, which has no value.
ALTER TABLE observation ADD COLUMN code TEXT CHECK (code <> '');
ALTER TABLE observation ADD COLUMN text TEXT CHECK (text <> '' AND (text IS NULL OR value IS NULL));

-- Encounters of a batch, where not every record of its file is one; NULL: as many as were imported.
ALTER TABLE batch ADD COLUMN cases INTEGER;

-- That a file has a record of a person: FHIR Patient. What it says stands in patient.
CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  patient INTEGER NOT NULL REFERENCES patient,
  study INTEGER NOT NULL REFERENCES study,
  batch INTEGER NOT NULL REFERENCES batch,
  row INTEGER NOT NULL
) STRICT;
CREATE INDEX person_by_patient ON person (patient);
CREATE INDEX person_by_batch ON person (batch);

-- A letter, a report: FHIR DocumentReference.
CREATE TABLE clinical_document (
  id INTEGER PRIMARY KEY,
  patient INTEGER NOT NULL REFERENCES patient,
  study INTEGER NOT NULL REFERENCES study,
  batch INTEGER NOT NULL REFERENCES batch,
  row INTEGER NOT NULL,
  system TEXT,
  code TEXT,
  title TEXT NOT NULL CHECK (title <> ''),
  -- ISO 8601, also partial.
  date TEXT,
  media_type TEXT NOT NULL,
  content TEXT NOT NULL
) STRICT;
CREATE INDEX clinical_document_by_patient ON clinical_document (patient);
CREATE INDEX clinical_document_by_batch ON clinical_document (batch);
`,
}
