#!/usr/bin/env python3
"""Searches of the same vectors by Heddle, hnswlib, faiss (HNSW and HNSW with SQ8) and usearch (f32, f16, i8).

The peers come from PyPI into a virtual environment under .build/peers. All use cosine, the same M and ef_construction.
Each has the least ef that reaches a recall, measured against a look at all vectors; its queries run on one thread, given
in one call so that Python costs them nothing. Heddle's are asked one by one, each with ids, scores and a check of rows.

    make build && Benchmarks/peers/vectors.py --npy VECTORS --queries QUERIES --recall 0.95,0.99
    Benchmarks/peers/vectors.py --synthetic 1000000x128
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

PEER = """
import json, sys, time
import numpy as np

name, vectors, queries, m, efc, targets, threads = sys.argv[1:8]
m, efc, threads = int(m), int(efc), [int(count) for count in threads.split(",")]
x = np.load(vectors).astype(np.float32)
q = np.load(queries).astype(np.float32)[:2000]
x /= np.linalg.norm(x, axis=1, keepdims=True)
q /= np.linalg.norm(q, axis=1, keepdims=True)
k, (n, d) = 10, x.shape

truth = np.empty((len(q), k), dtype=np.int64)
for start in range(0, len(q), 100):
    scores = q[start:start + 100] @ x.T
    truth[start:start + 100] = np.argpartition(-scores, k, axis=1)[:, :k]


class Hnswlib:
    def build(self, threads):
        import hnswlib
        self.index = hnswlib.Index(space="ip", dim=d)
        self.index.init_index(max_elements=n, ef_construction=efc, M=m, random_seed=1)
        self.index.add_items(x, num_threads=threads)

    def search(self, ef):
        self.index.set_ef(max(ef, k))
        return self.index.knn_query(q, k=k, num_threads=1)[0]

    def size(self):
        return self.index.index_file_size()


