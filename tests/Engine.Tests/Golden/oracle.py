"""The methods by their textbook definitions, in plain Python and double precision. Ties go to the lower row.

Nothing here shares code or tricks with the engine; golden.py makes the golden data with it.
"""
import math
import struct
from fractions import Fraction


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def short(x):
    """The shortest text of a float32, as a number."""
    return float(next(t for t in (f"{x:.{p}g}" for p in range(1, 10)) if f32(float(t)) == x)) if x else 0


def dot(a, b):
    return math.fsum(x * y for x, y in zip(a, b))


def norm(a):
    return math.sqrt(dot(a, a))


def unit(a):
    n = norm(a)
    return [x / n for x in a]


def squared(a, b):
    return math.fsum((x - y) ** 2 for x, y in zip(a, b))


def distance(a, b):
    return math.sqrt(squared(a, b))


def cosine(a, b):
    return dot(a, b) / (norm(a) * norm(b))


def mean_row(rows):
    return [math.fsum(c) / len(rows) for c in zip(*rows)]


def best_first(scores):
    return sorted(range(len(scores)), key=lambda i: (-scores[i], i))


def lowest(values):
    return min(range(len(values)), key=lambda i: (values[i], i))


def highest(values):
    return min(range(len(values)), key=lambda i: (-values[i], i))


def weights(count, pooling):
    if pooling == "weightedMean":
        return [2 * i / (count * (count + 1)) for i in range(1, count + 1)]
    if pooling == "mean":
        return [1 / count] * count
    return [1.0 if i == (count - 1 if pooling == "last" else 0) else 0.0 for i in range(count)]


def pool(tokens, pooling):
    w = weights(len(tokens), pooling)
    return [math.fsum(wi * h for wi, h in zip(w, column_)) for column_ in zip(*tokens)]


def four_squares(n):
    for a in range(math.isqrt(n), -1, -1):
        for b in range(math.isqrt(n - a * a), -1, -1):
            rest = n - a * a - b * b
            for c in range(math.isqrt(rest), -1, -1):
                d = math.isqrt(rest - c * c)
                if d * d == rest - c * c:
                    return [a, b, c, d]
    raise ValueError(n)


def rows_with_scores(queries, scale, length):
    """Integer rows of one exact norm whose cosines with the axes are the scores times scale / length, so that ties are exact."""
    rows = []
    for scores in zip(*queries):
        heads = [round(s * scale) for s in scores]
        assert all(abs(h - s * scale) < 1e-9 for h, s in zip(heads, scores))
        rows.append(heads + four_squares(length * length - sum(h * h for h in heads)))
    return rows


def axes(count, dim):
    return [[1.0 if i == j else 0.0 for j in range(dim)] for i in range(count)]


def round_robin(lists, budget, duplicates, barred=()):
    """Lists are rankings; every visit pops one entry (consume) or the best that is neither taken nor barred (skip)."""
    lists = [list(l) for l in lists]
    taken, by = [], []
    while len(taken) < budget and any(lists):
        for q, ranking in enumerate(lists):
            if duplicates == "skip":
                while ranking and (ranking[0] in taken or ranking[0] in barred):
                    ranking.pop(0)
            if not ranking or len(taken) == budget:
                continue
            row = ranking.pop(0)
            if row not in taken and row not in barred:
                taken.append(row)
                by.append(q)
    return taken, by


def k_center(rows, budget, centres=(), start=None, metric=distance, allowed=None):
    rows_allowed = list(range(len(rows))) if allowed is None else list(allowed)
    away = {i: min((metric(rows[i], c) for c in centres), default=math.inf) for i in rows_allowed}
    picks, radii = [], []
    while len(picks) < budget:
        pick = start if not picks and start is not None else max(rows_allowed, key=lambda i: (away[i], -i))
        picks.append(pick)
        for i in rows_allowed:
            away[i] = min(away[i], metric(rows[i], rows[pick]))
        radii.append(max(away.values()))
        if radii[-1] == 0:
            break
    return picks, radii


def unit_distance(a, b):
    return math.sqrt(max(0.0, 2 - 2 * cosine(a, b)))


def k_means(rows, centres, updates):
    """Lloyd with float32 centroids, as they are stored; an empty cluster starts anew at the row farthest from its centroid."""
    objectives = []
    for update in range(updates + 1):
        labels = [lowest([squared(r, c) for c in centres]) for r in rows]
        away = [squared(r, centres[l]) for r, l in zip(rows, labels)]
        objectives.append(math.fsum(away))
        if update == updates:
            return labels, centres, objectives
        groups = [[r for r, l in zip(rows, labels) if l == j] for j in range(len(centres))]
        centres = [[f32(v) for v in mean_row(g)] if g else None for g in groups]
        for j, g in enumerate(groups):
            if not g:
                far = highest(away)
                away[far] = -1.0
                centres[j] = rows[far]


