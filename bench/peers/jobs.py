"""Does one job with one library and prints one line of JSON: python3 jobs.py JOB PEER FOLDER THREADS REPEATS

seconds: median over the repeats, after a first run that does not count; seconds_min: the least; cpu_seconds: the least processor time. `python3 jobs.py` lists the pairs.
A peer is what a user of that library would write who knows it well: blocked matrix products, in-place updates, partial sorts, one process a measurement.
"""
import hashlib
import json
import os
import sys
import time

THREADS = sys.argv[4] if len(sys.argv) > 4 else "1"
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)

import numpy as np

FOLDER = sys.argv[3] if len(sys.argv) > 3 else "."
ITERATIONS, DEPTH, CHUNK = 10, 1000, 50_000
LONG = 8    # seconds after which warming up no longer shows, so the first run counts and is the only one
PEERS = {}


def peer(library, *jobs):
    def register(make):
        for job in jobs:
            PEERS[job, library] = lambda job=job: make(job)
        return make
    return register


def load(name, mapped=False):
    return np.load(os.path.join(FOLDER, name + ".npy"), mmap_mode="r" if mapped else None)


def digest(rows):
    return hashlib.sha256(np.asarray(rows, np.int64).tobytes()).hexdigest()[:12]


def import_torch():
    import torch
    torch.set_num_threads(int(THREADS))
    torch.set_grad_enabled(False)
    return torch


