-- The roles of the alliance database. Run once per server by a superuser (`alliance migrate` does it
-- when it may); set a password for alliance_api yourself. Safe to run again.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alliance_owner') THEN
    CREATE ROLE alliance_owner NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alliance_engine') THEN
    CREATE ROLE alliance_engine NOLOGIN NOINHERIT;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alliance_keeper') THEN
    CREATE ROLE alliance_keeper NOLOGIN NOINHERIT;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alliance_recompute') THEN
    CREATE ROLE alliance_recompute NOLOGIN NOINHERIT;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alliance_oauth') THEN
    CREATE ROLE alliance_oauth NOLOGIN NOINHERIT;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alliance_api') THEN
    CREATE ROLE alliance_api LOGIN NOINHERIT;
  END IF;
END $$;
-- The API may become the engine inside a use case, and has none of its rights before.
GRANT alliance_engine TO alliance_api WITH INHERIT FALSE, SET TRUE;
-- The same for the authorization server's own tables, which hold nothing clinical.
GRANT alliance_oauth TO alliance_api WITH INHERIT FALSE, SET TRUE;
ALTER ROLE alliance_api SET timezone = 'UTC';
ALTER ROLE alliance_api SET intervalstyle = 'iso_8601';
ALTER ROLE alliance_api SET extra_float_digits = 1;
ALTER ROLE alliance_api SET statement_timeout = '5s';
ALTER ROLE alliance_api SET lock_timeout = '2s';
ALTER ROLE alliance_api SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE alliance_api SET jit = off;
-- A statement is compiled for its shape, so one plan serves all its values.
ALTER ROLE alliance_api SET plan_cache_mode = force_generic_plan;
-- Statements may hold what people said: they never reach the server's log.
ALTER ROLE alliance_api SET log_min_error_statement = panic;
ALTER ROLE alliance_api SET log_parameter_max_length = 0;
ALTER ROLE alliance_api SET log_parameter_max_length_on_error = 0;
ALTER ROLE alliance_api SET log_min_duration_statement = -1;
ALTER ROLE alliance_api SET log_statement = 'none';
