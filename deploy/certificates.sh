#!/bin/sh
# Makes the certificates of the EventStoreDB cluster: a private authority of its own, and one certificate per node.
# Runs before the nodes at each `up`. What is there and stays valid is left alone; the rest is made anew.
#
#   certificates.sh FOLDER OWNER NODE...
#
# FOLDER/authority/ca.key    signs nodes; nothing but this script sees it
# FOLDER/trust/ca.crt        what clients and nodes trust
# FOLDER/NODE/node.crt, .key what a node shows; the key is for the user OWNER (a number) alone
set -eu
umask 022

folder=$1
owner=$2
shift 2

days_authority=3650
# Longer than a machine goes without an `up`, one hopes; renewed in its last 90 days.
days_node=825
renew_seconds=7776000

authority_key=$folder/authority/ca.key
authority_certificate=$folder/trust/ca.crt

make_key() {
  rm -f "$1"
  (umask 077 && openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$1")
}

stays_valid() {
  openssl x509 -in "$1" -noout -checkend "$renew_seconds" >/dev/null 2>&1
}

if ! { [ -s "$authority_key" ] && stays_valid "$authority_certificate"; }; then
  mkdir -p "$folder/authority" "$folder/trust"
  make_key "$authority_key"
  openssl req -x509 -new -key "$authority_key" -days "$days_authority" -out "$authority_certificate" -config /dev/stdin <<'CONFIG'
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = MetaMCP event store authority
[extensions]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
CONFIG
  echo "made a new authority: restart the nodes and the gateways"
fi

for node in "$@"; do
  key=$folder/$node/node.key
  certificate=$folder/$node/node.crt
  if stays_valid "$certificate" && openssl verify -CAfile "$authority_certificate" "$certificate" >/dev/null 2>&1; then
    echo "$node: its certificate stays"
    continue
  fi
  mkdir -p "$folder/$node"
  # The certificate goes first and comes last: with one there is always its key.
  rm -f "$certificate"
  make_key "$key"
  # Nodes recognise each other by the common name, which is the same for all of them, and are clients of one another.
  openssl req -new -key "$key" -subj "/CN=eventstoredb-node" -out "$certificate.request" -config /dev/stdin <<'CONFIG'
[req]
distinguished_name = name
[name]
CONFIG
  openssl x509 -req -in "$certificate.request" -CA "$authority_certificate" -CAkey "$authority_key" \
    -days "$days_node" -out "$certificate.new" -extfile /dev/stdin <<CONFIG
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:$node, DNS:localhost, IP:127.0.0.1
CONFIG
  rm "$certificate.request"
  chmod 400 "$key"
  chown "$owner" "$key"
  mv "$certificate.new" "$certificate"
  echo "$node: made a new certificate"
done
