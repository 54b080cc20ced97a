#!/usr/bin/env bash
# Compiles kernels/*.cu to the PTX that the assembly carries: kernels/ptx/NAME.sm_80.ptx. Needs clang 19 and nothing of CUDA.
#   kernels/ptx/build.sh           compiles what is stale
#   kernels/ptx/build.sh --check   compiles every kernel for sm_80 and sm_90, writes nothing
#   kernels/ptx/build.sh --stamp   says which files are stale, compiles nothing
set -euo pipefail
cd "$(dirname "$0")/.."

# PTX 7.0 is the oldest that knows sm_80; every driver since CUDA 11.0 takes it. Without contraction a product and a sum round apart, as the contract has it.
compile() { # chip, version of PTX, source, target
    "${CLANG:-clang-19}" -x cuda -nocudainc -nocudalib --cuda-device-only --cuda-gpu-arch="$1" -Xclang -target-feature -Xclang "+ptx$2" \
        -std=c++17 -O3 -ffp-contract=off -Wall -Wextra -Werror -S "$3" -o "$4"
}

# A file belongs to its source, to every header and to this script.
stamp() { LC_ALL=C; cat ptx/build.sh "$1" ./*.h | sha256sum | cut -d ' ' -f 1; }

stale=0
for source in *.cu; do
    target="ptx/${source%.cu}.sm_80.ptx"
    case "${1:-}" in
        --check)
            compile sm_80 70 "$source" /dev/null
            compile sm_90 78 "$source" /dev/null
            echo "kernels/$source compiles for sm_80 and sm_90"
            ;;
        *)
            line="// sources $(stamp "$source")"
            if [ -f "$target" ] && [ "$(head -n 1 "$target")" = "$line" ]; then continue; fi
            stale=$((stale + 1))
            if [ "${1:-}" = --stamp ]; then echo "kernels/$target is stale"; continue; fi
            compile sm_80 70 "$source" "$target.new"
            { echo "$line"; cat "$target.new"; } >"$target.stamped"
            rm "$target.new"
            mv "$target.stamped" "$target"
            echo "kernels/$target"
            ;;
    esac
done
for target in ptx/*.ptx; do
    [ -f "$target" ] || continue
    name="$(basename "$target" .sm_80.ptx)"
    [ -f "$name.cu" ] || { echo "kernels/$target has no source: remove it"; stale=$((stale + 1)); }
done
if [ "${1:-}" = --stamp ] && [ "$stale" -gt 0 ]; then exit 1; fi
