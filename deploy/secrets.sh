#!/bin/sh
# Makes the secrets that docker-compose.yml and compose.cluster.yml want, in a file (Default: .env) that only its owner can read:
#   deploy/secrets.sh [FILE]
# What stands in the file already stays, so it can be run again.
set -eu
umask 077
file=${1:-.env}
touch "$file"
chmod 600 "$file"

# make NAME ENCODING: 32 random bytes. Passwords stand in URLs, and so are hexadecimal.
make() {
  if grep -q "^$1=." "$file"; then
    echo "$1 stays as it is"
    return
  fi
  value=$(openssl rand "$2" 32)
  # A last line without its end would swallow the next one.
  [ -z "$(tail -c 1 "$file")" ] || echo >> "$file"
  printf '%s=%s\n' "$1" "$value" >> "$file"
  echo "$1 is made"
}

make POSTGRES_PASSWORD -hex
make EVENT_STORE_PASSWORD -hex
make JWT_SECRET -base64
make ENCRYPTION_KEY -base64
echo "Keep a copy of ENCRYPTION_KEY apart from the backups: without it no backup can be used."
