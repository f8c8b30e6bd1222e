-- Due-ness is decided by this function alone, so by the database's clock. A simulation replaces it.
CREATE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()';

-- Fencing tokens: whoever claims later holds the greater number.
CREATE SEQUENCE claims AS bigint;

CREATE TABLE feed_positions (
  name text PRIMARY KEY,
  cursor text NOT NULL,
  moved_at timestamptz NOT NULL DEFAULT now()
);

-- A reminder's id is made of what makes two reminders one (see domain/reminder.py): planned again, it
-- is the same row.
CREATE TABLE reminders (
  organisation_id text NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  case_id text NOT NULL,
  occasion text NOT NULL,
  anchor text NOT NULL,
  recipient text NOT NULL,
  label text NOT NULL,
  step integer NOT NULL,
  due_at timestamptz NOT NULL,
  -- When it may next be claimed: as planned, or later after an attempt that failed for the time being.
  not_before timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  stale_after interval NOT NULL,
  details jsonb NOT NULL,
  fact text NOT NULL,
  traceparent text,
  state text NOT NULL DEFAULT 'PLANNED',
  reason text,
  claim bigint NOT NULL DEFAULT 0,
  worker text,
  lease_until timestamptz,
  tries integer NOT NULL DEFAULT 0,
  planned_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  PRIMARY KEY (organisation_id, id),
  CONSTRAINT reminders_state
    CHECK (state IN ('PLANNED', 'CLAIMED', 'SENT', 'DROPPED', 'FAILED', 'DEAD')),
  CONSTRAINT reminders_lease CHECK ((state = 'CLAIMED') = (lease_until IS NOT NULL)),
  CONSTRAINT reminders_reason CHECK ((state IN ('DROPPED', 'DEAD')) = (reason IS NOT NULL)),
  CONSTRAINT reminders_settled CHECK ((state IN ('SENT', 'DROPPED', 'DEAD')) = (settled_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX reminders_due ON reminders (not_before) WHERE state IN ('PLANNED', 'FAILED');
CREATE INDEX reminders_leased ON reminders (lease_until) WHERE state = 'CLAIMED';
CREATE INDEX reminders_dead ON reminders (settled_at) WHERE state = 'DEAD';
CREATE INDEX reminders_sent ON reminders (organisation_id, recipient, settled_at)
  WHERE state = 'SENT';
CREATE INDEX reminders_recipient ON reminders (organisation_id, recipient);
CREATE INDEX reminders_case ON reminders (organisation_id, case_id);

-- The delivery ledger: one row for each claim that came to something. Nobody changes or removes one.
CREATE TABLE attempts (
  organisation_id text NOT NULL,
  reminder_id uuid NOT NULL,
  claim bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  worker text NOT NULL,
  channel text,
  outcome text NOT NULL,
  code text,
  receipt text,
  -- Told by a worker whose claim was no longer the last one: it is noted, and decides nothing.
  late boolean NOT NULL,
  PRIMARY KEY (organisation_id, reminder_id, claim),
  CONSTRAINT attempts_outcome CHECK (outcome IN ('SENT', 'FAILED', 'WAIT', 'DROPPED', 'DEAD'))
);
CREATE FUNCTION attempts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the delivery ledger is append-only' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER attempts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON attempts
  FOR EACH STATEMENT EXECUTE FUNCTION attempts_stay();

-- What facts said, the last of each type for each thing in a case: ids and instants.
CREATE TABLE marks (
  organisation_id text NOT NULL,
  case_id text NOT NULL,
  thing text NOT NULL,
  occasion text NOT NULL,
  type text NOT NULL,
  at timestamptz NOT NULL,
  fact text NOT NULL,
  extra jsonb NOT NULL,
  traceparent text,
  PRIMARY KEY (organisation_id, case_id, thing, occasion, type)
);
CREATE INDEX marks_occasion ON marks (organisation_id, occasion);

CREATE TABLE person_keys (
  organisation_id text NOT NULL,
  person_id text NOT NULL,
  master text NOT NULL,
  wrapped text NOT NULL,
  PRIMARY KEY (organisation_id, person_id)
);

CREATE TABLE contact_points (
  organisation_id text NOT NULL,
  id uuid NOT NULL,
  person_id text NOT NULL,
  channel text NOT NULL,
  address text NOT NULL,
  secrets text,
  state text NOT NULL DEFAULT 'UNVERIFIED',
  code_hash text,
  code_until timestamptz,
  code_tries integer NOT NULL DEFAULT 0,
  disabled_reason text,
  failing_since timestamptz,
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organisation_id, id),
  CONSTRAINT contact_points_state CHECK (state IN ('UNVERIFIED', 'VERIFIED', 'DISABLED')),
  CONSTRAINT contact_points_sealed CHECK (address LIKE 'sealed:1:%' AND secrets LIKE 'sealed:1:%')
);
CREATE INDEX contact_points_person ON contact_points (organisation_id, person_id);

CREATE TABLE preferences (
  organisation_id text NOT NULL,
  person_id text NOT NULL,
  chosen jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organisation_id, person_id)
);

GRANT USAGE ON SCHEMA public TO notifier;
GRANT USAGE ON SEQUENCE claims TO notifier;
GRANT SELECT, INSERT, UPDATE ON feed_positions TO notifier;
GRANT SELECT, INSERT, UPDATE, DELETE
  ON reminders, marks, person_keys, contact_points, preferences TO notifier;
GRANT SELECT, INSERT ON attempts TO notifier;
