# Trains a unigram model with add-one smoothing on the answers of the files named selected.jsonl and writes feedback on the last of them:
# gold, the cross-entropy of the answer in nats a word, its own words left out of the counts, and generated, the model's entropy, which is
# what its own text would cost.
# Tells on stderr what the answers of the other files, the held-out target, cost.
# -v rows=FILE the pool's row of each record of the last selected.jsonl, -v round=N its number.

# The words of a record's answer; sets word[1..n] and returns n.
function words(line, at) {
    at = index(line, "\"assistant\",\"content\":\"")
    line = tolower(substr(line, at + 23))
    gsub(/\\[nrtu"\\\/]/, " ", line)
    gsub(/[^a-z]+/, " ", line)
    return split(line, word, " ")
}

# Its cost in nats a word; own is 1 for a record the model was trained on, whose words are taken off the counts first.
function cost(line, own, n, i, sum) {
    n = words(line)
    if (own) for (i = 1; i <= n; i++) count[word[i]]--
    for (i = 1; i <= n; i++) sum -= log((count[word[i]] + 1) / (total - own * n + types + 1))
    if (own) for (i = 1; i <= n; i++) count[word[i]]++
    return n ? sum / n : 0
}

FILENAME ~ /selected\.jsonl$/ {
    if (FNR == 1) last = 0
    record[++last] = $0
    n = words($0)
    for (i = 1; i <= n; i++) {
        if (!(word[i] in count)) types++
        count[word[i]]++
        total++
    }
    chosen++
    next
}

{ heldOut[++targets] = $0 }

END {
    for (w in count) {
        p = (count[w] + 1) / (total + types + 1)
        entropy -= p * log(p)
    }
    p = 1 / (total + types + 1)
    entropy -= p * log(p)
    print "row,gold,generated"
    for (i = 1; i <= last; i++) {
        getline row < rows
        printf "%d,%.9f,%.9f\n", row, cost(record[i], 1), entropy
    }
    for (i = 1; i <= targets; i++) sum += cost(heldOut[i], 0)
    printf "round %d: %d records, held-out target %.4f nats a word\n", round, chosen, sum / targets > "/dev/stderr"
}
