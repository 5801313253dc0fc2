#!/usr/bin/env bash
# Makes the certificates of the TLS tests anew, valid from 2020 to 2120: one authority with a server, a server of another
# name and a client; and a stranger's authority with a client of its own. They protect nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
touch index
cat >ca.cnf <<'CNF'
[ca]
default_ca = any
[any]
database = index
new_certs_dir = .
default_md = sha256
rand_serial = yes
policy = name
unique_subject = no
[name]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
CNF

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"; }

# sign NAME OPTIONS...: makes NAME.pem of the request NAME.csr
sign() {
  local name=$1
  shift
  openssl req -new -key "$name.key" -subj "/CN=Tocsin test $name" -out "$name.csr"
  openssl ca -batch -notext -config ca.cnf -startdate 20200101000000Z -enddate 21200101000000Z \
    -in "$name.csr" -out "$name.pem" "$@"
}

authority() { key "$1"; sign "$1" -selfsign -keyfile "$1.key" -extensions authority; }

# certificate NAME AUTHORITY PURPOSE SUBJECT_ALT_NAMES
certificate() {
  key "$1"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=%s\nsubjectAltName=%s\n' "$3" "$4" >ext
  sign "$1" -cert "$2.pem" -keyfile "$2.key" -extfile ext
}

authority ca
authority stranger-ca
certificate server ca serverAuth 'DNS:smsc.test,DNS:localhost,IP:127.0.0.1'
certificate elsewhere ca serverAuth 'DNS:elsewhere.test'
certificate client ca clientAuth 'DNS:tocsin.test'
certificate stranger-client stranger-ca clientAuth 'DNS:tocsin.test'

cp ca.pem stranger-ca.pem "$here"
for name in server elsewhere client stranger-client; do cp "$name.pem" "$name.key" "$here"; done