class Faiss:
    def __init__(self, quantized):
        self.quantized = quantized

    def build(self, threads):
        import faiss
        self.faiss = faiss
        faiss.omp_set_num_threads(threads)
        if self.quantized:
            self.index = faiss.IndexHNSWSQ(
                d, faiss.ScalarQuantizer.QT_8bit, m, faiss.METRIC_INNER_PRODUCT)
            self.index.train(x)
        else:
            self.index = faiss.IndexHNSWFlat(d, m, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = efc
        self.index.add(x)
        faiss.omp_set_num_threads(1)

    def search(self, ef):
        self.index.hnsw.efSearch = ef
        return self.index.search(q, k)[1]

    def size(self):
        return len(self.faiss.serialize_index(self.index))


class Usearch:
    def __init__(self, kind):
        self.kind = kind

    def build(self, threads):
        from usearch.index import Index
        self.index = Index(ndim=d, metric="cos", dtype=self.kind, connectivity=m, expansion_add=efc)
        self.index.add(np.arange(n), x, threads=threads)

    def search(self, ef):
        self.index.expansion_search = ef
        return self.index.search(q, k, threads=1).keys

    def size(self):
        return self.index.serialized_length


peer = {
    "hnswlib": Hnswlib, "faiss HNSW": lambda: Faiss(False), "faiss HNSW SQ8": lambda: Faiss(True),
    "usearch f32": lambda: Usearch("f32"), "usearch f16": lambda: Usearch("f16"), "usearch i8": lambda: Usearch("i8"),
}[name]()


def recall(ef):
    found = peer.search(ef)
    return sum(len(set(a) & set(b)) for a, b in zip(found.tolist(), truth.tolist())) / truth.size


builds = []
for count in threads:
    start = time.perf_counter()
    peer.build(count)
    builds.append({"threads": count, "seconds": time.perf_counter() - start})
result = {"builds": builds, "index_over_data": peer.size() / (n * d * 4), "recall_targets": []}
for target in [float(share) for share in targets.split(",")]:
    low = high = k
    while high < 4096 and recall(high) < target:
        low, high = high + 1, high * 2
    if high >= 4096:
        result["recall_targets"].append({"target": target, "recall": recall(512), "queries_per_second": 0, "ef": 512})
        continue
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if recall(middle) >= target else (middle + 1, high)
    best = 1e9
    for _ in range(3):
        start = time.perf_counter()
        peer.search(high)
        best = min(best, time.perf_counter() - start)
    result["recall_targets"].append(
        {"target": target, "recall": recall(high), "queries_per_second": len(q) / best, "ef": high})
print(json.dumps(result))
"""

SYNTHETIC = """
import sys
import numpy as np

count, dimension, vectors, queries = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
random = np.random.default_rng(7)
centres = random.standard_normal((1000, dimension)).astype(np.float32)


def draw(size):
    chosen = centres[random.integers(0, len(centres), size)]
    return chosen + 0.5 * random.standard_normal((size, dimension)).astype(np.float32)


np.save(vectors, draw(count))
np.save(queries, draw(1000))
"""

PEERS = ["hnswlib", "faiss HNSW", "faiss HNSW SQ8", "usearch f32", "usearch f16", "usearch i8"]


def line(name, result):
    builds = " ".join(f"{build['seconds']:8.2f}" for build in result["builds"])
    targets = " ".join(
        f"{target['queries_per_second']:10,.0f} ({target['ef']}, {target['recall']:.4f})"
        for target in result["recall_targets"])
    print(f"{name:16}{builds}  {result['index_over_data']:7.3f}  {targets}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--npy", help="the vectors")
    parser.add_argument("--queries", help="the queries")
    parser.add_argument("--synthetic", help="vectors around 1000 centres instead, such as 1000000x128")
    parser.add_argument("--recall", default="0.95,0.99")
    parser.add_argument("--m", type=int, default=16)
    parser.add_argument("--ef-construction", type=int, default=200)
    parser.add_argument("--threads", default="1,2", help="threads of each build")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--heddle", default=str(ROOT / ".build" / "release" / "heddle"))
    options = parser.parse_args()
    environment = ROOT / ".build" / "peers" / "vectors"
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "numpy", "hnswlib", "faiss-cpu", "usearch"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        vectors, queries = options.npy, options.queries
        if options.synthetic:
            count, dimension = options.synthetic.split("x")
            vectors, queries = os.path.join(folder, "vectors.npy"), os.path.join(folder, "queries.npy")
            subprocess.run([python, "-c", SYNTHETIC, count, dimension, vectors, queries], check=True)
        if not vectors or not queries:
            parser.error("--npy and --queries, or --synthetic")
        print(f"{'index':16}build s at {options.threads} threads, bytes over data, queries/s (ef, recall)")
        command = options.heddle.split() + [
            "benchmark", "vectors", "--npy", vectors, "--queries", queries, "--recall", options.recall, "--m",
            str(options.m), "--ef-construction", str(options.ef_construction), "--threads", options.threads,
            "--output", "json"]
        ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        line("heddle", ours)
        best = [0.0] * len(ours["recall_targets"])
        for name in options.peers.split(","):
            command = [python, "-c", PEER, name, vectors, queries, str(options.m), str(options.ef_construction),
                       options.recall, options.threads]
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode != 0:
                print(f"{name:16}failed: {run.stderr.strip().splitlines()[-1]}")
                continue
            result = json.loads(run.stdout)
            line(name, result)
            best = [max(rate, target["queries_per_second"]) for rate, target in zip(best, result["recall_targets"])]
        for target, rate in zip(ours["recall_targets"], best):
            if rate > 0:
                print(f"at recall {target['target']}: {target['queries_per_second'] / rate:.2f} x the best peer")
        print(f"durable upserts: {ours['upserts_per_second']}/s, open: {ours['open_ms']} ms")
        for kept in ours["filters"]:
            print(f"filter {kept['percent']} %: {kept['queries_per_second']}/s at recall {kept['recall']}")


if __name__ == "__main__":
    main()
