#!/bin/sh
# `headwater serve` with the passwords that make-secrets.sh made.
set -eu
folder=${HEADWATER_SECRETS:?names the folder of the secrets}
NEO4J_PASSWORD=$(cut -d/ -f2 "$folder/neo4j-auth")
REDIS_URL="redis://:$(cat "$folder/redis-password")@$REDIS_HOST:$REDIS_PORT"
export NEO4J_PASSWORD REDIS_URL
unset HEADWATER_SECRETS
exec node "$(dirname "$0")/../bin/headwater.mjs" serve
