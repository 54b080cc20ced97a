"""Makes the matrices that the peers and the engine are timed on: python3 data.py FOLDER [SCALE]

Every file is a C-order .npy that depends on nothing but its own seed and SCALE, which shrinks the number of rows. Vectors imitate embeddings: a common offset,
topics of Zipf sizes with subtopics, a few strong directions within them, noise, a few far points and near duplicates. Files that are there already are kept.
"""
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
scale = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
BLOCK = 1 << 15


def count(rows):
    return max(2000, int(rows * scale))


def wanted(name):
    return not (folder / f"{name}.npy").exists()


def save(name, array):
    np.save(folder / f"{name}.npy", np.ascontiguousarray(array))


class Topics:
    """A mixture whose rows are drawn block by block."""

    def __init__(self, seed, dim, topics=300, each=10, strong=40):
        self.random = np.random.default_rng(seed)
        draw = lambda *shape: self.random.standard_normal(shape, dtype=np.float32)
        subject = np.repeat(draw(topics, dim) * 0.6, each, axis=0)
        self.centres = subject + draw(topics * each, dim) * 0.35 + draw(dim) * 0.6
        sizes = 1 / (1 + self.random.permutation(topics * each)) ** 0.8
        self.share = sizes / sizes.sum()
        directions = np.linalg.qr(draw(dim, strong).astype(np.float64))[0].T
        self.directions = (directions * (0.2 * np.sqrt(dim) / np.arange(1, strong + 1) ** 0.7)[:, None]).astype(np.float32)

    def rows(self, number):
        draw = lambda *shape: self.random.standard_normal(shape, dtype=np.float32)
        dim = self.centres.shape[1]
        x = self.centres[self.random.choice(len(self.share), number, p=self.share)]
        x = x + draw(number, len(self.directions)) @ self.directions + draw(number, dim) * 0.25
        far = np.flatnonzero(self.random.random(number) < 0.002)
        x[far] *= self.random.uniform(1.5, 3, (len(far), 1)).astype(np.float32)
        copies = np.flatnonzero(self.random.random(number) < 0.01)
        x[copies] = x[self.random.integers(0, number, len(copies))] + draw(len(copies), dim) * 0.01
        return x * self.random.uniform(0.8, 1.2, (number, 1)).astype(np.float32)

    def queries(self, number, tasks=8):
        """Few tasks, each about a handful of topics."""
        about = self.random.integers(0, len(self.centres), (tasks, 6))
        which = about[np.arange(number) % tasks, self.random.integers(0, 6, number)]
        return self.centres[which] + self.random.standard_normal((number, self.centres.shape[1]), dtype=np.float32) * 0.4


def write(name, rows, dim, seed, dtype=np.float32, start=0, queries=0, unit=False):
    if not wanted(name):
        return
    topics = Topics(seed, dim)
    if queries:
        save(f"{name}_queries", topics.queries(queries))
    out = np.lib.format.open_memmap(folder / f"{name}.part", mode="w+", dtype=dtype, shape=(rows, dim))
    for at in range(0, rows, BLOCK):
        block = topics.rows(min(BLOCK, rows - at))
        out[at:at + len(block)] = block / np.linalg.norm(block, axis=1, keepdims=True) if unit else block
    if start:
        save(f"{name}_init", out[np.sort(np.random.default_rng(seed).choice(rows, start, replace=False))])
    out.flush()
    del out
    (folder / f"{name}.part").rename(folder / f"{name}.npy")
    print(f"// {name}: {rows} x {dim} {np.dtype(dtype).name}", flush=True)


folder.mkdir(parents=True, exist_ok=True)
write("kmeans", count(200_000), 256, 1, start=256)
write("kmeans_large", count(1_000_000), 128, 2, start=1024)
write("kcenter", count(100_000), 256, 3)
write("kcenter_large", count(1_000_000), 128, 4)
write("kcenter_sphere", count(100_000), 256, 5, unit=True)
write("score", count(500_000), 512, 6, queries=256)
write("score_large", count(1_000_000), 1024, 7, dtype=np.float16, queries=500)
if wanted("kcenter_gauss"):
    save("kcenter_gauss", np.random.default_rng(8).standard_normal((count(100_000), 256), dtype=np.float32))
if wanted("pool_hidden"):
    random = np.random.default_rng(9)
    lengths = np.clip(random.lognormal(np.log(215), 0.6, max(50, int(2000 * scale))), 8, 1024).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    save("pool_offsets", offsets)
    channels = np.where(random.random(1024) < 0.006, 25, 1).astype(np.float32)
    out = np.lib.format.open_memmap(folder / "pool_hidden.part", mode="w+", dtype=np.float16, shape=(int(offsets[-1]), 1024))
    for first, end in zip(offsets[:-1], offsets[1:]):
        out[first:end] = (random.standard_normal((end - first, 1024), dtype=np.float32) + random.standard_normal(1024, dtype=np.float32)) * channels
    out.flush()
    (folder / "pool_hidden.part").rename(folder / "pool_hidden.npy")
    print(f"// pool_hidden: {int(offsets[-1])} x 1024 float16", flush=True)
