#!/bin/sh
# Runs once, when the cluster is made: two databases, each with a role that owns nothing. Migrations do the rest.
set -eu
secrets=/run/secrets/alliance
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
  -v api="$(cat $secrets/alliance_api.password)" -v notifier="$(cat $secrets/notifier.password)" <<'SQL'
CREATE ROLE alliance_api LOGIN NOINHERIT PASSWORD :'api';
CREATE ROLE notifier LOGIN NOINHERIT PASSWORD :'notifier';
CREATE DATABASE alliance;
CREATE DATABASE notifier;
REVOKE ALL ON DATABASE alliance, notifier FROM PUBLIC;
GRANT CONNECT ON DATABASE alliance TO alliance_api;
GRANT CONNECT ON DATABASE notifier TO notifier;
SQL