def largest_remainder(weights_, budget, sizes):
    """Shares of a budget: floors first, then by the largest remainder; what a full cluster cannot take goes to the others by the same rule,
    and to clusters of weight 0 in proportion to what they have when no other has any left."""
    shares = [0] * len(sizes)
    while sum(shares) < budget:
        open_ = [j for j in range(len(sizes)) if shares[j] < sizes[j]]
        left = budget - sum(shares)
        share = {j: Fraction(weights_[j]) for j in open_}
        if not any(share.values()):
            share = {j: Fraction(sizes[j] - shares[j]) for j in open_}
        quota = {j: share[j] * left / sum(share.values()) for j in open_}
        give = {j: math.floor(quota[j]) for j in open_}
        for j in sorted(open_, key=lambda j: (-(quota[j] - give[j]), j))[: left - sum(give.values())]:
            give[j] += 1
        for j in open_:
            shares[j] += min(give[j], sizes[j] - shares[j])
    return shares


def solve(a, b):
    """Gaussian elimination in fractions: exact."""
    n = len(a)
    m = [[Fraction(v) for v in row] + [Fraction(w)] for row, w in zip(a, b)]
    for i in range(n):
        p = next(r for r in range(i, n) if m[r][i] != 0)
        m[i], m[p] = m[p], m[i]
        m[i] = [v / m[i][i] for v in m[i]]
        for r in range(n):
            if r != i:
                m[r] = [v - m[r][i] * w for v, w in zip(m[r], m[i])]
    return [row[-1] for row in m]


