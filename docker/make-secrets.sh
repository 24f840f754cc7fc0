#!/bin/sh
# Passwords of Neo4j and Redis and the first key of the hub: made once, never written anywhere else.
set -eu
folder=${HEADWATER_SECRETS:?names the folder of the secrets}
app=$(dirname "$0")/..
umask 022 # the servers read them as users of their own, in a volume that nobody else has
random() { node -e 'process.stdout.write(require("node:crypto").randomBytes(24).toString("base64url"))'; }
# Written beside it and renamed: a start that was cut short leaves no half of one.
[ -s "$folder/neo4j-auth" ] || { printf 'neo4j/%s' "$(random)" >"$folder/part" && mv "$folder/part" "$folder/neo4j-auth"; }
[ -s "$folder/redis-password" ] || { random >"$folder/part" && mv "$folder/part" "$folder/redis-password"; }
if [ ! -s "$folder/admin-key" ]; then
  rm -f "$folder/keys.json"
  node "$app/bin/headwater.mjs" keys add first --scopes ingest,read,annotate,operate,admin --file "$folder/keys.json" | head -n 1 >"$folder/part"
  chmod 600 "$folder/part"
  mv "$folder/part" "$folder/admin-key"
fi
