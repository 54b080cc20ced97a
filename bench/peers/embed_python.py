"""The model of `bench embed` over the same tokens in Python, with onnxruntime and with torch, whichever can be imported.

Sorted by length, padded batches, weighted mean and unit length in numpy. Usage: embed_python.py MODEL TOKENS OUT BATCH_TOKENS THREADS ROUNDS.
TOKENS has a line of ids for every record. Prints a line of JSON for each library: its name and version, and the seconds of the fastest
round in the model and in all; its vectors go to OUT.NAME, float32 rows in the order of TOKENS. A library that is missing is named.
"""

import importlib
import json
import sys
import time

HEADS = 12


def batches(records, most):
    order = sorted(range(len(records)), key=lambda i: -len(records[i]))
    while order:
        length = len(records[order[0]])
        count = max(1, most // length)
        yield length, order[:count]
        order = order[count:]


def embed(states_of, records, most, out):
    inside = 0.0
    for length, rows in batches(records, most):
        ids = numpy.zeros((len(rows), length), numpy.int64)
        mask = numpy.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(records[row])] = records[row]
            mask[i, : len(records[row])] = 1
        places = numpy.arange(length) * mask
        began = time.perf_counter()
        states = states_of(ids, mask, places)
        inside += time.perf_counter() - began
        weights = (numpy.arange(1, length + 1) * mask).astype(numpy.float32)
        pooled = (states * (weights / weights.sum(1, keepdims=True))[:, :, None]).sum(1)
        out[rows] = pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)
    return inside


def with_onnxruntime(onnxruntime, model, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda ids, mask, places: session.run(["last_hidden_state"], {"input_ids": ids, "attention_mask": mask, "position_ids": places})[0]


def fields(data):
    """Number and content of a protobuf message's fields: an integer, or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            part = data[at]
            at += 1
            value |= (part & 127) << shift
            shift += 7
            if part < 128:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            length = varint()
            yield tag >> 3, data[at : at + length]
            at += length
        else:
            at += 4 if tag & 7 == 5 else 8


def weights_of(model, torch):
    """The graph's float32 constants by name."""
    graph = next(part for number, part in fields(memoryview(open(model, "rb").read())) if number == 7)
    weights = {}
    for tensor in (part for number, part in fields(graph) if number == 5):
        shape, name, kind, raw = [], "", 0, b""
        for number, part in fields(tensor):
            if number == 1:
                shape.append(part)
            elif number == 2:
                kind = part
            elif number == 8:
                name = bytes(part).decode()
            elif number == 9:
                raw = part
        if kind == 1:
            weights[name] = torch.from_numpy(numpy.frombuffer(raw, numpy.float32).reshape(shape).copy())
    return weights


def with_torch(torch, model, threads):
    torch.set_num_threads(threads)
    w = weights_of(model, torch)
    f = torch.nn.functional
    dim = w["words"].shape[1]
    layers = sum(name.endswith(".query") for name in w)

    def dense(x, name):
        return x @ w[name] + w[name + ".bias"]

    def norm(x, name):
        return f.layer_norm(x, (dim,), w[name + ".gain"], w[name + ".shift"], 1e-12)

    def heads(x):
        return x.view(x.shape[0], x.shape[1], HEADS, dim // HEADS).transpose(1, 2)

    def states(ids, mask, places):
        with torch.inference_mode():
            bias = (1 - torch.from_numpy(mask).float())[:, None, None, :] * -10000
            x = norm(w["words"][torch.from_numpy(ids)] + w["positions"][torch.from_numpy(places)], "embedding")
            for layer in range(layers):
                at = f"layer{layer}"
                query, key, value = (heads(dense(x, f"{at}.{part}")) for part in ("query", "key", "value"))
                mixed = torch.softmax(query @ key.transpose(2, 3) * (dim // HEADS) ** -0.5 + bias, -1) @ value
                x = norm(x + dense(mixed.transpose(1, 2).reshape(x.shape), f"{at}.output"), f"{at}.attention")
                x = norm(x + dense(f.gelu(dense(x, f"{at}.up")), f"{at}.down"), f"{at}.inner")
            return x.numpy()

    return states


def main():
    model, tokens, out, most, threads, rounds = sys.argv[1:]
    records = [[int(word) for word in line.split()] for line in open(tokens, encoding="ascii")]
    for name, opened in (("onnxruntime", with_onnxruntime), ("torch", with_torch)):
        try:
            library = importlib.import_module(name)
        except ImportError as missing:
            print(json.dumps({"name": name, "missing": str(missing)}))
            continue
        states_of = opened(library, model, int(threads))
        vectors = None
        best = (float("inf"), 0.0)
        for _ in range(int(rounds)):
            if vectors is None:
                vectors = numpy.zeros((len(records), states_of(*(numpy.zeros((1, 8), numpy.int64) for _ in range(3))).shape[2]), numpy.float32)
            began = time.perf_counter()
            inside = embed(states_of, records, int(most), vectors)
            best = min(best, (time.perf_counter() - began, inside))
        vectors.tofile(f"{out}.{name}")
        print(json.dumps({"name": name, "version": library.__version__, "seconds": best[0], "model": best[1]}))


try:
    import numpy
except ImportError as missing:
    print(json.dumps({"name": "numpy", "missing": str(missing)}))
else:
    main()
