"""Choosing k by silhouettes (E), what chance cannot change in kMQ (F), and the baselines (I).

The draws of F with given uniforms are no plan's business, since a plan draws its own: WeightedDrawTests has them. Here qualities so far apart that the
exponentials leave no doubt stand in for chance. The template's text (1.2) is in EmbedTests.
"""
import math

from golden_case import case, column, groups_of, ints, line, matrix, member, scores, step, text, words
from oracle import best_first, centroid_silhouettes, deita, dedup, distance, k_means, largest_remainder, less, qdit, silhouettes


def add():
    choose_k()
    shares()
    ranked_by_losses()
    filters()
    greedy()


def choose_k():
    # The golden points, in an order whose first two rows lead to the clustering with two clusters merged and whose first three to the right one.
    points = [[0, 0], [8, 8], [0, 9], [0, 1], [1, 0], [9, 8], [8, 9], [1, 9]]
    fits = [k_means(points, points[:k], 50) for k in (2, 3, 4)]
    for form in ("exact", "centroid"):
        means = [math.fsum(silhouettes(points, labels) if form == "exact" else centroid_silhouettes(points, labels, centres)) / len(points)
                 for labels, centres, _ in fits]
        if form == "exact":
            assert [round(m, 6) for m in means[:2]] == [.632383, .864511]
        else:
            assert round(means[1], 6) == .924443
        best = best_first(means)[0]
        for k in ({"range": [2, 4]}, {"values": [2, 3, 4]}):
            case(f"E silhouette {form} {'range' if 'range' in k else 'values'}", {"x.npy": matrix(points)},
                 {"groups": {"op": "kmeans", "in": "x", "k": k, "init": "first", "silhouette": form}},
                 [ints(step("groups", "assignments.npy"), fits[best][0])]
                 + [member(step("groups", "kmeans.json"), f"silhouettes.{i}.{key}", [value])
                    for i, m in enumerate(means) for key, value in (("k", i + 2), ("silhouette", m), ("inertia", fits[i][2][-1]))])


