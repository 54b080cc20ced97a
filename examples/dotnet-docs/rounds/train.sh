#!/bin/sh
# Selects in rounds: runs iterate.json, trains a model on the rows chosen so far, writes the feedback the run waits for, and runs again until it is finished.
# ENGINE is the command that runs a plan; without it the engine is built from this repository.
set -eu
cd "$(dirname "$0")"
engine=${ENGINE:-"dotnet run -c Release --project ../../../src/Engine.Cli --"}
steps=runs/dotnet-docs-rounds/steps/pick
round=1
while :; do
    code=0
    $engine run iterate.json || code=$?
    [ "$code" = 75 ] || break

    # The run waits for the first round without feedback. Whoever writes the file renames it into its place, so that no run reads half of it.
    mkdir -p runs/feedback
    while [ -e "runs/feedback/round-$round.csv" ]; do round=$((round + 1)); done
    chosen=""
    for earlier in $(seq 1 "$round"); do chosen="$chosen $steps/round-$earlier/selected.jsonl"; done
    cut -d, -f2 "$steps/round-$round/selection.csv" | tail -n +2 > runs/feedback/rows
    # shellcheck disable=SC2086
    LC_ALL=C awk -f ../unigram.awk -f feedback.awk -v rows=runs/feedback/rows -v round="$round" $chosen ../queries/*.jsonl > runs/feedback/next
    rm runs/feedback/rows
    mv runs/feedback/next "runs/feedback/round-$round.csv"
done
exit "$code"
