-- The roles of the notifier's database. Run by a superuser (`python -m notifier migrate` does it when it
-- may); set a password for notifier yourself. Safe to run again.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'notifier_owner') THEN
    CREATE ROLE notifier_owner NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'notifier') THEN
    CREATE ROLE notifier LOGIN NOINHERIT;
  END IF;
END $$;
ALTER ROLE notifier SET timezone = 'UTC';
ALTER ROLE notifier SET statement_timeout = '15s';
ALTER ROLE notifier SET lock_timeout = '5s';
ALTER ROLE notifier SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE notifier SET jit = off;
-- Addresses are sealed, but whom something is for is nobody's business either.
ALTER ROLE notifier SET log_min_error_statement = panic;
ALTER ROLE notifier SET log_parameter_max_length = 0;
ALTER ROLE notifier SET log_parameter_max_length_on_error = 0;
ALTER ROLE notifier SET log_min_duration_statement = -1;
ALTER ROLE notifier SET log_statement = 'none';
