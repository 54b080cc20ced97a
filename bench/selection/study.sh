#!/bin/sh
# The whole study: fetches the texts once, then prints the table. Usage: study.sh [--seeds N]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
data="${XDG_CACHE_HOME:-$HOME/.cache}/engine-selection-study"
[ -d "$data/package" ] || "$root/bench/selection/fetch.sh" "$data"
exec dotnet run -c Release --project "$root/bench/Engine.Bench" -- selection --data "$data" "$@"
