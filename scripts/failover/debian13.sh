#!/bin/sh
# Runs a command among the programs of Debian 13 on another Debian: it has Patroni 4, and they all come from one place.
#   scripts/failover/debian13.sh FOLDER node scripts/drill-failover.ts
# FOLDER is filled by debootstrap at the first call (900 MB, some minutes). Needs root. The machine's own programs and
# settings stay as they are; of its files the command sees this repository only.
set -eu
[ $# -ge 2 ] || { sed -n '2,5p' "$0"; exit 2; }
root=$(realpath -m "$1")
shift
repository=$(cd "$(dirname "$0")/../.." && pwd)

if ! [ -e "$root/.complete" ]; then
  command -v debootstrap >/dev/null || { echo 'debootstrap is missing: install it' >&2; exit 1; }
  # shellcheck disable=SC2016 # A pattern of apt-get's own.
  mirror=$(apt-get indextargets --format '$(SITE)' | grep -m1 'debian/*$')
  debootstrap --variant=minbase trixie "$root" "$mirror" /usr/share/debootstrap/scripts/sid
  # Nothing is started where it is only to be installed.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # In namespaces of their own, for the mounts to go when it ends.
  # shellcheck disable=SC2016 # Of the shell that is started here.
  unshare --mount --pid --fork --kill-child sh -ec '
    mount -t proc proc "$1/proc"
    chroot "$1" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive chroot "$1" apt-get install -qq --no-install-recommends \
      patroni python3-etcd python3-dnspython etcd-server haproxy pgbouncer redis-server redis-sentinel postgresql postgresql-client iproute2 >/dev/null
  ' sh "$root"
  touch "$root/.complete"
fi

export root repository
# shellcheck disable=SC2016 # Of the shell that is started here.
exec unshare --mount --pid --fork --kill-child sh -ec '
  # A root of its own, and not chroot: the drill makes namespaces within it.
  mount --bind "$root" "$root"
  mkdir -p "$root$repository" "$root/before"
  mount --bind "$repository" "$root$repository"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  cd "$root"
  pivot_root . before
  umount -l /before
  env -u TMPDIR -C "$repository" PATH="$repository/node_modules/.bin:/usr/sbin:/usr/bin:/sbin:/bin" "$@" &
  # The first process of its namespace: whoever loses a parent becomes its child, and is reaped.
  wait $!
' sh "$@"
