#!/usr/bin/env python3
"""Scores every record of the pool by the number of distinct words of its answer.

    python3 make_quality.py [--pool pool.jsonl] [--out quality.csv]

A stand-in for a reward model: it says which answers say more, not which are right. One row per record, in the
pool's order. Words are runs of letters and digits, without regard to case. Python 3.9, standard library only.
"""

import argparse
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
WORD = re.compile(r"[^\W_]+")


def quality(record):
    """Distinct words of everything the assistant says."""
    answers = (turn["content"] for turn in record["messages"] if turn["role"] == "assistant")
    return len({word.lower() for answer in answers for word in WORD.findall(answer)})


def main():
    options = argparse.ArgumentParser(description="Makes the quality scores of examples/dotnet-docs from its pool.")
    options.add_argument("--pool", default=os.path.join(HERE, "pool.jsonl"))
    options.add_argument("--out", default=os.path.join(HERE, "quality.csv"))
    chosen = options.parse_args()

    with open(chosen.pool, encoding="utf-8") as pool:
        scores = [quality(json.loads(line)) for line in pool]
    with open(chosen.out + ".part", "w", encoding="utf-8", newline="\n") as out:
        out.write("quality\n")
        out.writelines(f"{score}\n" for score in scores)
    os.replace(chosen.out + ".part", chosen.out)


if __name__ == "__main__":
    main()
