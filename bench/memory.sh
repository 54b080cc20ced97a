#!/usr/bin/env bash
# The memory budget, proved: three steps over a matrix eight times as large as run.memory, with the whole process's anonymous memory watched.
# usage: bench/memory.sh [rows] [budget in MiB] [mmap|pread]
set -euo pipefail
cd "$(dirname "$0")/.."
rows=${1:-8000000} budget=${2:-512} io=${3:-mmap}
dim=256
engine=artifacts/bin/Engine.Cli/release/engine.dll bench=artifacts/bin/Engine.Bench/release/Engine.Bench.dll
for built in $engine $bench; do
    test -f $built || { echo "$built is not there: dotnet build Engine.sln -c Release"; exit 2; }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
needed=$((rows * dim * 2 / 1048576 + 1024)) free=$(df --output=avail -m "$folder" | tail -1)
if [ "$free" -lt "$needed" ]; then
    echo "left out: $folder has $free MiB free, the matrix and its results take $needed MiB"
    exit 0
fi

dotnet $bench make-matrix "$folder/pool.npy" "$rows" $dim --f16
dotnet $bench make-matrix "$folder/queries.npy" 32 $dim
cat >"$folder/plan.json" <<PLAN
{ "version": 1, "seed": 1,
  "inputs": { "pool": { "kind": "embeddings", "path": "pool.npy" }, "questions": { "kind": "embeddings", "path": "queries.npy" } },
  "steps": {
    "nearest": { "op": "rds", "in": "pool", "queries": { "task": "questions" }, "budget": "1%" },
    "groups": { "op": "kmeans", "in": "pool", "k": 16, "maxIterations": 3 },
    "spread": { "op": "kcenter", "in": "pool", "budget": 100 } },
  "run": { "dir": "out", "memory": "${budget}MiB", "io": "$io" } }
PLAN

dotnet $engine run "$folder/plan.json" --dry-run
dotnet $engine run "$folder/plan.json" &
pid=$!
peak=0 samples=0
while status=$(<"/proc/$pid/status") 2>/dev/null; do
    [[ $status =~ RssAnon:[[:space:]]*([0-9]+) ]] || break
    ((samples += 1))
    if ((BASH_REMATCH[1] > peak)); then peak=${BASH_REMATCH[1]}; fi
    sleep 0.02
done
wait $pid
echo "matrix $((rows * dim * 2 / 1048576)) MiB, $io, run.memory $budget MiB: peak anonymous memory $((peak / 1024)) MiB in $samples samples"
if ((peak > budget * 1024 * 110 / 100)); then
    echo "over the budget by more than a tenth"
    exit 1
fi
