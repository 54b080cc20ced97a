"""One golden case: a plan, its input files, and what its result files must hold."""
from oracle import f32, short

cases = []


def case(name, files, steps, expect, inputs=None, run=None, exit_code=0):
    """A plan over the files; inputs are made of the files' names unless given."""
    kinds = {"npy": "embeddings", "csv": "scores", "jsonl": "records"}
    made = {}
    for file in files:
        stem, ending = file.rsplit(".", 1)
        if "/" not in stem:
            made[stem] = {"kind": kinds[ending], "path": file}
    for key, value in (inputs or {}).items():
        made[key] = {**made.get(key, {}), **value}
    plan = {"version": 1, "seed": 42, "inputs": made, "steps": steps, "run": {"dir": "out", **(run or {})}}
    cases.append({"name": name, "files": files, "plan": plan, "exit": exit_code, "expect": expect})


def matrix(rows):
    return {"f32": [[short(f32(v)) for v in row] for row in rows]}


def integers(values):
    return {"i64": list(values)}


def text(*lines):
    return {"text": "".join(line + "\n" for line in lines)}


def ints(file, values):
    return {"file": file, "integers": list(values)}


def reals(file, values, tolerance=1e-9):
    return {"file": file, "reals": list(values), "tolerance": tolerance}


def column(file, name, values, tolerance=1e-9):
    return {"file": file, "column": name, "reals": list(values), "tolerance": tolerance}


def words(file, name, values):
    return {"file": file, "column": name, "words": list(values)}


def member(file, path, values, tolerance=1e-9):
    return {"file": file, "member": path, "reals": list(values), "tolerance": tolerance}


def step(name, file):
    return f"steps/{name}/{file}"


def lines_of(table, name):
    """A records file with one text per row and the row's source."""
    return text(*(f'{{"text":"record {i}","{name}":"{source}"}}' for i, source in enumerate(table)))


def scores(name, values):
    """A scores file of one column."""
    return text(name, *(repr(v) for v in values))


def line(sizes):
    """Rows on a line in well-separated groups, with the groups' centres."""
    rows = [[1000.0 * (j + 1)] for j, size in enumerate(sizes) for _ in range(size)]
    return rows, [[1000.0 * (j + 1)] for j in range(len(sizes))]


def groups_of(k):
    """A clustering of x around the rows of first."""
    return {"op": "kmeans", "in": "x", "k": k, "init": {"centroids": "first"}}


class Many:
    """One plan with many steps over the same files, each with expectations whose files are in the step's folder."""

    def __init__(self, name, files, steps=None, inputs=None):
        self.name, self.files, self.steps, self.inputs, self.expect = name, files, dict(steps or {}), inputs, []

    def add(self, name, definition, expect):
        assert name not in self.steps
        self.steps[name] = definition
        self.expect += [{**e, "file": step(name, e["file"])} for e in expect]

    def close(self):
        case(self.name, self.files, self.steps, self.expect, self.inputs)
