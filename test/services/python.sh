#!/usr/bin/env bash
# The OpenLineage client for Python, from PyPI: `python.sh install` makes a virtual environment with exactly the versions
# of python-client.txt. stdout carries nothing but KEY=value lines, so that `eval "$(python.sh install)"` works.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${HEADWATER_SERVICES:-$HOME/.cache/headwater}/python-client
pins=$here/python-client.txt

[[ ${1:-} == install ]] || { echo "usage: $(basename "$0") install" >&2; exit 2; }

# Two suites that want it at once must not both make it.
mkdir -p "$root"
exec 9>"$root/lock"
flock -w 600 9

# The stamp is the list: an unchanged one costs nothing, and a half-made environment has none.
if ! cmp -s "$pins" "$root/venv/pins.txt"; then
  rm -rf "$root/venv"
  "${PYTHON:-python3}" -m venv "$root/venv" >&2
  # --no-deps: the list is complete, and what it doesn't name must not come in by itself.
  "$root/venv/bin/pip" install --quiet --disable-pip-version-check --no-input --no-deps --requirement "$pins" >&2
  cp "$pins" "$root/venv/pins.txt"
fi
echo "PYTHON=$root/venv/bin/python"
