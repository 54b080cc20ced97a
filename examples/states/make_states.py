#!/usr/bin/env python3
"""Makes token states for a few questions: what a language model's last layer would give, from a model small enough to write down here.

    python3 make_states.py

Reads the questions in ../dotnet-docs/queries and writes records.jsonl, states.npy [tokens x 16, float32] and offsets.npy [records + 1, int64].
Every word has fixed signs from its SHA-256; a token's state is the mean of its own and the state before, so that later tokens know of earlier ones,
as in a causal model. Python 3.9, standard library only.
"""
import hashlib
import json
import os
import re
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
DIM = 16


def npy(path, kind, shape, data):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(os.path.join(HERE, path), "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("ascii") + data)


def signs(word):
    digest = hashlib.sha256(word.encode("utf-8")).digest()
    return [1.0 if digest[i // 8] >> (i % 8) & 1 else -1.0 for i in range(DIM)]


def main():
    records, states, offsets = [], [], [0]
    for name in ("concurrency", "file-io", "networking"):
        with open(os.path.join(HERE, "..", "dotnet-docs", "queries", name + ".jsonl"), encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                records.append(json.dumps({"task": name, "messages": record["messages"]}, separators=(",", ":"), ensure_ascii=False))
                state = [0.0] * DIM
                for word in re.findall(r"[^\W_]+|[^\w\s]", " ".join(m["content"] for m in record["messages"]).lower()):
                    state = [(s + w) / 2 for s, w in zip(state, signs(word))]
                    states.append(state)
                offsets.append(len(states))
    with open(os.path.join(HERE, "records.jsonl"), "w", encoding="utf-8", newline="\n") as out:
        out.write("".join(r + "\n" for r in records))
    npy("states.npy", "<f4", (len(states), DIM), b"".join(struct.pack(f"<{DIM}f", *s) for s in states))
    npy("offsets.npy", "<i8", (len(offsets),), struct.pack(f"<{len(offsets)}q", *offsets))


if __name__ == "__main__":
    main()
