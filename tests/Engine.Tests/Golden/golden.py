#!/usr/bin/env python3
"""Writes golden.json: small plans, their input files, and what every result file must hold.

Each expectation comes from oracle.py, which shares nothing with the engine. The letters are those of the methods; golden_baselines.py,
golden_rounds.py and golden_random.py add theirs. Run it again after a change:

    python3 tests/Engine.Tests/Golden/golden.py > tests/Engine.Tests/Golden/golden.json
"""
import itertools
import json
import math
import sys
from fractions import Fraction

import golden_baselines
import golden_random
import golden_rounds
from golden_case import case, cases, column, integers, ints, line, matrix, member, reals, step, text, words
from oracle import (axes, best_first, cosine, distance, f32, highest, k_center, k_means, largest_remainder, lowest, mean_row,
                    mtld_one_way, pool, round_robin, rows_with_scores, solve, student_two_sided, unit, unit_distance)

# ---------------------------------------------------------------- A. pooling

H = [[1, 0], [0, 1], [2, 2]]
H4 = [[4, 0], [0, 2], [2, 2], [1, -3]]
long = [[((i * 7 + j * 3) % 11 - 5) / 4 for j in range(2)] for i in range(2048)]
for records in ([H, H4], [long, H]):
    starts = [0, *itertools.accumulate(len(r) for r in records)]
    for pooling in ("weightedMean", "mean", "last", "first"):
        for normalize in (True, False):
            vectors = [pool(r, pooling) for r in records]
            case(f"A pooling {pooling}{' unit' if normalize else ''} of {len(records[0])} tokens",
                 {"offsets/at.npy": integers(starts), "values.npy": matrix(sum(records, []))},
                 {"vec": {"op": "pool", "in": "values", "pooling": pooling, "normalize": normalize}},
                 [reals(step("vec", "embeddings.npy"), sum((unit(v) if normalize else v for v in vectors), []), 2e-7)],
                 {"values": {"kind": "states", "offsets": "offsets/at.npy"}})


# ---------------------------------------------------------------- B, C. round robin

B = [[.9, .8, .1, .5, .3, .8], [.9, .2, .7, .6, .1, .0], [.1, .95, .2, .3, .9, .4]]
scale, length = 20, 40
pool_b = rows_with_scores(B, scale, length)
queries_b = axes(3, 7)
seen = [[s * scale / length for s in q] for q in B]
rankings = [best_first(q) for q in seen]
for budget in range(1, 7):
    for duplicates in ("consume", "skip"):
        taken, by = round_robin(rankings, budget, duplicates)
        case(f"B roundRobin {duplicates} {budget}", {"pool.npy": matrix(pool_b), "q.npy": matrix(queries_b)},
             {"pick": {"op": "rds", "in": "pool", "queries": {"t": "q"}, "budget": budget, "duplicates": duplicates}},
             [ints(step("pick", "indices.npy"), taken), column("selection.csv", "score", [seen[q][r] for q, r in zip(by, taken)]),
              words("selection.csv", "query", map(str, by))])
        if budget <= 3:
            taken, by = round_robin(rankings, budget, duplicates, barred=(0, 2, 4))
            case(f"B within {duplicates} {budget}", {"pool.npy": matrix(pool_b), "q.npy": matrix(queries_b), "good.csv": text("good", *"010101")},
                 {"some": {"op": "filter", "in": "pool", "scores": {"input": "good", "min": 1}},
                  "pick": {"op": "rds", "in": "pool", "queries": {"t": "q"}, "budget": budget, "duplicates": duplicates, "within": "some"}},
                 [ints("indices.npy", taken), words("selection.csv", "query", map(str, by))])
    taken, by = round_robin([best_first([-s for s in q]) for q in seen], budget, "consume")
    case(f"B min {budget}", {"pool.npy": matrix(pool_b), "q.npy": matrix(queries_b)},
         {"pick": {"op": "rds", "in": "pool", "queries": {"t": "q"}, "budget": budget, "reduce": "min"}},
         [ints("indices.npy", taken), column("selection.csv", "score", [seen[q][r] for q, r in zip(by, taken)]), words("selection.csv", "query", map(str, by))])
    highs = [max(c) for c in zip(*seen)]
    means = [math.fsum(c) / 3 for c in zip(*seen)]
    normal = [[(s - min(q)) / (max(q) - min(q)) for s in q] for q in seen]
    normals = [math.fsum(c) / 3 for c in zip(*normal)]
    for reduce, values in (("max", highs), ("mean", means), ("normalizedMean", normals)):
        order = best_first([round(v, 12) for v in values])[:budget]
        case(f"B {reduce} {budget}", {"pool.npy": matrix(pool_b), "q.npy": matrix(queries_b)},
             {"pick": {"op": "rds", "in": "pool", "queries": {"t": "q"}, "budget": budget, "reduce": reduce}},
             [ints("indices.npy", order), column("selection.csv", "score", [values[i] for i in order])]
             + ([words("selection.csv", "query", [str(max(range(3), key=lambda q: (seen[q][i], -q))) for i in order])] if reduce == "max" else []))

