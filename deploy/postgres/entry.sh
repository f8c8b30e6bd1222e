#!/bin/sh
# The superuser's password comes from a file, and is in the environment of this container's first process only.
set -eu
POSTGRES_PASSWORD=$(cat /run/secrets/alliance/postgres.password)
export POSTGRES_PASSWORD
exec docker-entrypoint.sh "$@"
