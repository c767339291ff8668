#!/usr/bin/env bash
# deploy.sh <version>: migrates, then takes this machine to a release that was unpacked, instance by instance under
# traffic. Where anything fails, all instances run again what they ran, and the exit code is 1; docs/releasing.md has the rest.
set -uo pipefail
# shellcheck source=rollout.sh
source "$(dirname "${BASH_SOURCE[0]}")/rollout.sh"

(($# == 1)) || { echo 'usage: deploy.sh <version>' >&2; exit "$EXIT_USAGE"; }
mkdir -p "$root/instances" || exit "$EXIT_USAGE"
take_lock
require_release "$1"
log "deploying $1"
# Migrations only add, and grant what they add, so the release that runs goes on meanwhile, and stays where a later step
# fails.
control start "migrate@$1" || refuse "the migrations of $1 failed; everything runs what it ran before" "$EXIT_FAILED"
roll "$1"