CA = [[.9, .1, .4, .2, .3], [.2, .3, .8, .1, .25]]
CB = [[.85, .6, .5, .7, .65]]
pool_c = rows_with_scores(CA + CB, scale, length)
all_axes = axes(3, 7)
task_scores = [[max(c) * scale / length for c in zip(*t)] for t in (CA, CB)]
for budget in range(1, 6):
    lists = [best_first(t) for t in task_scores]
    taken, first, low = [], {}, {}
    while len(taken) < budget:
        for t, ranking in enumerate(lists):
            if len(taken) == budget:
                break
            row = ranking.pop(0)
            low[row] = min(low.get(row, math.inf), task_scores[t][row])
            if row not in taken:
                taken.append(row)
                first[row] = "ab"[t]
    case(f"C tasks {budget}", {"pool.npy": matrix(pool_c), "qa.npy": matrix(all_axes[:2]), "qb.npy": matrix(all_axes[2:])},
         {"pick": {"op": "rds", "in": "pool", "queries": {"a": "qa", "b": "qb"}, "budget": budget}},
         [ints("indices.npy", taken), column("selection.csv", "score", [low[r] for r in taken]), words("selection.csv", "task", [first[r] for r in taken]),
          words("selection.csv", "query", [str(max(range(len(t)), key=lambda q: (t[q][r], -q))) for r in taken for t in [CA if first[r] == "a" else CB]])])


# ---------------------------------------------------------------- D. k-center

X = [[0, 0], [1, 0], [0, 2], [5, 0], [5, 1], [2, 4]]
mean_x = mean_row(X)
nearest = lowest([distance(x, mean_x) for x in X])
for name, extra, answer in [
    ("default", {}, k_center(X, 6, start=0)),
    ("row 4", {"start": {"row": 4}}, k_center(X, 6, start=4)),
    ("nearestToCentre", {"start": "nearestToCentre"}, k_center(X, 6, start=nearest)),
    ("virtualCentre", {"start": "virtualCentre"}, k_center(X, 6, centres=[mean_x])),
    ("stopRadius", {"stopRadius": 2}, tuple(v[:4] for v in k_center(X, 6, start=0))),
]:
    case(f"D kcenter {name}", {"x.npy": matrix(X)}, {"pick": {"op": "kcenter", "in": "x", "budget": 6, **extra}},
         [ints("indices.npy", answer[0]), reals(step("pick", "radii.npy"), answer[1])])
picks, radii = k_center(X, 3, centres=[X[0]])
case("D kcenter from a selection", {"x.npy": matrix(X)},
     {"one": {"op": "kcenter", "in": "x", "budget": 1}, "pick": {"op": "kcenter", "in": "x", "budget": 3, "start": {"rows": "one"}}},
     [ints("indices.npy", picks), reals(step("pick", "radii.npy"), radii)])
T = [[0, 0], [2, 0], [-2, 0], [0, 2]]
picks, radii = k_center(T, 4, start=0)
case("D kcenter ties", {"x.npy": matrix(T)}, {"pick": {"op": "kcenter", "in": "x", "budget": 4}},
     [ints("indices.npy", picks), reals(step("pick", "radii.npy"), radii)])
Y = [[f32(math.sin(i * i + j) + (i % 3)) for j in range(5)] for i in range(40)]
picks, radii = k_center(Y, 25, start=0, metric=unit_distance)
case("D kcenter cosine", {"y.npy": matrix(Y)}, {"pick": {"op": "kcenter", "in": "y", "budget": 25, "metric": "cosine"}},
     [ints("indices.npy", picks), reals(step("pick", "radii.npy"), radii, 1e-7)])


# ---------------------------------------------------------------- E. k-means

P = [[0, 0], [0, 1], [1, 0], [8, 8], [9, 8], [8, 9], [0, 9], [1, 9]]
for name, start in (("apart", [0, 3, 6]), ("with an empty cluster", [0, 1, 2])):
    for updates in (0, 1, 2, 3, 10):
        labels, centres, objectives = k_means(P, [P[i] for i in start], updates)
        case(f"E kmeans {name}, {updates} updates", {"p.npy": matrix(P), "first.npy": matrix([P[i] for i in start])},
             {"groups": {"op": "kmeans", "in": "p", "k": 3, "init": {"centroids": "first"}, "maxIterations": updates}},
             [ints(step("groups", "assignments.npy"), labels),
              reals(step("groups", "centroids.npy"), sum(centres, []), 1e-6),
              member(step("groups", "kmeans.json"), "inertia", [objectives[-1]], 1e-9),
              member(step("groups", "kmeans.json"), "sizes", [labels.count(j) for j in range(3)])])
