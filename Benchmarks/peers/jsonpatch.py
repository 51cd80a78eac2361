#!/usr/bin/env python3
"""How long Python's jsonpatch takes for 10,000 operations on a document of a megabyte.

The peer comes from PyPI into a virtual environment under .build/peers. The documents and patches are those that the figures of
docs/decisions/0015-json-patch.md are from: changes all over a list of records, elements at the front of a long array, and
members of a large object. With --keep they are written to a folder, for other programs to be timed with the same work.

    Benchmarks/peers/jsonpatch.py --rounds 3 --keep FOLDER
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

PEER = """
import json, sys, time
import jsonpatch

document = json.load(open(sys.argv[1]))
operations = json.load(open(sys.argv[2]))
start = time.perf_counter()
patch = jsonpatch.JsonPatch(operations)
read = time.perf_counter()
patch.apply(document, in_place=True)
print(json.dumps([read - start, time.perf_counter() - read]))
"""

OPERATIONS = 10_000


def records():
    chance, count, operations = random.Random(1), 8000, []
    document = {"meta": {"v": 1}, "records": [
        {"id": i, "name": f"record number {i}", "tags": ["a", "b", "c"], "score": 1.5, "on": True,
         "note": f"some longer text that fills {i * 7}"} for i in range(count)
    ]}
    for i in range(OPERATIONS):
        place = f"/records/{chance.randrange(count)}"
        match i % 5:
            case 0:
                operation = {"op": "replace", "path": place + "/score", "value": i + 0.25}
            case 1:
                count += 1
                value = {"id": -i, "name": "new", "tags": [], "score": 0, "on": False}
                operation = {"op": "add", "path": place, "value": value}
            case 2:
                count -= 1
                operation = {"op": "remove", "path": place}
            case 3:
                operation = {"op": "add", "path": place + "/tags/-", "value": f"t{i}"}
            case _:
                operation = {"op": "move", "from": place, "path": f"/records/{chance.randrange(count)}"}
        operations.append(operation)
    return document, operations


def front():
    return list(range(150_000)), [{"op": "add", "path": "/0", "value": i} for i in range(OPERATIONS)]


def members():
    operations = []
    for i in range(OPERATIONS):
        match i % 3:
            case 0:
                operations.append({"op": "replace", "path": f"/member{i * 3}", "value": None})
            case 1:
                operations.append({"op": "remove", "path": f"/member{i * 3}"})
            case _:
                operations.append({"op": "add", "path": f"/new{i}", "value": [1]})
    return {f"member{i}": i for i in range(50_000)}, operations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the documents and patches")
    options = parser.parse_args()
    environment = ROOT / ".build" / "peers" / "jsonpatch"
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "jsonpatch"], check=True)
    folder = options.keep or environment / "work"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{'what':12}{'document':>12}{'patch':>12}{'read ms':>12}{'apply ms':>12}")
    for work in (records, front, members):
        paths = [folder / f"{work.__name__}.{part}.json" for part in ("document", "patch")]
        for path, value in zip(paths, work()):
            path.write_text(json.dumps(value, separators=(",", ":")))
        command = [python, "-c", PEER, *paths]
        rounds = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(options.rounds)
        ]
        read, apply = (min(values) * 1000 for values in zip(*rounds))
        sizes = [path.stat().st_size for path in paths]
        print(f"{work.__name__:12}{sizes[0]:12,}{sizes[1]:12,}{read:12,.1f}{apply:12,.1f}")


if __name__ == "__main__":
    main()
