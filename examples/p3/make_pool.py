#!/usr/bin/env python3
"""Makes a small pool in the layout of P3: every record is a prompt and its answer, from templates over a few hundred sentences.

    python3 make_pool.py [--rows 2000] [--out pool.jsonl]

Six tasks, two of them natural language inference. The sentences are put together from lists of words by a seeded generator: text of this
project, no corpus. Python 3.9, standard library only; the same arguments give the same bytes.
"""
import argparse
import json
import os
import random

HERE = os.path.dirname(os.path.abspath(__file__))
WHO = ["a baker", "the night nurse", "an old sailor", "the chess club", "a young engineer", "the mayor", "a tired teacher", "two gardeners", "the postman", "a cellist", "the goalkeeper", "my neighbour"]
DID = {"bought": "owns", "repaired": "worked on", "painted": "changed the look of", "sold": "no longer has", "found": "came across", "lost": "is missing", "borrowed": "is using", "carried": "moved"}
WHAT = ["a red bicycle", "the garden gate", "an upright piano", "a wooden boat", "the kitchen clock", "three lanterns", "a heavy rucksack", "the old camera", "a glass vase", "the tall ladder"]
WHERE = ["behind the station", "in the village hall", "near the harbour", "at the Saturday market", "on the third floor", "under the bridge", "outside the library", "in the orchard"]
WHEN = ["before breakfast", "late on Friday", "during the storm", "last winter", "an hour ago", "while it snowed"]
GOOD = ["a delight from the first page", "warm, funny and over too soon", "the best evening I had this year", "carefully made and beautifully played"]
BAD = ["a waste of a good cast", "loud, long and empty", "so slow that I left early", "full of jokes that nobody needed"]
THINGS = ["film", "novel", "concert", "exhibition", "radio play", "meal"]
TOPICS = {"sport": ["The goalkeeper held every shot", "The relay team broke the record"], "weather": ["Rain moves in from the west", "Fog closed the airport"],
          "business": ["The mill hires again", "Shares of the ferry line fell"], "science": ["A telescope found a new moon", "The vaccine passed its trial"]}


def event(chance):
    """Who did what, with the parts that inference is about."""
    return chance.choice(WHO), chance.choice(sorted(DID)), chance.choice(WHAT), chance.choice(WHERE), chance.choice(WHEN)


def sentence(parts):
    who, did, what, where, when = parts
    return f"{who} {did} {what} {where} {when}."[0].upper() + f"{who} {did} {what} {where} {when}."[1:]


def hypothesis(chance, parts):
    who, did, what, where, _ = parts
    if chance.random() < .5:
        return f"{who} {DID[did]} {what}.".capitalize(), True
    other = chance.choice([w for w in WHAT if w != what])
    return f"{who} {did} {other} {where}.".capitalize(), False


def nli_true_or_false(chance):
    parts = event(chance)
    claim, follows = hypothesis(chance, parts)
    return f"{sentence(parts)}\nQuestion: {claim} True or False?", "True" if follows else "False"


def nli_does_it_follow(chance):
    parts = event(chance)
    claim, follows = hypothesis(chance, parts)
    return f"Given that {sentence(parts)} Does it follow that {claim} Yes or no?", "Yes" if follows else "No"


def question_answering(chance):
    parts = event(chance)
    asked, answer = chance.choice([("Where did this happen?", parts[3]), ("When did this happen?", parts[4]), ("What is it about?", parts[2])])
    return f"Read the text and answer the question.\n{sentence(parts)}\n{asked}", answer


def sentiment(chance):
    good = chance.random() < .5
    return f"Review: This {chance.choice(THINGS)} was {chance.choice(GOOD if good else BAD)}. Did the reviewer like it?", "Positive" if good else "Negative"


def topic(chance):
    label = chance.choice(sorted(TOPICS))
    return f"News: {chance.choice(TOPICS[label])} {chance.choice(WHEN)}.\nWhich section does it belong to: {', '.join(sorted(TOPICS))}?", label


def summary(chance):
    first, second = event(chance), event(chance)
    return f"Summarise in one sentence.\n{sentence(first)} {sentence(second)}", f"{first[0]} {first[1]} {first[2]} and {second[0]} {second[1]} {second[2]}.".capitalize()


TASKS = [nli_true_or_false, nli_does_it_follow, question_answering, sentiment, topic, summary]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--out", default=os.path.join(HERE, "pool.jsonl"))
    options = parser.parse_args()
    chance = random.Random(2305)
    with open(options.out, "w", encoding="utf-8", newline="\n") as out:
        for row in range(options.rows):
            task = TASKS[row % len(TASKS)]
            asked, answer = task(chance)
            record = {"dataset": task.__name__, "inputs_pretokenized": asked, "targets_pretokenized": f"\n{answer}"}
            out.write(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
