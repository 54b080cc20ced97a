# Learns the files named selected.jsonl and writes feedback on the last of them: gold, what the answer costs when the model has not seen it, and
# generated, what the model's own text would cost. Tells on stderr what the answers of the other files, the held-out target, cost.
#   awk -f ../unigram.awk -f feedback.awk -v rows=FILE -v round=N round-1/selected.jsonl ... ../queries/*.jsonl
# rows names the pool's row of each record of the last selected.jsonl, one a line.

FILENAME ~ /selected\.jsonl$/ {
    if (FNR == 1) last = 0
    record[++last] = $0
    learn($0)
    chosen++
    next
}

{ heldOut[++targets] = $0 }

END {
    own = entropy()
    print "row,gold,generated"
    for (i = 1; i <= last; i++) {
        getline row < rows
        printf "%d,%.9f,%.9f\n", row, cost(record[i], 1), own
    }
    for (i = 1; i <= targets; i++) sum += cost(heldOut[i], 0)
    printf "round %d: %d records, held-out target %.4f nats a word\n", round, chosen, sum / targets > "/dev/stderr"
}
