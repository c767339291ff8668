#!/bin/sh
# Brings what runs from compose.yaml to the version that is checked out while the API goes on answering: migrations, then
# the API processes one by one, each new one ready before an old one is told to stop, then the rest.
#   ops/compose/update.sh
set -eu
cd "$(dirname "$0")/../.."

# How often the proxy looks for new processes and at their health, twice.
proxy_notices_s=4

old=$(docker compose ps --quiet api)
# shellcheck disable=SC2086 # ids have no blanks
count=$(set -- $old && echo $#)

docker compose build migrate
docker compose run --rm --no-deps migrate

for container in $old; do
  docker compose up --detach --wait --no-deps --no-recreate --scale "api=$((count + 1))" api
  sleep "$proxy_notices_s"
  docker stop "$container" > /dev/null
  docker rm "$container" > /dev/null
done
docker compose up --detach --wait --scale "api=$count"
