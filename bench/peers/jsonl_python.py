"""Python's own json over a file of chat records, one line at a time: python3 jsonl_python.py FILE"""
import array
import json
import sys
import time

wall, cpu = time.perf_counter(), time.process_time()
records = others = 0
texts = []
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        record = json.loads(line)
        others += len(record["id"]) + len(record["source"])
        for message in record["messages"]:
            texts.append(message["role"])
            texts.append(message["content"])
        records += 1
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu

# Encoding and hashing are not timed: Python's loops would be most of it.
code, size = 0xcbf29ce484222325, 0
for place, text in enumerate(texts):
    text = text.encode()
    size += len(text) * (place % 2)
    words = array.array("Q", text + bytes(-len(text) % 8))
    if sys.byteorder == "big":
        words.byteswap()
    for word in (sum(words), len(text)):
        code = (code ^ word & 0xffffffffffffffff) * 0x100000001b3 & 0xffffffffffffffff
print(json.dumps({"seconds": wall, "cpu_seconds": cpu, "records": records, "utf8_bytes": size, "hash": f"{code:016x}"}))
