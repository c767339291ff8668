# shellcheck shell=bash
# Takes every instance on this machine from one release to another, one at a time, and all of them back where a step
# fails. Sourced by deploy.sh and rollback.sh.

readonly root=${FRESHBYTES_ROOT:-/srv/freshbytes}
readonly service=${FRESHBYTES_SERVICE:-systemctl}
readonly proxy_url=${FRESHBYTES_PROXY_URL:-http://127.0.0.1:8000}
readonly proxy_stats_url=${FRESHBYTES_PROXY_STATS_URL:-http://127.0.0.1:8404}
readonly ready_timeout_s=${FRESHBYTES_READY_TIMEOUT_S:-60}
readonly watch_s=${FRESHBYTES_WATCH_S:-30}
readonly max_error_percent=${FRESHBYTES_MAX_ERROR_PERCENT:-1}
# The worker first: what the new API queues, the old worker may not know.
read -ra instances <<<"${FRESHBYTES_INSTANCES:-worker@8003 api@8001 api@8002}"

readonly EXIT_FAILED=1 EXIT_USAGE=2 EXIT_BUSY=3 EXIT_NOT_RESTORED=4
readonly POLL_S=0.1 REQUEST_TIMEOUT_S=5
# No client has this address (RFC 5737). The API believes it of this machine (TRUST_PROXY), and so counts what is asked
# here apart from whoever else comes from this machine.
readonly OWN_ADDRESS=192.0.2.1

# What must be put back where this ends early: "instance release", the last one changed first.
changed=()

# Goes on where nobody reads any more, such as after a lost connection.
log() {
  local line
  line="$(date -u +%FT%TZ) $*"
  printf '%s\n' "$line" >>"$root/deployments.log" || true
  printf '%s\n' "$line" || true
}

refuse() {
  log "$1"
  exit "${2:-$EXIT_USAGE}"
}

# Held until this process ends; instances that it starts do not inherit it.
take_lock() {
  exec {lock}>"$root/deploy.lock"
  flock --nonblock "$lock" || refuse 'another deployment is running' "$EXIT_BUSY"
}

control() { "$service" "$1" "freshbytes-$2" {lock}>&-; }

release_at() { basename "$(readlink "$1" || true)"; }

# Whoever reads the link meanwhile finds the one or the other.
point() {
  ln -sfn "$root/releases/$2" "$1.next" && mv -T "$1.next" "$1"
}

get() { curl --silent --max-time "$REQUEST_TIMEOUT_S" "$@"; }

wait_until() {
  local deadline=$((SECONDS + ready_timeout_s))
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep "$POLL_S"
  done
}

# Ready, or beyond hope.
is_decided() { serves "$@" || ! control is-active "$1" >/dev/null; }

serves() {
  local address="http://127.0.0.1:${1#*@}"
  get --fail --output /dev/null "$address/health/ready" &&
    get "$address/health" | grep --quiet --fixed-strings "\"version\":\"$2\""
}

# Asks the instance itself, because through the proxy another might answer. 503: too busy just now, as while it warms up.
is_decided_on_catalogue() {
  status=$(get --output /dev/null --write-out '%{http_code}' --header "X-Forwarded-For: $OWN_ADDRESS" \
    "http://127.0.0.1:${1#*@}/api/v1/products?page_size=1")
  [[ $status != 503 ]]
}

# Whether this release reads what customers see, as the role that it runs as. Readiness asks for less.
shows_catalogue() {
  local status
  wait_until is_decided_on_catalogue "$1"
  case $status in
    200) ;;
    # Requests are counted before the catalogue is read, so this shows nothing of it: no reason to go back.
    429) log "$1 has no requests left for $OWN_ADDRESS; its catalogue was not seen" ;;
    *)
      log "$1 answers $status for the catalogue"
      return 1
      ;;
  esac
}

