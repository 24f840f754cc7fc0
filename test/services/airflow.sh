#!/usr/bin/env bash
# A real Apache Airflow, 3 or 2, as far as its REST API: no scheduler, so that what is triggered stays queued.
#   airflow.sh install | start [--fresh] | stop | status
# AIRFLOW_MAJOR chooses 3 (default) or 2, AIRFLOW_PORT the port. `start` waits for an answer and prints AIRFLOW_URL, AIRFLOW_USER
# and AIRFLOW_PASSWORD. Needs Python 3.10 to 3.12. The versions are those of airflow-3.txt and airflow-2.txt.
set -euo pipefail
major=${AIRFLOW_MAJOR:-3}
name=airflow-$major
port=${AIRFLOW_PORT:-1808$major}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/services/server.sh
. "$here/server.sh"

venv=$root/venv pins=$here/airflow-$major.txt
user=admin password=headwater

# The stamp is the list: an unchanged one costs nothing, and a half-made environment has none.
install() {
  cmp -s "$pins" "$venv/pins.txt" && return
  say "installing Airflow $major from PyPI"
  rm -rf "$venv"
  "${PYTHON:-python3}" -m venv "$venv" >&2
  # --no-deps: the list is complete, and what it doesn't name must not come in by itself.
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input --no-deps --prefer-binary --requirement "$pins" >&2
  cp "$pins" "$venv/pins.txt"
}

configure() {
  export AIRFLOW_HOME=$data NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
  export AIRFLOW__CORE__DAGS_FOLDER=$here/airflow-dags AIRFLOW__CORE__LOAD_EXAMPLES=False
  export AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION=False AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
  if [[ $major == 3 ]]; then
    export AIRFLOW__API__HOST=127.0.0.1 AIRFLOW__API__PORT=$port AIRFLOW__API__WORKERS=1
    export AIRFLOW__API__BASE_URL=http://127.0.0.1:$port
    export AIRFLOW__API_AUTH__JWT_SECRET=headwater-headwater-headwater-headwater-headwater-headwater-0001
    export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=$user:admin
    export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=$data/passwords.json
    echo "{\"$user\": \"$password\"}" >"$data/passwords.json"
  else
    export AIRFLOW__WEBSERVER__WEB_SERVER_HOST=127.0.0.1 AIRFLOW__WEBSERVER__WEB_SERVER_PORT=$port AIRFLOW__WEBSERVER__WORKERS=1
    export AIRFLOW__API__AUTH_BACKENDS=airflow.providers.fab.auth_manager.api.auth.backend.basic_auth
  fi
  airflow db migrate
  # What a scheduler or DAG processor does first.
  airflow dags reserialize
  [[ $major == 3 ]] || airflow users create -r Admin -u "$user" -p "$password" -f Head -l Water -e admin@headwater.test
}

airflow() { "$venv/bin/airflow" "$@" >>"$log" 2>&1 9>&- || give_up "airflow $1 $2 failed"; }

program() {
  if [[ $major == 3 ]]; then argv=("$venv/bin/airflow" api-server); else argv=("$venv/bin/airflow" webserver --workers 1); fi
}

answers() {
  if [[ $major == 3 ]]; then curl -sf -o /dev/null "http://127.0.0.1:$port/api/v2/version"
  else curl -sf -o /dev/null -u "$user:$password" "http://127.0.0.1:$port/api/v1/dags?limit=1"; fi
}

env_lines() {
  echo "AIRFLOW_URL=http://127.0.0.1:$port"
  echo "AIRFLOW_USER=$user"
  echo "AIRFLOW_PASSWORD=$password"
}

main "$@"
