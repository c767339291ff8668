#!/usr/bin/env bash
# rollback.sh [version]: takes this machine back to the release before, or to the one that is named, as deploy.sh does it.
# The database keeps its migrations: they suit the release before them.
set -uo pipefail
# shellcheck source=rollout.sh
source "$(dirname "${BASH_SOURCE[0]}")/rollout.sh"

(($# <= 1)) || { echo 'usage: rollback.sh [version]' >&2; exit "$EXIT_USAGE"; }
take_lock
release=${1:-$(release_at "$root/previous")}
[[ -n $release ]] || refuse 'there is no release before this one'
require_release "$release"
log "rolling back to $release"
roll "$release"
