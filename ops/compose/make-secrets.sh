#!/bin/sh
# Writes the secrets of compose.yaml, each into a file of its own: make-secrets.sh [folder]. What exists is kept, so that
# a second run only adds what a new version needs. Real keys of others (SMS, pager) are to be put in by hand.
set -eu
folder=${1:-$(dirname "$0")/secrets}
umask 022
# `more` is for those that few need, such as sentry_dsn: docs/deployment.md.
mkdir -p "$folder/more"
# Nobody else may enter the folder. The files in it are readable, because the accounts in the containers are others.
chmod 700 "$folder"

# keep <name> <value>: unless there is one already
keep() { [ -s "$folder/$1" ] || printf '%s\n' "$2" > "$folder/$1"; }
random() { openssl rand -hex 24; }
read_back() { cat "$folder/$1"; }

for name in postgres_password owner_password app_password redis_password metrics_token grafana_password; do
  keep "$name" "$(random)"
done
keep database_owner_url "postgres://freshbytes_owner:$(read_back owner_password)@postgres:5432/freshbytes"
keep database_app_url "postgres://freshbytes_app:$(read_back app_password)@postgres:5432/freshbytes"
keep redis_url "redis://:$(read_back redis_password)@valkey:6379"
# The health check asks without a password, and may ask nothing else.
keep valkey_acl "user default on >$(read_back redis_password) ~* &* +@all
user health on nopass resetkeys resetchannels -@all +ping"
keep app_secret "$(openssl rand -base64 48 | tr -d '\n')"
keep jwt_private_keys "$(openssl genpkey -algorithm ed25519 -outform DER | openssl base64 -A)"
# Backups are encrypted for the public half; whoever verifies and restores needs the other one.
if command -v age-keygen > /dev/null; then
  keep backup_identity "$(age-keygen 2> /dev/null)"
  keep backup.env "BACKUP_RECIPIENTS=$(age-keygen -y "$folder/backup_identity")"
else
  echo 'No age-keygen (package age), so no keys for backups: install it and run this again.' >&2
fi
keep smtp_url 'smtp://mail:1025'
# Of compose.s3.yaml: Garage's keys have this form.
keep s3_access_key_id "GK$(openssl rand -hex 12)"
keep s3_secret_access_key "$(openssl rand -hex 32)"
keep garage.env "GARAGE_RPC_SECRET=$(openssl rand -hex 32)
GARAGE_DEFAULT_ACCESS_KEY=$(read_back s3_access_key_id)
GARAGE_DEFAULT_SECRET_KEY=$(read_back s3_secret_access_key)
GARAGE_DEFAULT_BUCKET=freshbytes-uploads"

# Signed by nobody: browsers warn until a real certificate, its chain and its key take the place of this file.
if ! [ -s "$folder/certificate.pem" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$folder/certificate.key" -out "$folder/certificate.crt" 2> /dev/null
  cat "$folder/certificate.crt" "$folder/certificate.key" > "$folder/certificate.pem"
  rm "$folder/certificate.crt" "$folder/certificate.key"
fi
for name in semaphore_api_key smtp_password pager_token heartbeat_token; do
  keep "$name" "put-the-real-$name-here"
done
find "$folder" -type f ! -name .gitignore -exec chmod 444 {} +
