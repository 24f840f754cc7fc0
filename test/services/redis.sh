#!/usr/bin/env bash
# Redis for tests: every write is on disk before it is answered, and nothing is ever evicted.
#   redis.sh install | start [--fresh] | stop | crash | status | backup FOLDER | restore FOLDER
# `start` waits for an answer and prints REDIS_URL=…; REDIS_PORT chooses the port, REDIS_FSYNC another appendfsync;
# with REDIS_TLS, a folder with private.key and public.crt, it speaks TLS too, 10000 ports above.
set -euo pipefail
name=redis
port=${REDIS_PORT:-6379}
# shellcheck source=test/services/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

install() {
  command -v redis-server >/dev/null && return
  command -v apt-get >/dev/null || fail 'no redis-server, and no apt-get to install it: install Redis 7 or newer'
  say 'installing redis-server with apt-get'
  local as_root=(env DEBIAN_FRONTEND=noninteractive)
  ((EUID == 0)) || as_root=(sudo "${as_root[@]}")
  # Debian starts a packaged server as soon as it is there, on the very port wanted here. This file is its way to say no.
  local policy=/usr/sbin/policy-rc.d made=
  if [[ ! -e $policy ]]; then
    made=1
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
  fi
  local failed=
  { "${as_root[@]}" apt-get -qq update &&
    "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends redis-server; } >&2 || failed=1
  [[ -z $made ]] || "${as_root[@]}" rm -f "$policy"
  [[ -z $failed ]] || fail 'apt-get could not install redis-server'
}

program() {
  argv=(redis-server --bind 127.0.0.1 --port "$port" --dir "$data" --appendonly yes
    --appendfsync "${REDIS_FSYNC:-always}" --save '' --maxmemory-policy noeviction)
  [[ -z ${REDIS_TLS:-} ]] || argv+=(--tls-port "$((port + 10000))" --tls-auth-clients no
    --tls-key-file "$REDIS_TLS/private.key" --tls-cert-file "$REDIS_TLS/public.crt")
}

# While Redis reads its log back it takes connections and answers LOADING.
answers() { [[ $(timeout 5 redis-cli -h 127.0.0.1 -p "$port" PING 2>/dev/null) == PONG ]]; }

# Redis's own way for its append-only files: no rewriting meanwhile, then a plain copy, while it runs.
backup() {
  cli CONFIG SET auto-aof-rewrite-percentage 0 >/dev/null
  within 60 not_rewriting || fail 'still rewriting its log after a minute'
  cp -r "$data/appendonlydir" "$1"
  cli CONFIG SET auto-aof-rewrite-percentage 100 >/dev/null
}
restore() {
  rm -rf "$data"
  mkdir -p "$data"
  cp -r "$1/appendonlydir" "$data"
}
cli() { timeout 5 redis-cli -h 127.0.0.1 -p "$port" "$@"; }
not_rewriting() { cli INFO persistence | grep -q '^aof_rewrite_in_progress:0'; }

env_lines() { echo "REDIS_URL=redis://127.0.0.1:$port"; }

main "$@"
