-- How people prove who they are, and what they allowed. Secrets are here as SHA-256 only, passwords
-- as Argon2id, the seeds of one-time codes under a master key that is not in this database.
CREATE TABLE oauth.accounts (
  organisation_id uuid NOT NULL,
  id uuid PRIMARY KEY,
  person_id uuid NOT NULL,
  -- What is typed at log-in, folded to lower case; one on the server, whichever the organisation.
  name text NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 1 AND 200),
  -- What passkeys know an account by: it says nothing about anybody.
  handle bytea NOT NULL UNIQUE,
  password_hash text,
  totp_sealed text,
  totp_master text,
  -- The last step whose code was used: none before it is good again.
  totp_step bigint,
  made_at timestamptz NOT NULL,
  disabled_at timestamptz,
  UNIQUE (organisation_id, person_id)
);

CREATE TABLE oauth.passkeys (
  credential bytea PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES oauth.accounts ON DELETE CASCADE,
  public_key bytea NOT NULL,
  sign_count bigint NOT NULL,
  label text NOT NULL CHECK (char_length(label) BETWEEN 1 AND 100),
  made_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX passkeys_account_ix ON oauth.passkeys (account_id);

CREATE TABLE oauth.recovery_codes (
  account_id uuid NOT NULL REFERENCES oauth.accounts ON DELETE CASCADE,
  hash bytea NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (account_id, hash)
);

CREATE TABLE oauth.invitations (
  hash bytea PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES oauth.accounts ON DELETE CASCADE,
  -- Null: an operator.
  invited_by uuid,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX invitations_account_ix ON oauth.invitations (account_id);

CREATE TABLE oauth.sessions (
  id uuid PRIMARY KEY,
  hash bytea NOT NULL UNIQUE,
  organisation_id uuid NOT NULL,
  person_id uuid NOT NULL,
  -- Null: somebody whom the organisation's own identity provider vouches for.
  account_id uuid REFERENCES oauth.accounts ON DELETE CASCADE,
  methods text[] NOT NULL,
  -- May do nothing but set up a second step.
  unfinished boolean NOT NULL,
  browser text NOT NULL,
  -- The request of an application for which they signed in.
  signed_in_for bytea,
  signed_in_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_person_ix ON oauth.sessions (organisation_id, person_id);
CREATE INDEX sessions_expires_at_ix ON oauth.sessions (expires_at);

-- What a browser is in the middle of, before somebody is signed in or beside it.
CREATE TABLE oauth.visits (
  hash bytea PRIMARY KEY,
  doing text NOT NULL,
  account_id uuid REFERENCES oauth.accounts ON DELETE CASCADE,
  about jsonb NOT NULL DEFAULT '{}',
  tries integer NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL
);
CREATE INDEX visits_expires_at_ix ON oauth.visits (expires_at);

-- Browsers that signed in to an account before: nobody else can use up what they may try.
CREATE TABLE oauth.known_devices (
  hash bytea NOT NULL,
  account_id uuid NOT NULL REFERENCES oauth.accounts ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (hash, account_id)
);
CREATE INDEX known_devices_expires_at_ix ON oauth.known_devices (expires_at);

CREATE TABLE oauth.attempts (
  lane bytea PRIMARY KEY,
  failures integer NOT NULL,
  last_at timestamptz NOT NULL,
  opens_at timestamptz NOT NULL
);
CREATE INDEX attempts_last_at_ix ON oauth.attempts (last_at);

-- Whom an identity provider means by a `sub`: made beforehand by an operator, never by a log-in.
CREATE TABLE oauth.upstream_links (
  provider text NOT NULL,
  subject text NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 255),
  organisation_id uuid NOT NULL,
  person_id uuid NOT NULL,
  made_at timestamptz NOT NULL,
  PRIMARY KEY (provider, subject)
);
CREATE INDEX upstream_links_person_ix ON oauth.upstream_links (organisation_id, person_id);

-- What a person allowed an application, remembered until they take it back.
CREATE TABLE oauth.approvals (
  id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL,
  person_id uuid NOT NULL,
  client_id text NOT NULL REFERENCES oauth.clients ON DELETE CASCADE,
  scopes text[] NOT NULL,
  patient_id uuid,
  made_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX approvals_person_ix ON oauth.approvals (organisation_id, person_id, client_id);

DO $$
DECLARE found text;
BEGIN
  FOREACH found IN ARRAY ARRAY['accounts', 'passkeys', 'recovery_codes', 'invitations', 'sessions',
      'visits', 'known_devices', 'attempts', 'upstream_links', 'approvals'] LOOP
    found := 'oauth.' || quote_ident(found);
    EXECUTE 'ALTER TABLE ' || found || ' ENABLE ROW LEVEL SECURITY';
    EXECUTE 'ALTER TABLE ' || found || ' FORCE ROW LEVEL SECURITY';
    EXECUTE 'CREATE POLICY desk ON ' || found || ' TO alliance_oauth USING (true) WITH CHECK (true)';
    EXECUTE 'GRANT SELECT, INSERT, UPDATE, DELETE ON ' || found || ' TO alliance_oauth';
  END LOOP;
END $$;
