#!/bin/sh
# Makes the databases and their users, each with a password of its own, from
# TEMPORAL_DB_PASSWORD and ENGINE_DB_PASSWORD. The postgres image runs it when its volume is empty;
# `make cluster` runs it on its own server. Who connects is said by PGHOST, PGUSER and so on.
set -eu
PGUSER=${PGUSER:-${POSTGRES_USER:-postgres}}
export PGUSER

"${PSQL:-psql}" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres <<'SQL'
\getenv temporal_password TEMPORAL_DB_PASSWORD
\getenv engine_password ENGINE_DB_PASSWORD
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE ROLE fulfillment LOGIN PASSWORD :'engine_password';
CREATE DATABASE temporal OWNER temporal TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE temporal_visibility OWNER temporal TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE fulfillment OWNER fulfillment TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE temporal, temporal_visibility, fulfillment FROM PUBLIC;
SQL
