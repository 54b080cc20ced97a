"""Python's own json over a file of chat records, one line at a time: python3 jsonl_python.py FILE"""
import json
import sys
import time

wall, cpu = time.perf_counter(), time.process_time()
records = others = 0
contents = []
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        record = json.loads(line)
        others += len(record["id"]) + len(record["source"])
        for message in record["messages"]:
            others += len(message["role"])
            contents.append(message["content"])
        records += 1
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({"seconds": wall, "cpu_seconds": cpu, "records": records, "utf8_bytes": sum(len(c.encode()) for c in contents)}))