# -- pool: position-weighted means of token states ---------------------------------------------------------------------------------
def pool_check(states, offsets):
    def check(pooled):
        worst = 0.0
        for record in range(0, len(offsets) - 1, max(1, len(offsets) // 40)):
            tokens = states[offsets[record]:offsets[record + 1]].astype(np.float64)
            weights = np.arange(1, len(tokens) + 1.0)
            exact = weights @ tokens / weights.sum()
            worst = max(worst, np.abs(pooled[record] - exact).max() / np.abs(exact).max())
        return dict(n=len(offsets) - 1, d=states.shape[1], tokens=int(offsets[-1]), max_rel_error=float(worst))
    return check


@peer("numpy", "pool")
def _(job):
    states, offsets = load("pool_hidden"), load("pool_offsets")

    def run():
        pooled = np.empty((len(offsets) - 1, states.shape[1]), np.float32)
        for record in range(len(pooled)):
            tokens = states[offsets[record]:offsets[record + 1]].astype(np.float32)
            weights = np.arange(1, len(tokens) + 1, dtype=np.float32)
            np.dot(weights / weights.sum(), tokens, out=pooled[record])
        return pooled
    return run, pool_check(states, offsets)


@peer("torch", "pool")
def _(job):
    torch, states, offsets = import_torch(), load("pool_hidden"), load("pool_offsets")
    tensor = torch.from_numpy(states)

    def run():
        pooled = torch.empty(len(offsets) - 1, states.shape[1])
        for record in range(len(pooled)):
            tokens = tensor[offsets[record]:offsets[record + 1]].float()
            weights = torch.arange(1.0, len(tokens) + 1)
            torch.mv(tokens.t(), weights / weights.sum(), out=pooled[record])
        return pooled.numpy()
    return run, pool_check(states, offsets)


# -- k-means: ten iterations from given centroids ----------------------------------------------------------------------------------
def inertia_of(x):
    def check(centroids):
        centroids = np.asarray(centroids, np.float32)
        squares, total = np.einsum("ij,ij->i", centroids, centroids), 0.0
        for at in range(0, len(x), 1 << 14):
            block = x[at:at + (1 << 14)]
            nearest = (squares - 2 * (block @ centroids.T)).argmin(1)
            total += float(((block.astype(np.float64) - centroids[nearest]) ** 2).sum())
        return dict(n=len(x), d=x.shape[1], k=len(centroids), iters=ITERATIONS, inertia=total)
    return check


@peer("numpy", "kmeans", "kmeans_large")
def _(job):
    x, start = load(job), load(job + "_init")

    def run():
        centroids, nearest = start.copy(), np.empty(len(x), np.int64)
        for _ in range(ITERATIONS):
            squares = np.einsum("ij,ij->i", centroids, centroids)
            for at in range(0, len(x), 1 << 13):
                products = x[at:at + (1 << 13)] @ centroids.T
                products *= -2
                products += squares
                products.argmin(1, out=nearest[at:at + (1 << 13)])
            order, sizes = np.argsort(nearest, kind="stable"), np.bincount(nearest, minlength=len(centroids))
            for cluster, (end, size) in enumerate(zip(np.cumsum(sizes), sizes)):
                if size:
                    centroids[cluster] = x[order[end - size:end]].mean(0)
        return centroids
    return run, inertia_of(x)


@peer("torch", "kmeans", "kmeans_large")
def _(job):
    torch, x, start = import_torch(), load(job), load(job + "_init")
    rows = torch.from_numpy(x)

    def run():
        centroids = torch.from_numpy(start.copy())
        for _ in range(ITERATIONS):
            squares = (centroids * centroids).sum(1)
            sums, sizes = torch.zeros_like(centroids), torch.zeros(len(centroids))
            for block in rows.split(1 << 14):
                nearest = torch.addmm(squares, block, centroids.t(), alpha=-2).argmin(1)
                sums.index_add_(0, nearest, block)
                sizes += torch.bincount(nearest, minlength=len(centroids))
            filled = sizes > 0
            centroids[filled] = sums[filled] / sizes[filled, None]
        return centroids.numpy()
    return run, inertia_of(x)


@peer("faiss", "kmeans", "kmeans_large")
def _(job):
    import faiss
    faiss.omp_set_num_threads(int(THREADS))
    x, start = load(job), load(job + "_init")

    def run():
        kmeans = faiss.Kmeans(x.shape[1], len(start), niter=ITERATIONS, min_points_per_centroid=1, max_points_per_centroid=len(x))
        kmeans.train(x, init_centroids=start)
        return kmeans.centroids
    return run, inertia_of(x)


@peer("sklearn", "kmeans", "kmeans_large")
def _(job):
    import warnings
    from sklearn.cluster import KMeans
    warnings.filterwarnings("ignore")
    x, start = load(job), load(job + "_init")
    return lambda: KMeans(len(start), init=start, n_init=1, max_iter=ITERATIONS, tol=0, algorithm="lloyd").fit(x).cluster_centers_, inertia_of(x)


# -- k-center: greedy, from row 0 --------------------------------------------------------------------------------------------------
COVER = ("kcenter", "kcenter_large", "kcenter_sphere", "kcenter_gauss", "kcenter_text")


def picks_of(job):
    return 2000 if job == "kcenter_large" else 1000


def greedy(job, start, step):
    """Plain greedy: step(pick) lowers the distances by a centre and gives the farthest row."""
    start()
    picks = [0]
    while len(picks) < picks_of(job):
        picks.append(step(picks[-1]))
    return picks


def picks_check(job, x):
    return lambda picks: dict(n=len(x), d=x.shape[1], k=len(picks), idx_hash=digest(picks))


def cover(job, kind):
    x, state = load(job).astype(kind, copy=False), {}

    def start():
        state.update(squares=np.einsum("ij,ij->i", x, x), least=np.full(len(x), np.inf, kind))

    def step(pick):
        squares, least = state["squares"], state["least"]
        distances = x @ x[pick]
        distances *= -2
        distances += squares
        distances += squares[pick]
        np.minimum(least, distances, out=least)
        least[pick] = 0
        return int(least.argmax())
    return lambda: greedy(job, start, step), picks_check(job, x)


peer("numpy", *COVER)(lambda job: cover(job, np.float32))
peer("arbiter", *COVER)(lambda job: cover(job, np.float64))    # not a peer: the same in float64


@peer("torch", *COVER)
def _(job):
    torch, x, state = import_torch(), load(job), {}
    rows = torch.from_numpy(x)

    def start():
        state.update(squares=(rows * rows).sum(1), least=torch.full((len(x),), float("inf")))

    def step(pick):
        squares, least = state["squares"], state["least"]
        distances = torch.addmv(squares, rows, rows[pick], alpha=-2)
        distances += squares[pick]
        torch.minimum(least, distances, out=least)
        least[pick] = 0
        return int(least.argmax())
    return lambda: greedy(job, start, step), picks_check(job, x)


# -- score: the 1,000 rows nearest to every query, and every row's highest cosine -------------------------------------------------
def score_data(job):
    queries = load(job + "_queries")
    return load(job, mapped=job.endswith("large")), queries / np.linalg.norm(queries, axis=1, keepdims=True)


def score_check(job, library, x, queries):
    def check(result):
        np.save(os.path.join(FOLDER, f"{job}_top_{library}.npy"), np.sort(np.asarray(result[0], np.int64), axis=1))
        return dict(n=len(x), d=x.shape[1], q=len(queries), k=DEPTH, sum_max=float(np.sum(result[1], dtype=np.float64)))
    return check


def merge(best, rows, scores, numbers):
    scores, numbers = np.concatenate([best, scores], 1), np.concatenate([rows, numbers], 1)
    places = np.argpartition(-scores, DEPTH - 1, axis=1)[:, :DEPTH]
    return np.take_along_axis(scores, places, 1), np.take_along_axis(numbers, places, 1)


@peer("numpy", "score", "score_large")
def _(job):
    x, queries = score_data(job)

    def run():
        best, rows, highest = np.full((len(queries), DEPTH), -2, np.float32), np.zeros((len(queries), DEPTH), np.int64), np.empty(len(x), np.float32)
        for at in range(0, len(x), CHUNK):
            block = np.asarray(x[at:at + CHUNK], np.float32)
            scores = queries @ block.T
            scores /= np.sqrt(np.einsum("ij,ij->i", block, block))
            scores.max(0, out=highest[at:at + CHUNK])
            places = np.argpartition(-scores, min(DEPTH, scores.shape[1]) - 1, axis=1)[:, :DEPTH]
            best, rows = merge(best, rows, np.take_along_axis(scores, places, 1), places + at)
        return rows, highest
    return run, score_check(job, "numpy", x, queries)


@peer("torch", "score", "score_large")
def _(job):
    torch, (x, queries) = import_torch(), score_data(job)
    asked = torch.from_numpy(queries)

    def run():
        best, rows, highest = torch.full((len(queries), DEPTH), -2.0), torch.zeros((len(queries), DEPTH), dtype=torch.int64), torch.empty(len(x))
        for at in range(0, len(x), CHUNK):
            block = torch.from_numpy(np.asarray(x[at:at + CHUNK])).float()
            scores = asked @ block.t()
            scores /= torch.linalg.vector_norm(block, dim=1)
            torch.amax(scores, 0, out=highest[at:at + CHUNK])
            values, places = scores.topk(min(DEPTH, scores.shape[1]), dim=1)
            best, kept = torch.cat([best, values], 1).topk(DEPTH, dim=1)
            rows = torch.cat([rows, places + at], 1).gather(1, kept)
        return rows.numpy(), highest.numpy()
    return run, score_check(job, "torch", x, queries)


@peer("faiss", "score", "score_large")
def _(job):
    import faiss
    faiss.omp_set_num_threads(int(THREADS))
    x, queries = score_data(job)

    def run():
        best, rows, highest = np.full((len(queries), DEPTH), -2, np.float32), np.zeros((len(queries), DEPTH), np.int64), np.empty(len(x), np.float32)
        for at in range(0, len(x), CHUNK):
            block = np.array(x[at:at + CHUNK], np.float32)
            faiss.normalize_L2(block)
            scores, places = faiss.knn(queries, block, min(DEPTH, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
            best, rows = merge(best, rows, scores, places + at)
            highest[at:at + CHUNK] = faiss.knn(block, queries, 1, metric=faiss.METRIC_INNER_PRODUCT)[0][:, 0]
        return rows, highest
    return run, score_check(job, "faiss", x, queries)


@peer("arbiter", "score", "score_large")    # not a peer: every cosine in float64
def _(job):
    x, queries = score_data(job)
    asked = load(job + "_queries").astype(np.float64)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)

    def run():
        best, rows, highest = np.full((len(asked), DEPTH), -2.0), np.zeros((len(asked), DEPTH), np.int64), np.empty(len(x))
        for at in range(0, len(x), CHUNK):
            block = np.asarray(x[at:at + CHUNK], np.float64)
            scores = asked @ block.T / np.linalg.norm(block, axis=1)
            scores.max(0, out=highest[at:at + CHUNK])
            places = np.argpartition(-scores, min(DEPTH, scores.shape[1]) - 1, axis=1)[:, :DEPTH]
            best, rows = merge(best, rows, np.take_along_axis(scores, places, 1), places + at)
        return rows, highest
    return run, score_check(job, "arbiter", x, queries)


# -- select: round robin over the queries' rankings, from all scores of 50,000 rows; rds: from their vectors -------------------------
def select(kind, rank, scored):
    queries, x = load("score_queries").astype(kind), load("score", mapped=True)[:50_000].astype(kind)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    picks = min(10_000, len(x))
    score, top = rank(queries, x)
    known = score() if scored else None

    def run():
        scores, depth = known if scored else score(), min(512, len(x) - 1)
        while True:
            order = top(scores, depth).T.ravel()
            first = np.sort(np.unique(order, return_index=True)[1])
            if len(first) >= picks or depth == len(x) - 1:
                return order[first[:picks]]
            depth = min(2 * depth, len(x) - 1)
    return run, lambda chosen: dict(n=len(x), q=len(queries), k=len(chosen), idx_hash=digest(np.sort(chosen)))


def rank_numpy(queries, x):
    def top(scores, depth):
        places = np.argpartition(-scores, depth, axis=1)[:, :depth]
        return np.take_along_axis(places, np.argsort(-np.take_along_axis(scores, places, 1), axis=1), 1)
    return lambda: queries @ x.T / np.linalg.norm(x, axis=1), top


def rank_torch(queries, x):
    torch = import_torch()
    queries, x = torch.from_numpy(queries), torch.from_numpy(x)
    return lambda: queries @ x.t() / torch.linalg.vector_norm(x, dim=1), lambda scores, depth: scores.topk(depth, dim=1)[1].numpy()


peer("numpy", "select", "rds")(lambda job: select(np.float32, rank_numpy, scored=job == "select"))
peer("torch", "rds")(lambda job: select(np.float32, rank_torch, scored=False))
peer("arbiter", "select", "rds")(lambda job: select(np.float64, rank_numpy, scored=True))    # not a peer: the same scores in float64


def main():
    if len(sys.argv) == 1:
        for job, library in PEERS:
            print(job, library)
        return
    job, library, repeats = sys.argv[1], sys.argv[2], int(sys.argv[5])
    run, check = PEERS[job, library]()
    walls, processor, result = [], [], None
    for turn in range(repeats + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if turn or wall > LONG or library == "arbiter":
            walls.append(wall)
            processor.append(cpu)
            if wall > LONG or library == "arbiter":
                break
    walls.sort()

    # Not ru_maxrss, which a process inherits from the one that started it.
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) >> 10 for line in status if line.startswith("VmHWM"))
    print(json.dumps(dict(
        job=job, peer=library, threads=int(THREADS), seconds=walls[len(walls) // 2], seconds_min=walls[0], cpu_seconds=min(processor), repeats=len(walls),
        peak_rss_mb=peak, **check(result))))


main()
