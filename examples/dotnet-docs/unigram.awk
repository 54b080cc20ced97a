# A unigram language model over the words of answers: p(word) = (count + 0.1) / (words + 0.1 * 10000), as if there were 10,000 words. The other .awk files here train and use it.

function p(times, n) { return (times + 0.1) / (n + 1000) }

# The words of a record's answer; sets word[1..n] and returns n.
function words(line, at) {
    at = index(line, "\"assistant\",\"content\":\"")
    line = tolower(substr(line, at + 23))
    gsub(/\\[nrtu"\\\/]/, " ", line)
    gsub(/[^a-z]+/, " ", line)
    sub(/^ /, "", line)
    return split(line, word, " ")
}

# Counts the words of a record.
function learn(line, n, i) {
    n = words(line)
    for (i = 1; i <= n; i++) {
        count[word[i]]++
        total++
    }
}

# What a record's answer costs in nats a word; own is 1 for a record the model has learnt, whose words are taken off the counts first.
function cost(line, own, n, i, sum) {
    n = words(line)
    if (own) for (i = 1; i <= n; i++) count[word[i]]--
    for (i = 1; i <= n; i++) sum -= log(p(word[i] in count ? count[word[i]] : 0, total - own * n))
    if (own) for (i = 1; i <= n; i++) count[word[i]]++
    return n ? sum / n : 0
}

# The model's entropy in nats a word: what its own text would cost.
function entropy(w, known, sum) {
    for (w in count) {
        sum -= p(count[w], total) * log(p(count[w], total))
        known++
    }
    return sum - (10000 - known) * p(0, total) * log(p(0, total))
}
