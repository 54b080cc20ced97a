"""Small random pools for every method whose result chance does not decide, against the brute-force definitions.

Values have few digits so that rows repeat, and some rows are copies or doubles of others, so that distances and cosines tie exactly. Ties between different
rows that only rounding could break do not occur: the generator is seeded, and the tests would fail where they did.
"""
import math
import random

from golden_case import Many, column, groups_of, ints, lines_of, matrix, member, reals, scores, text, words
from oracle import (best_first, centroid_silhouettes, cosine, deita, dedup, distance, f32, highest, k_center, k_means, less, lowest, mean_row, qdit,
                    rds, silhouettes, squared, unit, unit_distance)


def pool(chance, rows, dim, spread=4):
    """Random rows; about one in six is a copy of an earlier one or twice it."""
    made = []
    for _ in range(rows):
        if made and chance.random() < 1 / 6:
            factor = chance.choice((1, 1, 2))
            made.append([factor * v for v in chance.choice(made)])
        else:
            made.append([f32(chance.randint(-1000 * spread, 1000 * spread) / 1000) for _ in range(dim)])
    return made


def around(chance, rows, dim, centres, noise):
    """Random rows near a few directions."""
    middles = [[chance.uniform(-1, 1) for _ in range(dim)] for _ in range(centres)]
    return [[f32(round(m + chance.gauss(0, noise), 3)) for m in middles[i % centres]] for i in range(rows)]


def add():
    for seed in range(6):
        ranked_by_queries(random.Random(f"rds {seed}"), seed)
        covered(random.Random(f"kcenter {seed}"), seed)
        clustered(random.Random(f"kmeans {seed}"), seed)
        filtered(random.Random(f"filters {seed}"), seed)
        weighed(random.Random(f"greedy {seed}"), seed)


