#!/usr/bin/env python3
"""Scores every answer of the pool with a small language model: order-5 character n-grams of all answers.

    python3 make_lm.py [--pool pool.jsonl] [--out lm.csv]

A stand-in for a neural model, but a real language model: each answer is scored with its own counts taken out. Columns, one row per
record in the pool's order: alone, the mean negative log-likelihood of the answer's characters; conditional, the same when the model
may also use the n-grams of the question; perplexity = exp(alone); words, the distinct words of the answer, as make_quality.py counts
them. Python 3.9, standard library only.
"""

import argparse
import json
import math
import os
from collections import Counter

from make_quality import quality

HERE = os.path.dirname(os.path.abspath(__file__))
ORDER = 5
ALPHABET = 256
QUESTION = 4.0


def grams(text):
    """Every n-gram of up to ORDER characters with its context, as (context, character)."""
    padded = "\n" * (ORDER - 1) + text + "\n"
    for end in range(ORDER - 1, len(padded)):
        for length in range(ORDER):
            yield padded[end - length:end], padded[end]


def counts(text):
    """Counts of n-grams and of their contexts."""
    pairs = Counter(grams(text))
    contexts = Counter()
    for (context, _), number in pairs.items():
        contexts[context] += number
    return pairs, contexts


def loss(answer, pool, own, question):
    """Mean negative log-likelihood per character: each order interpolates with the next lower one (Witten-Bell style, weight 1)."""
    padded = "\n" * (ORDER - 1) + answer + "\n"
    total = 0.0
    for end in range(ORDER - 1, len(padded)):
        chance = 1.0 / ALPHABET
        for length in range(ORDER):
            context, character = padded[end - length:end], padded[end]
            hits = pool[0][context, character] - own[0][context, character]
            tries = pool[1][context] - own[1][context]
            if question:
                hits += QUESTION * question[0][context, character]
                tries += QUESTION * question[1][context]
            chance = (hits + chance) / (tries + 1)
        total -= math.log(chance)
    return total / (len(answer) + 1)


def main():
    options = argparse.ArgumentParser(description="Makes the language-model scores of examples/dotnet-docs from its pool.")
    options.add_argument("--pool", default=os.path.join(HERE, "pool.jsonl"))
    options.add_argument("--out", default=os.path.join(HERE, "lm.csv"))
    chosen = options.parse_args()

    records = []
    with open(chosen.pool, encoding="utf-8") as pool:
        for line in pool:
            turns = json.loads(line)["messages"]
            records.append((quality({"messages": turns}),) + tuple("\n".join(t["content"] for t in turns if (t["role"] == "assistant") == answer) for answer in (False, True)))

    pairs, contexts = Counter(), Counter()
    for _, _, answer in records:
        own = counts(answer)
        pairs.update(own[0])
        contexts.update(own[1])

    with open(chosen.out + ".part", "w", encoding="utf-8", newline="\n") as out:
        out.write("perplexity,conditional,alone,words\n")
        for words, question, answer in records:
            own = counts(answer)
            alone = loss(answer, (pairs, contexts), own, None)
            conditional = loss(answer, (pairs, contexts), own, counts(question))
            out.write(f"{math.exp(alone):.4f},{conditional:.5f},{alone:.5f},{words}\n")
    os.replace(chosen.out + ".part", chosen.out)


if __name__ == "__main__":
    main()
