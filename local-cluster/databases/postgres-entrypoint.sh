#!/bin/sh
set -eu
case ${1-} in "" | -*) set -- postgres "$@" ;; esac
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
	: "${POSTGRES_PASSWORD:?is required for the first start}"
	mkdir -p "$PGDATA"
	chmod 700 "$PGDATA"
	password=$(mktemp)
	echo "$POSTGRES_PASSWORD" >"$password"
	initdb --pgdata="$PGDATA" --username=postgres --pwfile="$password" --auth=scram-sha-256 --auth-local=trust
	rm "$password"
	echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
fi
exec "$@"
