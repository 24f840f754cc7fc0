#!/usr/bin/env bash
# The OpenLineage client for Java, from Maven Central: `java.sh install` fetches it with what it needs at run time.
# stdout carries nothing but KEY=value lines, so that `eval "$(java.sh install)"` works.
set -euo pipefail

coordinate=io.openlineage:openlineage-java:1.54.0
root=${HEADWATER_SERVICES:-$HOME/.cache/headwater}/java-client
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

[[ ${1:-} == install ]] || { echo "usage: $(basename "$0") install" >&2; exit 2; }

# Two suites that want it at once must not both fetch it.
mkdir -p "$root"
exec 9>"$root/lock"
flock -w 600 9

# The stamp names the version: an unchanged one costs nothing, and a half-fetched folder has none.
if [[ ! -f $root/stamp || $(<"$root/stamp") != "$coordinate" ]]; then
  rm -rf "$root/jars" "$root/stamp"
  IFS=: read -r group artifact version <<<"$coordinate"
  cat >"$root/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>headwater</groupId><artifactId>java-client</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
POM
  mvn --batch-mode --quiet --file "$root/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$root/jars" -DincludeScope=runtime >&2
  echo "$coordinate" >"$root/stamp"
fi
echo "JAVA=$java"
echo "CLASSPATH=$root/jars/*"
