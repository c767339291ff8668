#!/bin/sh
# Writes what encrypts pgBackRest's repositories, once: make-secrets.sh <folder>. Keep a copy of it where neither the
# database nor a repository is: without it no backup can be read. The keys of dumps are made by age-keygen.
set -eu
umask 077
folder=${1:?usage: make-secrets.sh <folder>}
mkdir -p "$folder/conf.d"
if [ -e "$folder/conf.d/secrets.conf" ]; then
  echo "$folder holds secrets already: with new ones, no earlier backup could be read" >&2
  exit 1
fi
{
  echo '[global]'
  echo "repo1-cipher-pass=$(openssl rand -base64 48 | tr -d '\n')"
  echo "repo2-cipher-pass=$(openssl rand -base64 48 | tr -d '\n')"
} > "$folder/conf.d/secrets.conf"