def ranked_by_queries(chance, seed):
    count, dim = chance.randint(20, 60), chance.randint(3, 8)
    rows = pool(chance, count, dim)
    tasks = {name: pool(chance, chance.randint(1, 4), dim) for name in "cab"[:3 if seed % 2 else 1]}
    sources = [chance.choice(("flan", "open science", "science qa", "cot")) for _ in rows]
    budget = chance.randint(4, count // 2)
    caps = {"flan": 2, "*science*": f"{chance.choice((25, 40, 50))}%"}
    limits = {"flan": 2, "science": math.floor(budget * int(caps["*science*"][:-1]) / 100 + .5)}
    good = [chance.random() < .7 for _ in rows]
    files = {"pool.jsonl": lines_of(sources, "dataset"), "x.npy": matrix(rows), **{f"{n}.npy": matrix(q) for n, q in tasks.items()},
             "good.csv": scores("good", [int(g) for g in good])}
    inputs = {"pool": {"source": "dataset"}, "x": {"rowsOf": "pool"}}
    some = {"op": "filter", "in": "x", "scores": {"input": "good", "min": 1}}
    many = Many(f"random rds {seed}", files, {"some": some}, inputs)
    for reduce in ("roundRobin", "max", "mean", "normalizedMean", "min"):
        for name, extra, rule in (
            ("", {}, {}),
            ("Skip", {"duplicates": "skip"}, {"duplicates": "skip"}),
            ("Caps", {"caps": caps}, {"cap_of": ["science" if "science" in s else s for s in sources], "caps": limits}),
            ("Within", {"within": "some"}, {"allowed": {i for i, g in enumerate(good) if g}}),
        ):
            if reduce not in ("roundRobin", "min") and name == "Skip":
                continue
            taken, values = rds(rows, list(tasks.values()), budget, reduce, **rule)
            many.add(reduce + name, {"op": "rds", "in": "x", "queries": {n: n for n in tasks}, "budget": budget, "reduce": reduce, **extra},
                     [ints("indices.npy", taken), column("selection.csv", "score", values, 1e-9)])
    many.close()


def covered(chance, seed):
    count, dim = chance.randint(20, 60), chance.randint(2, 8)
    rows = pool(chance, count, dim)
    good = sorted(chance.sample(range(count), count * 2 // 3))
    first = sorted(chance.sample(range(count), 3))
    files = {"x.npy": matrix(rows), "good.csv": scores("good", [int(i in good) for i in range(count)]), "first.csv": scores("first", [int(i in first) for i in range(count)])}
    some = {"op": "filter", "in": "x", "scores": {"input": "good", "min": 1}}
    begun = {"op": "filter", "in": "x", "scores": {"input": "first", "min": 1}}
    many = Many(f"random kcenter {seed}", files, {"some": some, "begun": begun})
    for metric, apart in (("l2", distance), ("cosine", unit_distance)):
        for within in (False, True):
            ids = good if within else list(range(count))
            middle = mean_row([rows[i] if metric == "l2" else unit(rows[i]) for i in ids])
            nearest = ids[lowest([apart(rows[i], middle) for i in ids])]
            row = chance.choice(ids)
            for name, start, options in (
                ("default", None, {"start": ids[0]}),
                ("row", {"row": row}, {"start": row}),
                ("nearestToCentre", "nearestToCentre", {"start": nearest}),
                ("virtualCentre", "virtualCentre", {"centres": [middle]}),
                ("rows", {"rows": "begun"}, {"centres": [rows[i] for i in first]}),
            ):
                free = len(ids) - (sum(i in first for i in ids) if name == "rows" else 0)
                budget = free if metric == "l2" else free // 3
                picks, radii = k_center(rows, budget, metric=apart, allowed=ids, **options)
                many.add(f"{metric}-{name}{'-within' if within else ''}",
                         {"op": "kcenter", "in": "x", "budget": budget, "metric": metric, **({"start": start} if start else {}), **({"within": "some"} if within else {})},
                         [ints("indices.npy", picks), reals("radii.npy", radii, 1e-7 if metric == "cosine" else 1e-9)])
    many.close()


def clustered(chance, seed):
    count, dim, k = chance.randint(24, 60), chance.randint(2, 6), chance.randint(2, 6)
    rows = around(chance, count, dim, 4, .3)
    start = chance.sample(rows, k)
    task = ["T", "O", *(chance.choice("TTO") for _ in rows[2:])]
    many = Many(f"random clusters {seed}", {"pool.jsonl": lines_of(task, "dataset"), "x.npy": matrix(rows), "first.npy": matrix(start)},
                inputs={"pool": {"source": "dataset"}, "x": {"rowsOf": "pool"}})
    for updates in (1, 50):
        labels, centres, _ = k_means(rows, start, updates)
        many.add(f"groups{updates}", {**groups_of(k), "maxIterations": updates}, [ints("assignments.npy", labels), reals("centroids.npy", sum(centres, []), 1e-6)])

    fits = {k: k_means(rows, rows[:k], 100) for k in range(2, 6)}
    for form in ("exact", "centroid"):
        means = [math.fsum(silhouettes(rows, l) if form == "exact" else centroid_silhouettes(rows, l, c)) / count for l, c, _ in fits.values()]
        many.add(form, {"op": "kmeans", "in": "x", "k": {"range": [2, 5]}, "init": "first", "silhouette": form},
                 [ints("assignments.npy", fits[2 + highest(means)][0])] + [member("kmeans.json", f"silhouettes.{i}.silhouette", [m], 1e-6) for i, m in enumerate(means)])

    many.add("task", {"op": "taskCentre", "in": "x", "clusters": "groups50", "source": "T"}, [])
    ids = [i for i in range(count) if task[i] == "T"]
    centre = centres[highest([sum(labels[i] == j for i in ids) for j in range(k)])]
    likeness = {i: cosine(rows[i], centre) for i in ids}
    best, worst = sorted(ids, key=lambda i: (-likeness[i], i)), sorted(ids, key=lambda i: (likeness[i], i))
    budget = chance.randint(2, len(ids) // 2)
    for keep, chosen in (("top", best[:budget]), ("least", worst[:budget]), ("mixed", best[:budget - budget // 2] + worst[:budget // 2])):
        many.add(keep, {"op": "cosineSample", "in": "x", "centre": "task", "keep": keep, "budget": budget},
                 [ints("indices.npy", chosen), column("selection.csv", "score", [likeness[i] for i in chosen], 1e-6)])
    many.close()

    points = pool(chance, 20, 3)
    near = [sorted(distance(p, q) for j, q in enumerate(points) if j != i) for i, p in enumerate(points)]
    many = Many(f"random knn {seed}", {"pool.jsonl": lines_of("a" * 20, "dataset"), "x.npy": matrix(points)}, inputs={"x": {"rowsOf": "pool"}})
    many.add("table", {"op": "indicators", "in": "pool", "which": ["knn1", "knn2", "knn6"], "embeddings": "x"},
             [column("scores.csv", f"knn{i}", [n[i - 1] for n in near]) for i in (1, 2, 6)])
    many.close()


def filtered(chance, seed):
    count, dim = chance.randint(30, 60), chance.randint(3, 6)
    rows = around(chance, count, dim, 7, .15)
    rows = rows[:-4] + chance.sample(rows[:-4], 4)
    table = [(chance.randint(1, 6), chance.randint(1, 6)) for _ in rows]
    value = [a * b for a, b in table]
    start = chance.sample(rows[:7], 3)
    labels, centres, _ = k_means(rows, start, 50)
    away = [squared(r, centres[l]) for r, l in zip(rows, labels)]
    files = {"x.npy": matrix(rows), "s.csv": text("complexity,quality", *(f"{a},{b}" for a, b in table)), "v.csv": scores("s", value), "first.npy": matrix(start)}
    many = Many(f"random filters {seed}", files, {"groups": groups_of(3)})
    for threshold in (.8, .95):
        budget = chance.randint(5, count)
        chosen = deita(rows, value, threshold, budget)
        many.add(f"deita-{threshold}", {"op": "deita", "in": "x", "scores": "s", "threshold": threshold, "budget": budget},
                 [ints("indices.npy", chosen), column("selection.csv", "score", [value[i] for i in chosen])])

    for against in ("earlier", "kept"):
        for name, order, extra in (
            ("first", list(range(count)), {}),
            ("highest", best_first(value), {"keep": "highest", "scores": "v"}),
            ("farthest", best_first(away), {"clusters": "groups"}),
            ("nearest", best_first([-a for a in away]), {"clusters": "groups", "keep": "nearest"}),
        ):
            stays, like = dedup(rows, order, .9, against, labels if "clusters" in extra else None)
            gone = sorted(like)
            keepers = []
            for row in gone:
                keeper = like[row]
                while keeper in like:
                    keeper = like[keeper]
                keepers.append(keeper)
            many.add(f"{against}-{name}", {"op": "dedup", "in": "x", "threshold": .9, "against": against, **extra},
                     [ints("indices.npy", stays), words("duplicates.csv", "row", map(str, gone)), words("duplicates.csv", "like", [str(like[i]) for i in gone]),
                      words("duplicates.csv", "keeper", map(str, keepers)), column("duplicates.csv", "cosine", [cosine(rows[i], rows[like[i]]) for i in gone])])
    many.close()


def weighed(chance, seed):
    count, dim = chance.randint(20, 30), chance.randint(2, 5)
    rows = pool(chance, count, dim)
    quality = [chance.randint(0, 12) for _ in rows]
    parts = chance.choice((1, 2, 3))
    rates = [round(chance.uniform(.5, 3), 2) for _ in range(2)]
    sets = [pool(chance, count, dim) for _ in rates]
    tasks = [{name: pool(chance, parts * (i + 1), dim) for i, name in enumerate("ab")} for _ in rates]
    conditional, alone = [chance.randint(0, 30) / 8 for _ in rows], [chance.randint(0, 24) / 8 for _ in rows]
    files = {"x.npy": matrix(rows), "lm.csv": text("quality,c,a", *(f"{q},{c},{a}" for q, c, a in zip(quality, conditional, alone)))}
    files |= {f"g{c}.npy": matrix(s) for c, s in enumerate(sets)} | {f"{n}{c}.npy": matrix(q) for c, t in enumerate(tasks) for n, q in t.items()}
    many = Many(f"random greedy {seed}", files)
    for alpha in (.1, .5, .95):
        picks, values = qdit(rows, quality, alpha, 8)
        many.add(f"qdit-{alpha}", {"op": "qdit", "in": "x", "quality": "lm", "column": "quality", "alpha": alpha, "budget": 8},
                 [ints("indices.npy", picks), column("selection.csv", "score", values)])

    for normalize in (False, True):
        best = less(list(zip(sets, tasks, rates)), normalize, parts)
        order = best_first(best)[:7]
        checkpoints = [{"in": f"g{c}", "queries": {n: f"{n}{c}" for n in "ab"}, "learningRate": r} for c, r in enumerate(rates)]
        many.add(f"less-{normalize}", {"op": "less", "checkpoints": checkpoints, "budget": 7, "subtasks": parts, "normalize": normalize},
                 [ints("indices.npy", order), column("selection.csv", "score", [best[i] for i in order], 1e-9), column("scores.csv", "influence", best, 1e-9)])

    for ratio, of in (("loss", lambda c, a: c / a), ("perplexity", lambda c, a: math.exp(c - a))):
        difficulty = [of(c, a) if a > 0 else math.inf for c, a in zip(conditional, alone)]
        order = [i for i in best_first(difficulty) if difficulty[i] <= 1]
        many.add(f"ifd-{ratio}", {"op": "ifd", "in": "lm", "conditional": "c", "alone": "a", "ratio": ratio, "budget": len(order)},
                 [ints("indices.npy", order), column("selection.csv", "score", [difficulty[i] for i in order])])

    order = best_first(conditional)
    place = chance.choice((.1, .25, .33, .5))
    for keep, chosen in (("top", order), ("mid", order[math.floor(place * count):]), ("least", best_first([-c for c in conditional]))):
        many.add(keep, {"op": "perplexity", "in": "lm", "column": "c", "keep": keep, "budget": 6, **({"from": place} if keep == "mid" else {})}, [ints("indices.npy", chosen[:6])])
    many.close()
