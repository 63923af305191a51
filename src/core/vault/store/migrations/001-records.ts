import type { Migration } from './migration.ts'

export const records: Migration = {
  version: 1,
  title: 'Users, studies, cases, measurements, models, audit',
  sql: `
-- The vault itself --------------------------------------------------------------------------------------------------
CREATE TABLE vault (
  id TEXT PRIMARY KEY,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Next number of a kind of record. Numbers are never given twice, so a log entry means the same record for ever.
CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
  id TEXT PRIMARY KEY,
  display_name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('administrator', 'doctor', 'clerk', 'auditor')),
  created_at TEXT NOT NULL,
  disabled_at TEXT
) STRICT, WITHOUT ROWID;

-- user NULL: the whole vault's.
CREATE TABLE setting (
  user TEXT REFERENCES user ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value))
) STRICT;
CREATE UNIQUE INDEX setting_by_name ON setting (coalesce(user, ''), name);

-- Studies and their dictionaries -------------------------------------------------------------------------------------
CREATE TABLE study (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  title TEXT NOT NULL,
  source TEXT,
  created_at TEXT NOT NULL,
  created_by TEXT REFERENCES user,
  cases INTEGER NOT NULL DEFAULT 0,
  patients INTEGER NOT NULL DEFAULT 0
) STRICT;

-- document: the rest of the dictionary entry as JSON. Its levels only ever grow: records hold their index.
CREATE TABLE concept (
  id INTEGER PRIMARY KEY,
  study INTEGER NOT NULL REFERENCES study,
  position INTEGER NOT NULL,
  name TEXT NOT NULL CHECK (name <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('number', 'integer', 'boolean', 'category', 'date', 'text')),
  role TEXT NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document)),
  repeated INTEGER NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1)),
  UNIQUE (study, name)
) STRICT;
CREATE INDEX concept_repeated ON concept (repeated) WHERE repeated = 1;

-- The concepts of a packed record's fields, in order.
CREATE TABLE form (
  id INTEGER PRIMARY KEY,
  study INTEGER NOT NULL REFERENCES study,
  concepts TEXT NOT NULL CHECK (json_valid(concepts)),
  UNIQUE (study, concepts)
) STRICT;

-- Import -------------------------------------------------------------------------------------------------------------
CREATE TABLE batch (
  id INTEGER PRIMARY KEY,
  study INTEGER NOT NULL REFERENCES study,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  mapping TEXT NOT NULL CHECK (json_valid(mapping)),
  form INTEGER REFERENCES form,
  -- Cases of a batch have consecutive numbers: reading a study is reading ranges.
  first_encounter INTEGER,
  last_encounter INTEGER,
  rows INTEGER NOT NULL DEFAULT 0,
  imported INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  imported_at TEXT NOT NULL,
  imported_by TEXT REFERENCES user,
  finished_at TEXT,
  undone_at TEXT,
  undone_by TEXT REFERENCES user,
  CHECK (finished_at IS NULL OR imported + rejected = rows)
) STRICT;
CREATE INDEX batch_by_study ON batch (study);

CREATE TABLE rejected_row (
  batch INTEGER NOT NULL REFERENCES batch,
  sequence INTEGER NOT NULL,
  row INTEGER NOT NULL,
  line INTEGER NOT NULL,
  "column" TEXT,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  text TEXT,
  PRIMARY KEY (batch, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE mapping (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  -- Hash of the header the mapping was made for, so that it is found again for the next file of the kind.
  header TEXT NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document)),
  saved_at TEXT NOT NULL,
  saved_by TEXT REFERENCES user
) STRICT;
CREATE INDEX mapping_by_header ON mapping (header);

-- Patients -----------------------------------------------------------------------------------------------------------
CREATE TABLE patient (
  id INTEGER PRIMARY KEY,
  name TEXT,
  sex TEXT NOT NULL DEFAULT 'unknown' CHECK (sex IN ('female', 'male', 'other', 'unknown')),
  -- ISO 8601, also partial as FHIR allows: 1958, 1958-03, 1958-03-12.
  birth_date TEXT,
  -- The batch that created the patient.
  batch INTEGER REFERENCES batch
) STRICT;

CREATE TABLE identifier_system (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE patient_identifier (
  system INTEGER NOT NULL REFERENCES identifier_system,
  value TEXT NOT NULL CHECK (value <> ''),
  patient INTEGER NOT NULL REFERENCES patient ON DELETE CASCADE,
  PRIMARY KEY (system, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_identifier_by_patient ON patient_identifier (patient);

-- The worklist's search index, made from patient and patient_identifier alone (terms.ts). kind: 0 a rotation of name and
-- birth date, 1 an identifier. overlap: length of the longest prefix shared with an earlier term of the same patient, so
-- that a search by prefix counts every patient once.
CREATE TABLE patient_term (
  kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
  term TEXT NOT NULL,
  patient INTEGER NOT NULL,
  overlap INTEGER NOT NULL,
  PRIMARY KEY (kind, term, patient)
) STRICT, WITHOUT ROWID;

CREATE TABLE study_patient (
  study INTEGER NOT NULL REFERENCES study,
  patient INTEGER NOT NULL REFERENCES patient ON DELETE CASCADE,
  PRIMARY KEY (study, patient)
) STRICT, WITHOUT ROWID;
CREATE INDEX study_patient_by_patient ON study_patient (patient);

-- Clinical records ---------------------------------------------------------------------------------------------------
-- One case row: all its single observations in one packed, typed record (record.ts).
CREATE TABLE encounter (
  id INTEGER PRIMARY KEY,
  study INTEGER NOT NULL REFERENCES study,
  batch INTEGER NOT NULL REFERENCES batch,
  patient INTEGER NOT NULL REFERENCES patient,
  row INTEGER NOT NULL,
  date TEXT,
  record BLOB NOT NULL
) STRICT;
CREATE INDEX encounter_by_patient ON encounter (patient);

-- One repeated measurement. Clustered by concept, then patient: a concept is one range, a patient's series a short one.
-- That the patient exists is held by triggers: a foreign key would need a second index as big as the table.
CREATE TABLE observation (
  concept INTEGER NOT NULL REFERENCES concept,
  patient INTEGER NOT NULL,
  day REAL NOT NULL,
  batch INTEGER NOT NULL REFERENCES batch,
  row INTEGER NOT NULL,
  value REAL,
  raw TEXT,
  PRIMARY KEY (concept, patient, day, batch, row)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER observation_of_known_patient BEFORE INSERT ON observation
WHEN NOT EXISTS (SELECT 1 FROM patient WHERE id = NEW.patient)
BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed: observation.patient'); END;
CREATE TRIGGER observation_keeps_patient BEFORE UPDATE OF patient ON observation
BEGIN SELECT RAISE(ABORT, 'the patient of an observation cannot change'); END;
CREATE TRIGGER patient_with_observations BEFORE DELETE ON patient
WHEN EXISTS (
  SELECT 1 FROM concept c WHERE c.repeated = 1
  AND EXISTS (SELECT 1 FROM observation o WHERE o.concept = c.id AND o.patient = OLD.id))
BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed: patient has observations'); END;
CREATE TRIGGER concept_with_observations BEFORE UPDATE OF repeated ON concept
WHEN NEW.repeated = 0 AND EXISTS (SELECT 1 FROM observation WHERE concept = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the concept has observations'); END;

-- Day: days since the patient's first contact in the file, where it has no dates.
${['condition', 'procedure', 'medication', 'outcome']
  .map(
    (kind) => `
CREATE TABLE ${kind} (
  id INTEGER PRIMARY KEY,
  patient INTEGER NOT NULL REFERENCES patient,
  encounter INTEGER REFERENCES encounter ON DELETE SET NULL,
  study INTEGER NOT NULL REFERENCES study,
  batch INTEGER NOT NULL REFERENCES batch,
  row INTEGER NOT NULL,
  system TEXT,
  code TEXT,
  label TEXT NOT NULL,
  status TEXT,
  start_date TEXT,
  end_date TEXT,
  start_day REAL,
  end_day REAL,
  value REAL,
  unit TEXT,
  raw TEXT
) STRICT;
CREATE INDEX ${kind}_by_patient ON ${kind} (patient);
CREATE INDEX ${kind}_by_encounter ON ${kind} (encounter);
CREATE INDEX ${kind}_by_batch ON ${kind} (batch);`,
  )
  .join('\n')}

-- Where records and models came from: FHIR Provenance.
CREATE TABLE provenance (
  id INTEGER PRIMARY KEY,
  target TEXT NOT NULL,
  activity TEXT NOT NULL,
  agent TEXT REFERENCES user,
  recorded_at TEXT NOT NULL,
  source TEXT,
  sha256 TEXT,
  detail TEXT CHECK (detail IS NULL OR json_valid(detail))
) STRICT;
CREATE INDEX provenance_by_target ON provenance (target);

-- Models -------------------------------------------------------------------------------------------------------------
CREATE TABLE design (
  hash TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot (
  hash TEXT PRIMARY KEY,
  study INTEGER NOT NULL REFERENCES study,
  rows INTEGER NOT NULL,
  columns INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE snapshot_part (
  snapshot TEXT NOT NULL REFERENCES snapshot ON DELETE CASCADE,
  part INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (snapshot, part)
) STRICT;

CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  task TEXT NOT NULL,
  learner TEXT NOT NULL,
  study INTEGER NOT NULL REFERENCES study,
  target TEXT NOT NULL,
  hash TEXT NOT NULL,
  design TEXT NOT NULL REFERENCES design,
  snapshot TEXT NOT NULL REFERENCES snapshot,
  intended_use TEXT,
  approved_by TEXT REFERENCES user,
  approved_at TEXT,
  trained_at TEXT NOT NULL,
  trained_by TEXT REFERENCES user,
  removed_at TEXT,
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  artifact BLOB NOT NULL,
  -- Patient-level predictions and outcomes the views hold a new prediction against; in no export (core/study/reference.ts).
  reference BLOB NOT NULL,
  UNIQUE (name, version)
) STRICT;
CREATE INDEX model_by_snapshot ON model (snapshot);

CREATE TABLE evaluation (
  id INTEGER PRIMARY KEY,
  model INTEGER NOT NULL REFERENCES model,
  study INTEGER NOT NULL REFERENCES study,
  at TEXT NOT NULL,
  by TEXT REFERENCES user,
  document TEXT NOT NULL CHECK (json_valid(document))
) STRICT;
CREATE INDEX evaluation_by_model ON evaluation (model);

CREATE TABLE prediction (
  id TEXT PRIMARY KEY,
  patient INTEGER NOT NULL REFERENCES patient,
  encounter INTEGER REFERENCES encounter ON DELETE SET NULL,
  model INTEGER NOT NULL REFERENCES model,
  user TEXT REFERENCES user,
  at TEXT NOT NULL,
  inputs_hash TEXT NOT NULL,
  summary TEXT NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload))
) STRICT;
CREATE INDEX prediction_by_patient ON prediction (patient);
CREATE INDEX prediction_by_encounter ON prediction (encounter);
CREATE INDEX prediction_by_model ON prediction (model);

CREATE TABLE feedback (
  id INTEGER PRIMARY KEY,
  prediction TEXT NOT NULL REFERENCES prediction,
  outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'overridden', 'deferred')),
  reason TEXT,
  comment TEXT,
  user TEXT REFERENCES user,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX feedback_by_prediction ON feedback (prediction);

CREATE TABLE job (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  design TEXT REFERENCES design,
  user TEXT REFERENCES user,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  result TEXT CHECK (result IS NULL OR json_valid(result)),
  failure TEXT CHECK (failure IS NULL OR json_valid(failure))
) STRICT;

-- Audit --------------------------------------------------------------------------------------------------------------
-- actor is a user's id without a foreign key: an entry outlives everything it speaks of.
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  record TEXT,
  outcome TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_appends_only BEFORE INSERT ON audit
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM audit)
  OR NEW.previous IS NOT coalesce((SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1), '')
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever appended to'); END;
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever appended to'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever appended to'); END;
`,
}
