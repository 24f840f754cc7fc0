# shellcheck shell=bash
# What the scripts of real servers have in common. Source it after setting `name`, then define
#   install    fetch what is missing; quick when nothing is
#   configure  optional: write the configuration, before each launch
#   program    set the array `argv` to the program and its arguments
#   answers    succeed when the server answers a real request on "$port"
#   env_lines  print the KEY=value lines
#   backup     copy what it holds to the folder "$1"; restore puts that back, on a server that is stopped
# and end with: main "$@"
# stdout carries nothing but KEY=value lines, so that `eval "$(neo4j.sh start)"` works; all else goes to stderr.
# shellcheck disable=SC2154 # port and argv come from the script that sources this

root=$(realpath -m "${HEADWATER_SERVICES:-$HOME/.cache/headwater}")/$name
# A server for each port: suites on different ports share what is installed and nothing else.
data=$root/$port/data log=$root/$port/log pidfile=$root/$port/pid

say() { echo "$name: $*" >&2; }
fail() { say "$@"; exit 1; }

# One caller at a time: two suites that want the same server must not both launch it.
lock() {
  mkdir -p "$root/$port"
  exec 9>"$root/$port/lock"
  flock -w 900 9 || fail "another call has held $root/$port/lock for 15 minutes"
}

# Callers on other ports want the same.
install_once() (
  mkdir -p "$root"
  exec 8>"$root/lock"
  flock -w 900 8 || fail "another call has held $root/lock for 15 minutes"
  install
)

# A number alone may belong to another program by now. Ours is the one that works in our folder.
running() { [[ -s $pidfile && /proc/$(<"$pidfile")/cwd -ef $data ]]; }

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

# within SECONDS COMMAND…: succeeds as soon as the command does
within() {
  local deadline=$((SECONDS + $1))
  until "${@:2}"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

start() {
  # One that is only busy must not be stopped under another suite's feet.
  if running && within 30 answers; then env_lines; return; fi
  stop # deaf
  if port_taken; then fail "port $port belongs to another program: stop that, or choose another port"; fi
  install_once
  mkdir -p "$data"
  configure
  program
  # In a session of its own, so that a signal to the caller's group spares it; without our lock, or nobody could stop it.
  (cd "$data" && exec setsid "${argv[@]}") </dev/null >>"$log" 2>&1 9>&- &
  echo $! >"$pidfile"
  local deadline=$((SECONDS + ${START_TIMEOUT:-180}))
  until answers; do
    kill -0 $! 2>/dev/null || give_up "ended while it started"
    ((SECONDS < deadline)) || give_up "no answer in time"
    sleep 0.2
  done
  env_lines
}

give_up() { say "$*; the end of $log:"; tail -n 40 "$log" >&2 || true; stop; exit 1; }

stop() {
  [[ -s $pidfile ]] || return 0
  local pid
  pid=$(<"$pidfile")
  if running; then
    kill "$pid"
    if ! within 60 not_running; then
      say 'still there after a minute: killed'
      kill -9 "$pid"
    fi
  fi
  # One that was killed a moment ago keeps its locks until its number is free again.
  within 10 gone "$pid" || true
  rm -f "$pidfile"
}

# What a power cut leaves: nothing is said to the server.
crash() {
  running || fail "not running on port $port"
  local pid
  pid=$(<"$pidfile")
  kill -9 "$pid"
  within 10 gone "$pid" || true
  rm -f "$pidfile"
}

not_running() { ! running; }
gone() { ! kill -0 "$1" 2>/dev/null; }
configure() { :; }

main() {
  case "$*" in
    install) install_once ;;
    start) lock; start ;;
    'start --fresh') lock; stop; rm -rf "$data" "$log"; start ;;
    stop) lock; stop ;;
    crash) lock; crash ;;
    'backup '?*) lock; mkdir -p "$2"; backup "$2" ;;
    'restore '?*) lock; running && fail "stop it first"; restore "$2" ;;
    status) if running && answers; then env_lines; else fail "not running on port $port"; fi ;;
    *) echo "usage: $(basename "$0") install | start [--fresh] | stop | crash | status | backup FOLDER | restore FOLDER" >&2; exit 2 ;;
  esac
}
