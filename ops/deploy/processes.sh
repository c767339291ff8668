#!/usr/bin/env bash
# processes.sh <start|stop|is-active> freshbytes-<unit>@<instance>: runs the units of this folder where there is no systemd.
# Of their settings it knows the folder, the environment, the command and whether it ends by itself.
set -uo pipefail

readonly root=${FRESHBYTES_ROOT:-/srv/freshbytes}
readonly settings=${FRESHBYTES_SETTINGS:-/etc/freshbytes}
readonly STOP_TIMEOUT_S=180 POLL_S=0.05

action=$1 unit=$2
template="$(dirname "${BASH_SOURCE[0]}")/${unit%%@*}@.service"
pid_file="$root/run/$unit.pid"

setting() {
  sed -n "s/^$1=//p" "$template" |
    sed -e "s|/srv/freshbytes|$root|g" -e "s|/etc/freshbytes|$settings|g" -e "s|%i|${unit#*@}|g"
}

# As systemd reads these files, less what it allows over several lines: NAME=value, in quotes or not, the last one wins.
read_environment() {
  local file line value
  while read -r file; do
    if [[ $file == -* && ! -e ${file#-} ]]; then continue; fi
    while read -r line || [[ -n $line ]]; do
      [[ $line == [[:alpha:]_]*=* ]] || continue
      value=${line#*=}
      if [[ $value == \"*\" || $value == \'*\' ]]; then value=${value:1:-1}; fi
      export "${line%%=*}=$value"
    done <"${file#-}" || return 1
  done < <(setting EnvironmentFile)
}

is_running() {
  # One that ended and that nobody asked after still has its number.
  [[ -s $pid_file && $(ps -o stat= -p "$(<"$pid_file")") == [^Z]* ]]
}

start() {
  local command
  mkdir -p "$root/run" "$root/log"
  read_environment || return 1
  read -ra command <<<"$(setting ExecStart)"
  cd "$(setting WorkingDirectory)" || return 1
  if [[ $(setting Type) == oneshot ]]; then
    "${command[@]}" >>"$root/log/$unit.log" 2>&1
    return
  fi
  is_running && return
  setsid "${command[@]}" </dev/null >>"$root/log/$unit.log" 2>&1 &
  echo $! >"$pid_file"
}

stop() {
  local deadline=$((SECONDS + STOP_TIMEOUT_S))
  is_running || return 0
  kill -TERM "$(<"$pid_file")"
  while is_running; do
    if ((SECONDS >= deadline)); then kill -KILL "$(<"$pid_file")"; fi
    sleep "$POLL_S"
  done
  rm -f "$pid_file"
}

case $action in
  start | stop) "$action" ;;
  is-active) is_running ;;
  *) exit 2 ;;
esac
