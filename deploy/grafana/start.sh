#!/bin/sh
# Starts Grafana with the password that was given; the grafana service of docker-compose.yml runs it.
# Grafana takes an empty password for none, and lets everybody in as admin with the password admin.
set -eu
if ! grep -q '[^[:space:]]' "$GF_SECURITY_ADMIN_PASSWORD__FILE"; then
    echo "expected GRAFANA_PASSWORD to be set, came nothing; make one, .env.example says how" >&2
    exit 1
fi
exec "$@"
