#!/usr/bin/env bash
# Makes the keys of the tests of CAP signatures anew: a sender with a certificate for a hundred years, a stranger, and a
# key that is too short. They protect nothing.
set -euo pipefail
cd "$(dirname "$0")"
for name in sender stranger; do
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$name.key"
  openssl rsa -in "$name.key" -pubout -out "$name.public.pem"
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 | openssl rsa -pubout -out weak.public.pem
openssl req -x509 -new -key sender.key -subj '/CN=Tocsin test CAP sender' -days 36500 -out sender.pem
chmod 644 ./*.key
