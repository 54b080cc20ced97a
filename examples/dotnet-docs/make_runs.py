#!/usr/bin/env python3
"""Trains a small model on many subsets of the pool and writes what each was like and how well the model did: the table that fitQuality reads.

    python3 make_runs.py [--runs 48] [--rows 120] [--out runs.csv]

Each run draws records of a few namespaces, trains unigram.awk's model on their answers and takes what the answers in queries/ cost under it as the loss. The
indicators are means over the run's records and are those of the engine's op of that name: outputLength counts words between white space, mtld is the
measure of lexical diversity. A real table would hold runs of a language model. Needs awk; Python 3.9, standard library only.
"""
import argparse
import glob
import json
import os
import random
import re
import string
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


def one_way(words):
    factors, start = 0.0, 0
    for i in range(len(words)):
        if len(set(words[start:i + 1])) / (i + 1 - start) <= 0.72:
            factors, start = factors + 1, i + 1
    rest = words[start:]
    if rest:
        factors += (1 - len(set(rest)) / len(rest)) / 0.28
    return len(words) / (factors or 1)


def mtld(answer):
    words = PUNCTUATION.sub(" ", re.sub("[0-9\u2010-\u2015-]", "", answer.lower())).split()
    return (one_way(words) + one_way(words[::-1])) / 2 if words else 0.0


def answer_of(line):
    return "\n".join(m["content"] for m in json.loads(line)["messages"] if m["role"] == "assistant")


def loss_of(lines):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as subset:
        subset.write("".join(lines))
        subset.flush()
        targets = sorted(glob.glob(os.path.join(HERE, "queries", "*.jsonl")))
        command = ["awk", "-f", os.path.join(HERE, "unigram.awk"), "-f", os.path.join(HERE, "loss.awk"), subset.name, *targets]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=48)
    parser.add_argument("--rows", type=int, default=120)
    parser.add_argument("--out", default=os.path.join(HERE, "runs.csv"))
    options = parser.parse_args()
    with open(os.path.join(HERE, "pool.jsonl"), encoding="utf-8") as pool:
        lines = list(pool)
    by_source = {}
    for line in lines:
        by_source.setdefault(json.loads(line)["dataset"], []).append(line)
    chance = random.Random(2307)
    with open(options.out, "w", encoding="utf-8", newline="\n") as out:
        out.write("outputLength,mtld,loss\n")
        for _ in range(options.runs):
            stock = [line for source in chance.sample(sorted(by_source), 4) for line in by_source[source]]
            drawn = chance.sample(stock, min(options.rows, len(stock)))
            answers = [answer_of(line) for line in drawn]
            lengths = sum(len(a.split()) for a in answers) / len(answers)
            out.write(f"{lengths:.6f},{sum(map(mtld, answers)) / len(answers):.6f},{loss_of(drawn):.6f}\n")


if __name__ == "__main__":
    main()