# A figure of the proxy on one of its servers, or on BACKEND, all of them together. Fails where it has none.
proxy_figure() {
  get --fail "$proxy_stats_url/;csv" | awk -F, -v server="$1" -v figure="$2" '
    NR == 1 { sub(/^# /, ""); for (i = 1; i <= NF; i++) column[$i] = i }
    $1 == "api" && $2 == server { print $column[figure]; found = 1 }
    END { exit !found }'
}

is_behind_proxy() { [[ $1 == api@* ]]; }
# A server of the proxy is called as its instance, with the one character that it allows there.
has_traffic() { [[ $(proxy_figure "${1/@/-}" status) == UP* ]]; }

is_only_one_with_traffic() {
  local other
  has_traffic "$1" || return 1
  for other in "${instances[@]}"; do
    if is_behind_proxy "$other" && [[ $other != "$1" ]] && has_traffic "$other"; then return 1; fi
  done
}

# Says why where it fails.
replace() {
  local instance=$1 release=$2
  control stop "$instance" || { log "$instance did not stop"; return 1; }
  point "$root/instances/$instance" "$release" || return 1
  control start "$instance" || { log "$instance did not start"; return 1; }
  { wait_until is_decided "$instance" "$release" && serves "$instance" "$release"; } ||
    { log "$instance did not get ready with $release"; return 1; }
  if is_behind_proxy "$instance"; then
    shows_catalogue "$instance" || return 1
    wait_until has_traffic "$instance" || { log "the proxy does not take $instance back"; return 1; }
    get --fail --output /dev/null "$proxy_url/health/ready" || { log 'nothing answers behind the proxy'; return 1; }
  fi
  log "$instance runs $release"
}

# Puts back what was changed, and ends.
give_up() {
  # From here on nothing interrupts; a handler, unlike '', is not inherited by what is started.
  trap : HUP INT TERM PIPE
  log "failed: $1"
  local exit_code=$EXIT_FAILED entry instance release
  for entry in "${changed[@]}"; do
    read -r instance release <<<"$entry"
    if [[ -z $release ]]; then
      control stop "$instance" || true
      rm -f "$root/instances/$instance"
    elif ! replace "$instance" "$release"; then
      log "$instance could not be brought back to $release: see to it now"
      exit_code=$EXIT_NOT_RESTORED
    fi
  done
  if ((exit_code == EXIT_FAILED)); then log 'everything runs what it ran before'; fi
  exit "$exit_code"
}

# Answers of the last seconds show what no single request does.
watch_answers() {
  local requests errors requests_before errors_before
  requests_before=$(proxy_figure BACKEND req_tot) || return 1
  errors_before=$(proxy_figure BACKEND hrsp_5xx) || return 1
  sleep "$watch_s"
  requests=$(proxy_figure BACKEND req_tot) || return 1
  errors=$(proxy_figure BACKEND hrsp_5xx) || return 1
  requests=$((requests - requests_before)) errors=$((errors - errors_before))
  log "$errors of $requests answers in $watch_s s were errors of ours"
  ((errors * 100 <= requests * max_error_percent))
}

# roll <release>: onto every instance, or onto none
roll() {
  local release=$1 instance
  trap 'give_up "interrupted"' HUP INT TERM
  trap : PIPE
  for instance in "${instances[@]}"; do
    if is_behind_proxy "$instance" && is_only_one_with_traffic "$instance"; then
      give_up "$instance is the only one that gets traffic, and stays"
    fi
    changed=("$instance $(release_at "$root/instances/$instance")" "${changed[@]}")
    replace "$instance" "$release" || give_up "$instance could not be replaced"
  done
  watch_answers || give_up 'too many errors, or no word of the proxy'
  trap : HUP INT TERM
  # After a repeated deployment, a rollback still leads to another release.
  if [[ -e $root/current && $(release_at "$root/current") != "$release" ]]; then
    point "$root/previous" "$(release_at "$root/current")"
  fi
  point "$root/current" "$release"
  log "$release is deployed"
}

# require_release <name>: unpacked, whole, and of the version that its folder says
require_release() {
  [[ $1 =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || refuse "not a version: $1"
  local version
  version=$(node "$root/releases/$1/bin/freshbytes.js" --version) || refuse "$root/releases/$1 does not start"
  [[ $version == "$1" ]] || refuse "$root/releases/$1 is version $version"
}