def shares():
    rows, centres = line([4, 4, 4, 4])
    files = {"x.npy": matrix(rows), "first.npy": matrix(centres), "q.csv": scores("quality", [1] * 16)}
    case("F kmq equal loses 2 of 10", files,
         {"groups": groups_of(4), "pick": {"op": "kmq", "clusters": "groups", "quality": "q", "budget": 10, "allocation": "equal"}},
         [{"file": "selection.csv", "column": "cluster", "counts": [2, 2, 2, 2]}, member("manifest.json", "steps.pick.unspent", [2])])

    # Qualities a hundred apart: exp(100) is more than any draw can make up for.
    sizes = [6, 3, 9]
    rows, centres = line(sizes)
    rows = [[r[0] + (i * 7 % 5) / 4] for i, r in enumerate(rows)]
    quality = [100 * (i * 11 % 18) for i in range(18)]
    labels, found, _ = k_means(rows, centres, 50)
    away = [distance(r, found[l]) for r, l in zip(rows, labels)]
    files = {"x.npy": matrix(rows), "first.npy": matrix(centres), "q.csv": scores("quality", quality)}
    for budget in (1, 4, 11, 18):
        for allocation in ("proportional", "equal") if budget > 2 else ("proportional",):
            give = largest_remainder(sizes, budget, sizes) if allocation == "proportional" else [min(budget // 3, s) for s in sizes]
            for op, key, values in (("kmq", quality, quality), ("kmClosest", [-d for d in away], away)):
                chosen = [i for j in range(3) for i in [m for m in best_first(key) if labels[m] == j][:give[j]]]
                extra = {"quality": "q", "weighting": "softmax"} if op == "kmq" else {}
                case(f"F {op} {budget} {allocation}", files, {"groups": groups_of(3), "pick": {"op": op, "clusters": "groups", "budget": budget, "allocation": allocation, **extra}},
                     [ints("indices.npy", chosen), column("selection.csv", "score", [values[i] for i in chosen], 1e-6), words("selection.csv", "cluster", [str(labels[i]) for i in chosen])])


def ranked_by_losses():
    conditional, alone = [1, .5, 1.5, 0, 3, .25], [2, 1, 3, 0, 1, .5]
    table = text("conditional,alone", *(f"{c},{a}" for c, a in zip(conditional, alone)))
    for ratio, value in (("loss", lambda c, a: c / a), ("perplexity", lambda c, a: math.exp(c - a))):
        difficulty = {i: value(c, a) for i, (c, a) in enumerate(zip(conditional, alone)) if a > 0}
        for most in (1, 5):
            order = [i for i in best_first([difficulty.get(i, -1) for i in range(6)]) if difficulty.get(i, most + 1) <= most]
            case(f"I ifd {ratio} up to {most}", {"lm.csv": table},
                 {"pick": {"op": "ifd", "in": "lm", "conditional": "conditional", "alone": "alone", "ratio": ratio, "max": most, "budget": len(order)}},
                 [ints("indices.npy", order), column("selection.csv", "score", [difficulty[i] for i in order])])

    nll = [1.2, 3.4, .5, 2.2, 2.9, .9]
    order = best_first(nll)
    start = math.floor(.33 * 6)
    for keep, chosen in (("top", order), ("mid", order[start:]), ("least", sorted(range(6), key=lambda i: (nll[i], i)))):
        for budget in (1, 2, 4):
            case(f"I perplexity {keep} {budget}", {"nll.csv": scores("perplexity", nll)}, {"pick": {"op": "perplexity", "in": "nll", "keep": keep, "budget": budget}},
                 [ints("indices.npy", chosen[:budget]), column("selection.csv", "score", [nll[i] for i in chosen[:budget]])])


def filters():
    vectors = [[1, 0], [1, .1], [0, 1], [1, 1], [.05, 1]]
    value = [6, 8.7, 8, 5, 5]
    for budget in (1, 2, 3, 5):
        chosen = deita(vectors, value, .9, budget)
        if budget == 3:
            assert chosen == [1, 2, 3]
        case(f"I deita {budget}", {"x.npy": matrix(vectors), "s.csv": scores("score", value)},
             {"pick": {"op": "deita", "in": "x", "scores": "s", "threshold": .9, "budget": budget}},
             [ints("indices.npy", chosen), column("selection.csv", "score", [value[i] for i in chosen]), member("manifest.json", "steps.pick.unspent", [budget - len(chosen)])])

    # A chain: each is like its neighbour, the ends are not alike.
    chain = [[math.cos(a), math.sin(a)] for a in (0, .3, .6, .9, 3)]
    for against, staying in (("earlier", [0, 4]), ("kept", [0, 2, 4])):
        stays, like = dedup(chain, range(5), .9, against)
        assert stays == staying
        case(f"I dedup chain {against}", {"x.npy": matrix(chain)}, {"pick": {"op": "dedup", "in": "x", "threshold": .9, "against": against}},
             [ints("indices.npy", stays), words(step("pick", "duplicates.csv"), "row", map(str, sorted(like))),
              words(step("pick", "duplicates.csv"), "like", [str(like[i]) for i in sorted(like)])])

    answers = ["a b", " a b ", "A b", "a  b", "a b", "c", "c\\n"]
    stays = [i for i, a in enumerate(answers) if a.replace("\\n", "\n").strip() not in [b.replace("\\n", "\n").strip() for b in answers[:i]]]
    turns = [f'{{"messages":[{{"role":"user","content":"q"}},{{"role":"assistant","content":"{a}"}}]}}' for a in answers]
    swapped = '{"messages":[{"role":"assistant","content":"q"},{"role":"user","content":"c"}]}'
    case("I dedup texts", {"pool.jsonl": text(*turns, swapped)}, {"pick": {"op": "dedup", "in": "pool"}}, [ints("indices.npy", [*stays, len(answers)])])

    sources = "aabacbca"
    counts = {s: [i for i, c in enumerate(sources) if c == s] for s in sorted(set(sources), key=sources.index)}
    turns = [rows[p] for p in range(len(sources)) for rows in counts.values() if p < len(rows)]
    for budget in (1, 4, 8):
        case(f"I balanced {budget}", {"pool.jsonl": text(*(f'{{"text":"t{i}","from":"{s}"}}' for i, s in enumerate(sources)))},
             {"pick": {"op": "balanced", "in": "pool", "by": "source", "budget": budget}}, [ints("indices.npy", turns[:budget])], {"pool": {"source": "from"}})


def greedy():
    first, second = [[.2, .4, .1, .3], [.5, .1, .2, 0]], [[0, .2, .6, .2], [.1, .1, .4, .4]]
    axes = [[1, 0], [0, 1]]
    tasks = [{"a": [list(q) for q in zip(*c)][:2], "b": [list(q) for q in zip(*c)][2:]} for c in (first, second)]
    best = less([(axes, tasks[0], 1), (axes, tasks[1], 3)])
    assert [round(b, 9) for b in best] == [.35, .325]
    files = {"x.npy": matrix(axes)}
    for c, task in enumerate(tasks):
        for name, queries in task.items():
            files[f"{name}{c}.npy"] = matrix(queries)
        files[f"all{c}.npy"] = matrix(task["a"] + task["b"])
    for name, extra, queries in (("named", {}, lambda c: {"a": f"a{c}", "b": f"b{c}"}), ("cut", {"subtasks": 2}, lambda c: {"all": f"all{c}"})):
        case(f"I less {name}", files,
             {"pick": {"op": "less", "checkpoints": [{"in": "x", "queries": queries(c), "learningRate": rate} for c, rate in ((0, 1), (1, 3))], "budget": 2, **extra}},
             [ints("indices.npy", [0, 1]), column("selection.csv", "score", best, 1e-7)])

    corner, quality = [[1, 0], [0, 1], [1, 1]], [.1, .2, 0]
    for alpha in (0, .5, .9, 1):
        picks, values = qdit(corner, quality, alpha, 3)
        if alpha == .5:
            assert picks[:2] == [2, 1] and [round(v, 6) for v in values[:2]] == [1.207107, 1.453553]
        case(f"I qdit {alpha}", {"x.npy": matrix(corner), "q.csv": scores("quality", quality)},
             {"pick": {"op": "qdit", "in": "x", "quality": "q", "alpha": alpha, "budget": 3}},
             [ints("indices.npy", picks), column("selection.csv", "score", values)])
