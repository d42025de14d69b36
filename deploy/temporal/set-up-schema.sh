#!/bin/sh
# Makes Temporal's tables, or updates them to the release at hand; nothing to do is done nothing.
# The schema service of docker-compose.yml runs it, and `make cluster`. Where the server is and who
# connects is said by SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu
: "${SCHEMA_DIR:=/etc/temporal/schema/postgresql/v12}"

for name in temporal visibility; do
    database=temporal
    if [ "$name" = visibility ]; then database=temporal_visibility; fi
    tool() { "${SQL_TOOL:-temporal-sql-tool}" --db "$database" "$@"; }
    tool setup-schema -v 0.0
    tool update-schema -d "$SCHEMA_DIR/$name/versioned"
done
