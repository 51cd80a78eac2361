#!/usr/bin/env python3
"""Verdicts of JSON Schemas by Heddle, jsonschema-rs and fastjsonschema, one after the other in each round.

The peers come from PyPI into a virtual environment under .build/peers. They get their values as Python objects, parsed
before the clock starts, as Heddle gets its tapes. The messages are those of a folder with `schema.json` and
`examples/NAME/*.json`, such as the schema of the Model Context Protocol.

    make build && Benchmarks/peers/schema.py --messages FOLDER --rounds 3 --seconds 2
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

PEER = """
import json, pathlib, sys, time
import fastjsonschema, jsonschema_rs

folder, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])
definitions = json.loads((folder / "schema.json").read_text())["$defs"]
subjects = []
for directory in sorted((folder / "examples").iterdir()):
    schema = {"$ref": "#/$defs/" + directory.name, "$defs": definitions}
    values = [json.loads(path.read_text()) for path in sorted(directory.iterdir())]
    try:
        quick = fastjsonschema.compile({**schema, "$schema": "http://json-schema.org/draft-07/schema#"})
    except Exception:
        quick = None
    subjects.append((jsonschema_rs.validator_for(schema).is_valid, quick, values))


def rate(index):
    chosen = [(subject[index], subject[2]) for subject in subjects if subject[index]]
    count = sum(len(values) for _, values in chosen)
    rounds, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for check, values in chosen:
            for value in values:
                check(value)
        rounds += 1
    return rounds * count / (time.perf_counter() - start)


print(json.dumps({"jsonschema-rs": rate(0), "fastjsonschema": rate(1)}))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", required=True, help="the folder with schema.json and examples/")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    environment = ROOT / ".build" / "peers" / "schema"
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "jsonschema-rs", "fastjsonschema"], check=True)
    rates = {"heddle": [], "jsonschema-rs": [], "fastjsonschema": []}
    for _ in range(options.rounds):
        command = [ROOT / ".build" / "release" / "heddle", "benchmark", "schema", "--messages", options.messages]
        command += ["--seconds", str(options.seconds), "--output", "json"]
        rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["rows"]
        rates["heddle"].append(next(row["per_second"] for row in rows if row["name"] == "messages"))
        command = [python, "-c", PEER, options.messages, str(options.seconds)]
        peers = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for name, value in peers.items():
            rates[name].append(value)
    ours = statistics.median(rates["heddle"])
    print(f"{'validator':18}{'messages/s':>12}  Heddle is")
    for name, values in rates.items():
        print(f"{name:18}{statistics.median(values):12,.0f}  {ours / statistics.median(values):.2f} x")


if __name__ == "__main__":
    main()
