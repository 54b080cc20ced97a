# Learns the first file and prints what the answers of the others cost, in nats a word: the loss of a subset.
#   awk -f unigram.awk -f loss.awk subset.jsonl queries/*.jsonl

FILENAME == ARGV[1] { learn($0); next }

{ sum += cost($0, 0); targets++ }

END { printf "%.9f\n", sum / targets }
