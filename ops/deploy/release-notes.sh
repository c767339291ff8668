#!/bin/sh
# release-notes.sh <version>: prints what CHANGELOG.md says of a version. Fails where it says nothing, and where the
# checkout is of another version.
set -eu

version=$1
[ "$(node -p "require('./package.json').version")" = "$version" ] || {
  echo "package.json is not of version $version" >&2
  exit 1
}
notes=$(awk -v heading="## [$version]" '
  /^## \[/ { inside = index($0, heading) == 1; next }
  inside' CHANGELOG.md)
[ -n "$(printf %s "$notes" | tr -d '[:space:]')" ] || {
  echo "CHANGELOG.md says nothing of $version" >&2
  exit 1
}
printf '%s\n' "$notes"
