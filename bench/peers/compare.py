"""Runs the engine and its peers in turn and prints the table of ratios: python3 compare.py FOLDER BENCH [--scale F] [--rounds N] [--threads N] [--jobs a,b] [--alone] [--out FILE]

Every measurement is a process of its own; in each round all peers of a job come one after the other, so that whatever else the machine does hits them alike. With one
thread processor time is compared, with more the clock, and the engine is also measured with one, and as so many processes with one thread each at once, in the same turns: what these do together is
what this machine gives that job. --alone leaves the peers out. A result that is not right (inertia, picks, recall, error) is no result, and the exit code says so.
"""
import argparse
import datetime
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
arguments = argparse.ArgumentParser()
arguments.add_argument("folder")
arguments.add_argument("bench")
arguments.add_argument("--scale", type=float, default=1.0)
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--jobs", default="")
arguments.add_argument("--alone", action="store_true")
arguments.add_argument("--out")
given = arguments.parse_args()
environment = {name: value for name, value in os.environ.items() if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
MANY = 12
LONG = 8    # seconds after which a job is measured in two rounds at most
lines, wrong, kept, summary, share_of, text_of, scaling = [], [], {}, [], {}, {}, []


def say(line=""):
    lines.append(line)
    print(line, flush=True)


def answer(*command):
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError((done.stderr or f"exit {done.returncode}").strip().splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def measure(job, peer, threads=given.threads, repeats=1):
    words = [given.folder, str(threads), str(repeats)]
    if peer == "engine":
        return answer("dotnet", given.bench, "peer-job", job, given.folder, "--threads", words[1], "--repeats", words[2])
    return answer(sys.executable, os.path.join(HERE, "jobs.py"), job, peer, *words)


def measure_copies(job, repeats):
    """Seconds of as many processes as there are threads, each doing the whole job on one: the median of the slowest. The least of each could be from a moment when the others had ended."""
    with tempfile.TemporaryDirectory() as folder:
        copies = []
        for number in range(given.threads):
            # The same data; what a job leaves behind goes to a folder of its own.
            own = os.path.join(folder, str(number))
            os.mkdir(own)
            for name in os.listdir(given.folder):
                if "_top_" not in name:
                    os.symlink(os.path.abspath(os.path.join(given.folder, name)), os.path.join(own, name))
            copies.append(subprocess.Popen(["dotnet", given.bench, "peer-job", job, own, "--threads", "1", "--repeats", str(repeats)], stdout=subprocess.PIPE, text=True, env=environment))
        return max(json.loads(copy.communicate()[0].splitlines()[-1])["seconds"] for copy in copies)


def embed_text():
    """The records of the example plan, as the engine embeds them."""
    if os.path.exists(os.path.join(given.folder, "kcenter_text.npy")):
        return
    built, plan = os.path.dirname(os.path.abspath(given.bench)), os.path.join(HERE, "..", "..", "examples", "dotnet-docs", "coreset.json")
    command, run = os.path.join(built, "..", "..", "Engine.Cli", os.path.basename(built), "engine.dll"), os.path.join(given.folder, "text")
    subprocess.run(["dotnet", command, "run", plan, "--run-dir", os.path.abspath(run)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.replace(os.path.join(run, "steps", "vectors", "embeddings.npy"), os.path.join(given.folder, "kcenter_text.npy"))
    shutil.rmtree(run)


def version(library):
    try:
        module = __import__(library)
    except ImportError:
        return None
    extra = f" ({module.get_compile_options().strip()})" if library == "faiss" else ""
    return f"{library} {module.__version__}{extra}"


def arbiter(job):
    """What the definition gives, kept beside the data."""
    path = os.path.join(given.folder, f"{job}_arbiter.json")
    if not os.path.exists(path):
        found = measure(job, "arbiter")
        with open(path, "w") as file:
            json.dump(found, file)
    with open(path) as file:
        return json.load(file)


def recall(job, peer):
    tops = [np.load(os.path.join(given.folder, f"{job}_top_{name}.npy")) for name in ("arbiter", peer)]
    return float(np.mean([len(np.intersect1d(a, b)) / len(a) for a, b in zip(*tops)]))


def quality(job, peer, row, truth):
    """What the result is worth, and whether the engine's is right."""
    if "inertia" in row:
        return f"inertia {row['inertia']:.8g}", row["inertia"] <= truth["inertia"] * (1 + 1e-6)
    if job.startswith("kcenter"):
        return "as float64" if row["idx_hash"] == truth["idx_hash"] else "other rows", row["idx_hash"] == truth["idx_hash"]
    if job.startswith("score"):
        found = recall(job, peer)
        return f"recall {found:.6f}", found == 1 and abs(row["sum_max"] / truth["sum_max"] - 1) < 1e-9
    if job == "pool":
        return f"error {row['max_rel_error']:.0e}", row["max_rel_error"] <= 1e-6
    return "as from float64 scores" if row["idx_hash"] == truth["idx_hash"] else "other rows", row["idx_hash"] == truth["idx_hash"]


def limit(job, row, limits):
    """Seconds that this machine needs at least for the plain form of the job, and what binds it."""
    gflops, read = limits["gflops"][given.threads > 1] * 1e9, limits["read_gbs"][given.threads > 1] * 1e9
    if job == "pool":
        return 2 * row["tokens"] * row["d"] / read, "one read"
    if job.startswith("kmeans"):
        return 2 * row["n"] * row["d"] * row["k"] * row["iters"] / gflops, "all distances, FMA"
    if job.startswith("kcenter"):
        return 4 * row["n"] * row["d"] * row["k"] / read, "one read a pick"
    if job.startswith("score"):
        return 2 * row["n"] * row["d"] * row["q"] / gflops, "all products, FMA"
    return None, ""


subprocess.run([sys.executable, os.path.join(HERE, "data.py"), given.folder, str(given.scale)], check=True)
limits = answer("dotnet", given.bench, "peer-job", "limits", given.folder)
libraries = {library: version(library) for library in ("numpy", "torch", "faiss", "sklearn")}
for library in [name for name, found in libraries.items() if not found]:
    print(f"// left out: {library} is not there (apt-get install python3-{library})")
pairs = [line.split() for line in subprocess.run([sys.executable, os.path.join(HERE, "jobs.py")], capture_output=True, text=True, check=True).stdout.splitlines()]
jobs = given.jobs.split(",") if given.jobs else ["pool", "kmeans", "kmeans_plain", "kmeans_large", "kmeans_large_plain", "kcenter", "kcenter_large", "kcenter_sphere", "kcenter_gauss", "kcenter_text", "score", "score_large", "select", "rds"]
if "kcenter_text" in jobs:
    embed_text()
clock = "cpu_seconds" if given.threads == 1 else "seconds_min"

with open("/proc/cpuinfo") as file:
    processor = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
say(f"{processor}, {os.cpu_count()} cores, {given.threads} thread{'s' if given.threads > 1 else ''}, {datetime.date.today():%-d %B %Y}; {', '.join(found for found in libraries.values() if found)}.")
say(f"Limits measured in the same run: {limits['gflops'][given.threads > 1]:.0f} GFLOP/s, {limits['read_gbs'][given.threads > 1]:.0f} GB/s read."
    + ("" if given.scale == 1 else f" Rows scaled by {given.scale:g}: these figures mean nothing."))
say()
say(f"| job | peer | {'processor' if given.threads == 1 else 'wall'} s, least | engine is faster by | share of limit | peak MB | result |")
say("| --- | --- | ---: | ---: | ---: | ---: | --- |")
for job in jobs:
    peers = ["engine"] + [library for name, library in pairs if name == job and libraries.get(library) and not given.alone]
    best, errors, alone, usual, copies = {}, {}, None, math.inf, math.inf
    for turn in range(given.rounds):
        if turn > 1 and max(row["seconds"] for row in best.values()) > LONG:
            break
        # One thread is compared with two, beside nothing else: what is short is repeated, as a moment of anything else on the machine is long for it.
        repeats = MANY if given.alone and turn and best["engine"]["seconds"] < 1 else 1
        for peer in peers:
            try:
                row = measure(job, peer, repeats=repeats if peer == "engine" else 1)
                if peer not in best or row[clock] < best[peer][clock]:
                    best[peer] = row
            except RuntimeError as error:
                errors[peer] = str(error)
        if given.threads > 1 and "engine" in best:
            row = measure(job, "engine", 1, repeats)
            alone = row if alone is None or row[clock] < alone[clock] else alone
            # A process that starts meets one that is at work only if both are at it for a while.
            if repeats > 1 or row["seconds"] > 1 or given.rounds == 1:
                usual, copies = min(usual, row["seconds"]), min(copies, measure_copies(job, repeats))
    if "engine" not in best:
        wrong.append(f"{job}: {errors['engine']}")
        continue
    if "numpy" in best:
        kept[job] = best["numpy"]
    if job.startswith("kmeans"):
        truth = kept.get(job.removesuffix("_plain"), alone)
    else:
        truth = None if job == "pool" else arbiter(job)
    seconds, binds = limit(job, best["engine"], limits)
    for peer in peers:
        if peer not in best:
            say(f"| {job} | {peer} | | | | | {errors[peer][:80]} |")
            continue
        row = best[peer]
        text, right = quality(job, peer, row, truth)
        if peer == "engine" and not right:
            wrong.append(f"{job}: {text}")
        share = "" if seconds is None else f"{100 * seconds / row[clock]:.0f} % of {binds}"
        ratio = "" if peer == "engine" else f"{row[clock] / best['engine'][clock]:.1f}"
        say(f"| {job} | {peer} | {row[clock]:.3f} | {ratio} | {share} | {row['peak_rss_mb']:.0f} | {text} |")
        if peer == "engine":
            share_of[job], text_of[job] = share, text
    if alone:
        scaling.append((job, alone, best["engine"], given.threads * usual / copies))
    rivals = {peer: row[clock] for peer, row in best.items() if peer != "engine"}
    summary.append((job, best["engine"][clock], min(rivals, key=rivals.get) if rivals else None, min(rivals.values()) if rivals else None))
say()
say("| job | engine s | best peer s | faster by | engine's share of limit | engine's result |")
say("| --- | ---: | ---: | ---: | ---: | --- |")
for job, seconds, rival, least in summary:
    other = f"{rival} {least:.3f} | {least / seconds:.1f}" if rival else " | "
    say(f"| {job} | {seconds:.3f} | {other} | {share_of[job]} | {text_of[job]} |")
if scaling:
    say()
    say(f"The engine with one thread and with {given.threads}, least of the rounds by the clock. {given.threads} threads read {limits['read_gbs'][1] / limits['read_gbs'][0]:.2f} times as fast as one, which is all that a job bound by memory can gain,"
        f" and multiply {limits['gflops'][1] / limits['gflops'][0]:.2f} times as fast. The last column is what {given.threads} processes with one thread each do in the time of one alone, by the median: what there is to gain.")
    say()
    say(f"| job | one thread s | {given.threads} threads s | faster by | processor s, one thread | {given.threads} threads | {given.threads} processes |")
    say("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for job, one, several, bound in scaling:
        say(f"| {job} | {one[clock]:.4f} | {several[clock]:.4f} | {one[clock] / several[clock]:.2f} | {one['cpu_seconds']:.3f} | {several['cpu_seconds']:.3f} | {bound:.2f} |")
if given.out:
    with open(given.out, "w") as file:
        file.write("# The engine and its peers\n\n`" + " ".join(["bench/peers.sh", *sys.argv[3:]]).split(" --out")[0] + "`\n\n" + "\n".join(lines) + "\n")
for what in wrong:
    print(f"WRONG {what}")
sys.exit(1 if wrong else 0)
