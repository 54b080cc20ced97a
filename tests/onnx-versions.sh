#!/usr/bin/env bash
# Runs the tests of ONNX models with several versions of ONNX Runtime, which must all pass.
# Usage: onnx-versions.sh [VERSION...], versions of npm's onnxruntime-node; 1.14.0 1.20.1 1.30.0 without any. The tests must have been built.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/engine-onnxruntime"
machine=$([ "$(uname -m)" = aarch64 ] && echo arm64 || echo x64)
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"; fi

# The package has every platform and installs more by a script; one folder of it is enough.
fetch() {
    [ -d "$cache/$1" ] && return
    local to="$cache/$1.new"
    rm -rf "$to" && mkdir -p "$to"
    (cd "$to" && npm pack --silent "onnxruntime-node@$1" >/dev/null && tar xzf ./*.tgz --wildcards "package/bin/napi-v*/linux/$machine/*" && rm ./*.tgz)
    mv "$to" "$cache/$1"
}

[ $# -gt 0 ] || set -- 1.14.0 1.20.1 1.30.0
for version in "$@"; do
    fetch "$version"
    library=$(find "$cache/$version" -name 'libonnxruntime.so*' -type f | sort | head -n 1)
    printf '\nonnxruntime-node %s: %s\n' "$version" "$library"
    ENGINE_LIBONNXRUNTIME="$library" ENGINE_REQUIRE_NATIVE=1 dotnet test tests/Engine.Tests -c Release --no-build \
        --filter "FullyQualifiedName~Engine.Tests.Onnx" --logger "console;verbosity=detailed" | grep -E "^ *(ONNX Runtime|failed|Failed)|Error Message|Total tests|     Passed|     Failed"
done