labels, centres, objectives = k_means(P, P[:2], 20)
case("E kmeans first", {"p.npy": matrix(P)}, {"groups": {"op": "kmeans", "in": "p", "k": 2, "init": "first"}},
     [ints(step("groups", "assignments.npy"), labels), reals(step("groups", "centroids.npy"), sum(centres, []), 1e-6)])


# ---------------------------------------------------------------- F. k-means-quality sampling

for sizes, budget in (([50, 30, 15, 5], 20), ([50, 30, 15, 5], 7), ([7, 7, 7], 10), ([97, 2, 1], 10)):
    rows, centres = line(sizes)
    files = {"x.npy": matrix(rows), "first.npy": matrix(centres), "q.csv": text("quality", *(str(1 + i % 5) for i in range(len(rows))))}
    groups = {"op": "kmeans", "in": "x", "k": len(sizes), "init": {"centroids": "first"}}
    for allocation, shares in (("proportional", largest_remainder(sizes, budget, sizes)), ("equal", [min(budget // len(sizes), s) for s in sizes])):
        case(f"F kmq {sizes} budget {budget} {allocation}", files,
             {"groups": groups, "pick": {"op": "kmq", "clusters": "groups", "quality": "q", "budget": budget, "allocation": allocation}},
             [{"file": "selection.csv", "column": "cluster", "counts": shares}])


# ---------------------------------------------------------------- H. InstructMining

table = [("a", 1.2, 120, .80, .95, .90, .97), ("b", -.5, 300, .60, .99, .95, .60), ("c", 2.5, 80, .90, .80, .85, .99), ("d", 0, 0, 0, 0, 0, 0)]
columns = "reward,outputLength,knn6,understandability,naturalness,coherence"
indicator_rows = text(columns, *(",".join(str(v) for v in row[1:]) for row in table))
v1 = [1.0694 - 0.1498 * r[1] + 8.257e-5 * r[2] - 0.9350 * r[3] for r in table]
v3 = [0.0274 - 0.0078 * r[1] + 0.4421 * r[4] - 0.3212 * r[5] - 0.1520 * r[6] for r in table]
own = [2 - 3 * r[6] for r in table]
for name, rule, scores in (("v1", "instructMining-v1", v1), ("v3", "instructMining-v3", v3), ("own", {"intercept": 2, "coefficients": {"coherence": -3}}, own)):
    order = sorted(range(4), key=lambda i: (scores[i], i))
    for budget in (1, 3, 4):
        case(f"H quality {name} {budget}", {"table.csv": indicator_rows}, {"pick": {"op": "quality", "in": "table", "rule": rule, "budget": budget}},
             [ints("indices.npy", order[:budget]), column(step("pick", "scores.csv"), "score", scores), column("selection.csv", "score", [scores[i] for i in order[:budget]])])


runs = [(1, 2, 1), (2, 1, 2), (3, 5, 4), (4, 3, 3), (5, 6, 6)]
x = [[1, a, b] for a, b, _ in runs]
y = [c for _, _, c in runs]
normal_matrix = [[sum(r[i] * r[j] for r in x) for j in range(3)] for i in range(3)]
beta = solve(normal_matrix, [sum(r[i] * v for r, v in zip(x, y)) for i in range(3)])
errors = [v - sum(b * w for b, w in zip(beta, r)) for r, v in zip(x, y)]
sse = sum(e * e for e in errors)
sst = sum((v - Fraction(sum(y), 5)) ** 2 for v in y)
df = 2
variances = [solve(normal_matrix, [1 if i == j else 0 for i in range(3)])[j] * sse / df for j in range(3)]
errors_of = [math.sqrt(v) for v in variances]
ts = [float(b) / e for b, e in zip(beta, errors_of)]
r2 = 1 - sse / sst
f_value = float((r2 / 2) / ((1 - r2) / df))
facts = [("intercept", beta[0]), ("interceptSe", errors_of[0]), ("interceptT", ts[0]), ("interceptP", student_two_sided(ts[0], df)),
         ("r2", r2), ("adjustedR2", 1 - (1 - r2) * 4 / df), ("f", f_value), ("fP", (1 + f_value) ** -1.0)]
for i, name in ((1, "x1"), (2, "x2")):
    facts += [(f"coefficients.{name}.beta", beta[i]), (f"coefficients.{name}.se", errors_of[i]), (f"coefficients.{name}.t", ts[i]),
              (f"coefficients.{name}.p", student_two_sided(ts[i], df))]
case("H fitQuality", {"runs.csv": text("x1,x2,loss", *(f"{a},{b},{math.exp(c)!r}" for a, b, c in runs))}, {"fit": {"op": "fitQuality", "runs": "runs"}},
     [member(step("fit", "fit.json"), path, [float(v)], 1e-8) for path, v in facts])


answers = ["the cat sat on the mat and the dog sat on the log", "a b c d e f", "a a a a", "a b a b a b c d e f g h", "a b c a",
           "a b c d a b c d e e f g a b h", "", "one"]
mtld = [(mtld_one_way(a.split()) + mtld_one_way(a.split()[::-1])) / 2 if a else 0.0 for a in answers]
points = [[0.0], [1.0], [3.0], [6.0], [10.0], [15.0], [21.0], [28.0]]
near = [sorted(distance(p, q) for j, q in enumerate(points) if j != i) for i, p in enumerate(points)]
case("H indicators", {"pool.jsonl": text(*(json.dumps({"prompt": "say it", "completion": a}) for a in answers)), "vec.npy": matrix(points)},
     {"table": {"op": "indicators", "in": "pool", "which": ["mtld", "knn1", "knn2", "knn6", "outputLength", "inputLength"], "embeddings": "vec"}},
     [column(step("table", "scores.csv"), "mtld", mtld), column(step("table", "scores.csv"), "knn1", [n[0] for n in near]),
      column(step("table", "scores.csv"), "knn2", [n[1] for n in near]), column(step("table", "scores.csv"), "knn6", [n[5] for n in near]),
      column(step("table", "scores.csv"), "outputLength", [len(a.split()) for a in answers]), column(step("table", "scores.csv"), "inputLength", [2] * 8)],
     {"vec": {"rowsOf": "pool"}})


# ---------------------------------------------------------------- I. LTD from records to core set

raw = [[3, 0], [4, 1], [4, -1], [5, 2], [0, 2], [1, 4], [-1, 5], [-3, -1], [-4, 0]]
task = "TTTOTOOOO"
rows = [[f32(v) for v in unit(r)] for r in raw]
labels, centres, _ = k_means(rows, [rows[i] for i in (0, 4, 7)], 50)
ids = [i for i in range(9) if task[i] == "T"]
main = highest([sum(labels[i] == j for i in ids) for j in range(3)])
likeness = {i: cosine(rows[i], centres[main]) for i in ids}
order = sorted(ids, key=lambda i: (-likeness[i], i))
ltd_files = {"pool.jsonl": text(*(json.dumps({"text": f"record {i}", "dataset": t}) for i, t in enumerate(task))),
             "vec.npy": matrix(rows), "first.npy": matrix([rows[i] for i in (0, 4, 7)])}
ltd_inputs = {"pool": {"source": "dataset"}, "vec": {"rowsOf": "pool"}}
ltd_steps = {"groups": {"op": "kmeans", "in": "vec", "k": 3, "init": {"centroids": "first"}},
             "task": {"op": "taskCentre", "in": "vec", "clusters": "groups", "source": "T"}}
for budget in (1, 2, 3, 4):
    top = (budget + 1) // 2
    for keep, chosen in (("top", order[:budget]), ("least", order[::-1][:budget]), ("mixed", order[:top] + order[::-1][:budget - top])):
        case(f"I cosineSample {keep} {budget}", ltd_files,
             {**ltd_steps, "pick": {"op": "cosineSample", "in": "vec", "centre": "task", "keep": keep, "budget": budget}},
             [ints("indices.npy", chosen), column("selection.csv", "score", [likeness[i] for i in chosen], 1e-6)], ltd_inputs)
    picks, radii = k_center(rows, budget, start=0, allowed=ids)
    case(f"I kcenter within {budget}", ltd_files, {**ltd_steps, "pick": {"op": "kcenter", "in": "vec", "budget": budget, "within": "task"}},
         [ints("indices.npy", picks), reals(step("pick", "radii.npy"), radii, 1e-7)], ltd_inputs)

golden_baselines.add()
golden_rounds.add()
golden_random.add()

# Many cases read the same files: each content is written once, and a case's files are numbers of contents.
contents = {}
for made in cases:
    made["files"] = {name: contents.setdefault(json.dumps(file, separators=(",", ":")), len(contents)) for name, file in made["files"].items()}
json.dump({"contents": [json.loads(c) for c in contents], "cases": cases}, sys.stdout, separators=(",", ":"))
print()
