#!/usr/bin/env bash
# Neo4j Community for tests, where no Docker is: Maven Central has its jars (not its distribution), and the server's main
# class runs on their class path. Bolt on loopback, no HTTP, no authentication, small memory; NEO4J_READ_ONLY=true: nobody can
# write; NEO4J_TX_MEMORY: what all transactions may take, 10m at least; NEO4J_TLS: a folder with private.key and public.crt,
# and it speaks TLS too.
#   neo4j.sh install | start [--fresh] | stop | crash | status | backup FOLDER | restore FOLDER
# `start` installs what is missing, waits for an answer to a query and prints NEO4J_URI=…; NEO4J_PORT chooses the port.
set -euo pipefail
version=5.26.30
name=neo4j
port=${NEO4J_PORT:-7687}
# shellcheck source=test/services/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

jars=$root/jars-$version
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

install() {
  local major
  major=$("$java" --version 2>/dev/null | sed -n '1s/^[^0-9]*\([0-9]*\).*/\1/p') || true
  ((${major:-0} >= 17)) || fail "needs Java 17 or 21, found ${major:-none}: install it or set JAVA_HOME"
  [[ -d $jars ]] && return
  command -v mvn >/dev/null || fail 'needs Maven to fetch its jars: install it and put mvn on the PATH'
  say "fetching $version with Maven"
  rm -rf "$jars.part"
  mkdir -p "$jars.part"
  cat >"$jars.part/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>headwater</groupId><artifactId>neo4j-server</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
POM
  # A download that stalls is given up after a minute (half an hour is Maven's default); -U tries again what failed before.
  mvn --batch-mode --quiet -U -Dmaven.wagon.rto=60000 -Dmaven.wagon.http.retryHandler.count=3 \
    --file "$jars.part/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$jars.part" >&2 || fail 'Maven could not fetch it'
  mv "$jars.part" "$jars" # only now: what was cut short must not pass for installed
}

configure() {
  mkdir -p "$data/conf"
  cat >"$data/conf/neo4j.conf" <<CONF
server.bolt.listen_address=127.0.0.1:$port
server.bolt.advertised_address=127.0.0.1:$port
server.http.enabled=false
server.https.enabled=false
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
server.memory.heap.initial_size=128m
server.memory.heap.max_size=${NEO4J_HEAP:-512m}
server.memory.pagecache.size=${NEO4J_PAGECACHE:-256m}
# The default keeps two days of transaction logs, up to 2 GB: a suite would fill a small disk.
db.tx_log.rotation.retention_policy=1 files
server.databases.default_to_read_only=${NEO4J_READ_ONLY:-false}
# Without this each stop takes 10 s: Bolt waits for connections that might still come.
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
CONF
  [[ -z ${NEO4J_TX_MEMORY:-} ]] || echo "db.memory.transaction.total.max=$NEO4J_TX_MEMORY" >>"$data/conf/neo4j.conf"
  [[ -z ${NEO4J_TLS:-} ]] || cat >>"$data/conf/neo4j.conf" <<CONF
server.bolt.tls_level=OPTIONAL
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory=$NEO4J_TLS
dbms.ssl.policy.bolt.private_key=private.key
dbms.ssl.policy.bolt.public_certificate=public.crt
CONF
}

# The heap is said twice: the main class, unlike Neo4j's launcher, doesn't take it from neo4j.conf. Without the opened
# packages the server runs, but slower: no direct buffers, no preallocated logs.
program() {
  argv=("$java" -Xms128m -Xmx"${NEO4J_HEAP:-512m}" -XX:+UseG1GC
    --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED
    --add-opens=java.base/sun.nio.ch=ALL-UNNAMED
    -cp "$jars/*" org.neo4j.server.CommunityEntryPoint --home-dir="$data" --config-dir="$data/conf" --console-mode)
}

# A query in Bolt 4.4, the version with the fewest messages: HELLO, RUN and PULL, each a chunk with its length before it and
# 0 0 after it. The port opens before the database is up; "up" comes once it is. HELLO waits for the answer to the
# handshake: the server forgets what arrives together with that. GOODBYE at the end, or the server logs an aborted
# connection.
answers() (
  exec 3<>"/dev/tcp/127.0.0.1/$port" || exit
  printf '\x60\x60\xb0\x17\0\0\4\4\0\0\0\0\0\0\0\0\0\0\0\0' >&3
  [[ $(timeout 5 head -c 4 <&3 | od -An -tx1) == ' 00 00 04 04' ]] || exit
  printf '\0\x24\xb1\x01\xa2\x8auser_agent\x89headwater\x86scheme\x84none\0\0' >&3
  printf '\0\x12\xb3\x10\x8dRETURN '\''up\\n'\''\xa0\xa0\0\0' >&3
  printf '\0\x06\xb1\x3f\xa1\x81n\xff\0\0' >&3
  while read -r -t 5 -u 3 line; do
    [[ $line == *up ]] || continue
    printf '\0\x02\xb0\x02\0\0' >&3
    timeout 5 cat <&3 >/dev/null
    exit
  done
  exit 1
) 2>/dev/null

# What `neo4j-admin` runs. Community copies and replaces a database that nobody uses, and no other.
admin() { NEO4J_HOME=$data NEO4J_CONF=$data/conf "$java" -cp "$jars/*" org.neo4j.cli.AdminTool "$@" >&2; }
backup() {
  running && fail 'stop it first: Community dumps a database that is stopped'
  admin database dump neo4j --to-path="$1" --overwrite-destination=true
}
restore() {
  install_once
  mkdir -p "$data"
  configure
  admin database load neo4j --from-path="$1" --overwrite-destination=true
}

env_lines() { echo "NEO4J_URI=bolt://127.0.0.1:$port"; }

main "$@"