def student_two_sided(t, df):
    """By integrating the density: Simpson on u = x / sqrt(df + x^2), where the integrand is smooth."""
    u = abs(t) / math.sqrt(df + t * t)
    n = 20000
    f = lambda v: (1 - v * v) ** (df / 2 - 1)
    total = lambda a, b: (b - a) / n / 3 * (f(a) + f(b) + 4 * math.fsum(f(a + (b - a) * (2 * i + 1) / n) for i in range(n // 2)) + 2 * math.fsum(f(a + (b - a) * 2 * i / n) for i in range(1, n // 2)))
    return 1 - 2 * total(0, u) * math.gamma((df + 1) / 2) / (math.gamma(df / 2) * math.sqrt(math.pi))


def mtld_one_way(tokens, threshold=0.72):
    factors, start = 0.0, 0
    for i in range(len(tokens)):
        segment = tokens[start:i + 1]
        if len(set(segment)) / len(segment) <= threshold:
            factors += 1
            start = i + 1
    rest = tokens[start:]
    if rest:
        factors += (1 - len(set(rest)) / len(rest)) / (1 - threshold)
    if factors == 0:
        whole = len(set(tokens)) / len(tokens)
        factors = 1 if whole == 1 else (1 - whole) / (1 - threshold)
    return len(tokens) / factors


def silhouettes(rows, labels):
    """(b - a) / max(a, b) of every row: a its mean distance within its cluster, b the lowest mean distance to another cluster."""
    groups = [[j for j, l in enumerate(labels) if l == g] for g in range(max(labels) + 1)]
    values = []
    for i, own in enumerate(labels):
        others = [j for j in groups[own] if j != i]
        if not others:
            values.append(0.0)
            continue
        a = math.fsum(distance(rows[i], rows[j]) for j in others) / len(others)
        b = min(math.fsum(distance(rows[i], rows[j]) for j in group) / len(group) for g, group in enumerate(groups) if g != own and group)
        values.append((b - a) / max(a, b))
    return values


def centroid_silhouettes(rows, labels, centres):
    """The same with the distances to the own centroid and to the nearest other one; alone in a cluster is 0."""
    values = []
    for row, own in zip(rows, labels):
        a = distance(row, centres[own])
        b = min(distance(row, c) for j, c in enumerate(centres) if j != own)
        values.append(0.0 if labels.count(own) == 1 else (b - a) / max(a, b))
    return values


def rds(pool_rows, tasks, budget, reduce="roundRobin", duplicates="consume", allowed=None, cap_of=None, caps=None):
    """Lists of scores by task (or by query, when there is one task), then the reduce. Gives rows and scores, best first."""
    sign = -1 if reduce == "min" else 1
    by_query = [[[sign * cosine(r, q) for r in pool_rows] for q in queries] for queries in tasks]
    lists = by_query[0] if len(tasks) == 1 else [[max(c) for c in zip(*task)] for task in by_query]
    stock = dict(caps or {})

    def may(row):
        return (allowed is None or row in allowed) and (cap_of is None or stock.get(cap_of[row], math.inf) > 0)

    def take(row):
        if cap_of is not None and cap_of[row] in stock:
            stock[cap_of[row]] -= 1

    taken, low = [], {}
    if reduce in ("roundRobin", "min"):
        rankings = [best_first(l) for l in lists]
        while len(taken) < budget and any(rankings):
            for values, ranking in zip(lists, rankings):
                if len(taken) == budget:
                    break
                took = False
                while ranking and not took:
                    row = ranking.pop(0)
                    if row in taken:
                        if len(tasks) > 1:
                            low[row] = min(low[row], values[row])
                    elif may(row):
                        took = True
                        taken.append(row)
                        take(row)
                        low[row] = values[row]
                    if duplicates == "consume":
                        break
        return taken, [sign * low[r] for r in taken]
    if reduce == "normalizedMean":
        lists = [[(v - min(l)) / (max(l) - min(l)) for v in l] for l in lists]
    combined = [max(c) if reduce == "max" else math.fsum(c) / len(c) for c in zip(*lists)]
    for row in best_first(combined):
        if len(taken) < budget and may(row):
            taken.append(row)
            take(row)
    return taken, [combined[r] for r in taken]


def deita(rows, scores, threshold, budget):
    kept = []
    for i in best_first(scores):
        if len(kept) < budget and not any(cosine(rows[i], rows[j]) > threshold for j in kept):
            kept.append(i)
    return kept


def dedup(rows, order, threshold, against, labels=None):
    """The rows that stay and, for each that goes, the most similar row it was compared with."""
    before, stays, like = [], [], {}
    for i in order:
        compared = [j for j in (stays if against == "kept" else before) if labels is None or labels[j] == labels[i]]
        similar = {j: cosine(rows[i], rows[j]) for j in compared}
        if any(c > threshold for c in similar.values()):
            like[i] = min(compared, key=lambda j: (-similar[j], j))
        else:
            stays.append(i)
        before.append(i)
    return sorted(stays), like


def less(checkpoints, normalize=False, parts=1):
    """checkpoints: (rows, {subtask: queries}, learning rate). The highest influence of every row over the subtasks."""
    total = math.fsum(rate for _, _, rate in checkpoints)
    best = []
    for i in range(len(checkpoints[0][0])):
        influences = {}
        for rows, tasks, rate in checkpoints:
            for name, queries in tasks.items():
                size = len(queries) // parts
                for part in range(parts):
                    group = queries[part * size:(part + 1) * size]
                    products = [(cosine if normalize else dot)(rows[i], q) for q in group]
                    influences.setdefault((name, part), []).append(rate / total * math.fsum(products) / size)
        best.append(max(math.fsum(v) for v in influences.values()))
    return best


def qdit(rows, quality, alpha, budget):
    """Plain greedy: every candidate against every row at every pick."""
    likeness = [[cosine(a, b) for b in rows] for a in rows]
    picks, values = [], []
    for _ in range(budget):
        value = {i: (1 - alpha) * math.fsum(max(likeness[r][j] for j in picks + [i]) for r in range(len(rows))) + alpha * quality[i]
                 for i in range(len(rows)) if i not in picks}
        pick = min(value, key=lambda i: (-value[i], i))
        picks.append(pick)
        values.append(value[pick])
    return picks, values


def next_weights(before, gains, update, temperature=1.0, floor=0.0):
    """Cluster weights after a round; gains are the mean gains of clusters, None where no row was scored."""
    known = [g for g in gains if g is not None]
    factor = {"clamp0": lambda g: max(g, 0.0), "softmax": lambda g: math.exp((g - max(known)) / temperature),
              "shift": lambda g: g - min(known), "literal": lambda g: g}[update]
    factors = [None if g is None else factor(g) for g in gains]
    mean = math.fsum(factor(g) for g in known) / len(known)
    factors = [mean if f is None else f for f in factors]
    total = math.fsum(factors)
    if update == "literal":
        return [f / total * w for f, w in zip(factors, before)]
    if total == 0:
        factors, total = [1.0] * len(factors), len(factors)
    raw = [f / total * (1 if update == "softmax" else w) for f, w in zip(factors, before)]
    if math.fsum(raw) == 0:
        raw = factors
    raw = [r / math.fsum(raw) for r in raw]
    lifted = [max(r, floor) for r in raw]
    return [r / math.fsum(lifted) for r in lifted]
