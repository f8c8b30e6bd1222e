-- The authorization server's tables. Secrets, codes and tokens are here as SHA-256 only.
CREATE TABLE oauth.clients (
  id text PRIMARY KEY CHECK (char_length(id) BETWEEN 1 AND 200),
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  -- Null: for people of every organisation.
  organisation_id uuid,
  -- As whom a client without people acts.
  person_id uuid,
  application text NOT NULL CHECK (application IN ('web', 'native', 'system')),
  method text NOT NULL CHECK (method IN ('none', 'private_key_jwt', 'client_secret_basic')),
  profile text NOT NULL CHECK (profile IN ('SMART', 'FAPI2')),
  grants text[] NOT NULL,
  redirect_uris text[] NOT NULL DEFAULT '{}',
  scopes text[] NOT NULL,
  dpop boolean NOT NULL DEFAULT false,
  jwks jsonb,
  jwks_uri text,
  secret_hash bytea,
  old_secret_hash bytea,
  old_secret_until timestamptz,
  launch_url text,
  made_at timestamptz NOT NULL,
  made_by text NOT NULL,
  revoked_at timestamptz,
  CHECK (application <> 'system' OR (organisation_id IS NOT NULL AND person_id IS NOT NULL)),
  CHECK (method <> 'client_secret_basic' OR secret_hash IS NOT NULL),
  CHECK (method <> 'private_key_jwt' OR (jwks IS NULL) <> (jwks_uri IS NULL))
);

-- An authorization request: pushed (RFC 9126), or waiting for its person.
CREATE TABLE oauth.requests (
  hash bytea PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('PUSHED', 'ASKED', 'DEVICE')),
  client_id text NOT NULL REFERENCES oauth.clients ON DELETE CASCADE,
  organisation_id uuid,
  issuer text NOT NULL,
  redirect_uri text NOT NULL,
  scopes text[] NOT NULL,
  state text,
  nonce text,
  challenge text,
  jkt text,
  resource text[] NOT NULL DEFAULT '{}',
  launch_hash bytea,
  launch jsonb NOT NULL DEFAULT '{}',
  prompt text[] NOT NULL DEFAULT '{}',
  max_age integer,
  login_hint text,
  device_hash bytea,
  expires_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX requests_expires_at_ix ON oauth.requests (expires_at);

-- What a person (or an organisation, for a client without people) gave a client. Every token of it
-- names it, so that revoking it ends them all.
CREATE TABLE oauth.grants (
  id uuid PRIMARY KEY,
  client_id text NOT NULL REFERENCES oauth.clients ON DELETE CASCADE,
  organisation_id uuid NOT NULL,
  person_id uuid NOT NULL,
  session_id uuid,
  scopes text[] NOT NULL,
  patient_id uuid,
  context jsonb NOT NULL DEFAULT '{}',
  fhir_user text,
  signed_in_at timestamptz,
  methods text[] NOT NULL DEFAULT '{}',
  resource text[] NOT NULL DEFAULT '{}',
  jkt text,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_why text
);
CREATE INDEX grants_person_ix ON oauth.grants (organisation_id, person_id);
CREATE INDEX grants_session_ix ON oauth.grants (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX grants_client_ix ON oauth.grants (client_id);
CREATE INDEX grants_revoked_ix ON oauth.grants (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX grants_expires_at_ix ON oauth.grants (expires_at);

CREATE TABLE oauth.codes (
  hash bytea PRIMARY KEY,
  grant_id uuid NOT NULL REFERENCES oauth.grants ON DELETE CASCADE,
  client_id text NOT NULL,
  redirect_uri text NOT NULL,
  challenge text NOT NULL,
  nonce text,
  jkt text,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX codes_grant_id_ix ON oauth.codes (grant_id);

-- `seed` is set when a token is spent: with the token itself (which is not here) it makes the
-- successor again, so that an honest retry gets the same one.
CREATE TABLE oauth.refresh_tokens (
  hash bytea PRIMARY KEY,
  grant_id uuid NOT NULL REFERENCES oauth.grants ON DELETE CASCADE,
  generation integer NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  seed bytea,
  successor bytea
);
CREATE INDEX refresh_tokens_grant_id_ix ON oauth.refresh_tokens (grant_id);

CREATE TABLE oauth.devices (
  hash bytea PRIMARY KEY,
  user_code_hash bytea NOT NULL UNIQUE,
  client_id text NOT NULL REFERENCES oauth.clients ON DELETE CASCADE,
  scopes text[] NOT NULL,
  resource text[] NOT NULL DEFAULT '{}',
  jkt text,
  seconds integer NOT NULL,
  polled_at timestamptz,
  expires_at timestamptz NOT NULL,
  grant_id uuid REFERENCES oauth.grants ON DELETE CASCADE,
  denied_at timestamptz,
  used_at timestamptz
);
CREATE INDEX devices_expires_at_ix ON oauth.devices (expires_at);

-- What may be used once only, by anybody, on any replica: `jti` of assertions and proofs.
CREATE TABLE oauth.once (
  hash bytea PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX once_expires_at_ix ON oauth.once (expires_at);

-- How often something was tried in a stretch of time.
CREATE TABLE oauth.counters (
  hash bytea NOT NULL,
  since timestamptz NOT NULL,
  count integer NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (hash, since)
);
CREATE INDEX counters_expires_at_ix ON oauth.counters (expires_at);

CREATE TABLE oauth.launches (
  hash bytea PRIMARY KEY,
  client_id text NOT NULL REFERENCES oauth.clients ON DELETE CASCADE,
  organisation_id uuid NOT NULL,
  made_by text NOT NULL,
  context jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX launches_expires_at_ix ON oauth.launches (expires_at);

-- Private halves are sealed under a key of their own, which a master key wraps.
CREATE TABLE oauth.signing_keys (
  kid text PRIMARY KEY,
  algorithm text NOT NULL CHECK (algorithm IN ('ES256', 'RS256')),
  public jsonb NOT NULL,
  wrapped text NOT NULL,
  master text NOT NULL,
  sealed text NOT NULL,
  made_at timestamptz NOT NULL,
  signs_from timestamptz NOT NULL,
  signs_until timestamptz,
  gone_at timestamptz
);
