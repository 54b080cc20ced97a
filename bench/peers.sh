#!/usr/bin/env bash
# The engine beside numpy, torch, faiss and scikit-learn on the same made data, in turns: ratios and shares of this machine's limits.
# usage: bench/peers.sh [--scale F] [--rounds N] [--threads N] [--jobs a,b] [--alone] [--out FILE]; PEERS_DATA names a folder to keep the data in (6 GB at scale 1)
# Debian's packages: apt-get install python3-numpy python3-torch python3-faiss python3-sklearn libopenblas0-pthread
set -euo pipefail
cd "$(dirname "$0")/.."
bench=artifacts/bin/Engine.Bench/release/Engine.Bench.dll
test -f $bench || { echo "$bench is not there: dotnet build Engine.sln -c Release"; exit 2; }

# The packages belong to the system's Python, whatever else is first on the path.
python=/usr/bin/python3
$python -c 'import numpy' 2>/dev/null || { echo "left out: $python has no numpy (apt-get install python3-numpy)"; exit 0; }
folder=${PEERS_DATA:-$(mktemp -d)}
if [ -z "${PEERS_DATA:-}" ]; then trap 'rm -rf "$folder"' EXIT; fi
$python bench/peers/compare.py "$folder" $bench "$@"
