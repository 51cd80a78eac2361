#!/usr/bin/env python3
"""Verdicts of JSON Schemas by Heddle, jsonschema-rs and fastjsonschema, one after the other in each round.

The peers come from PyPI into a virtual environment under .build/peers. They get their values as Python objects, parsed
before the clock starts, as Heddle gets its tapes. The messages are those of a folder with `schema.json` and
`examples/NAME/*.json`, such as the schema of the Model Context Protocol; the suite's are those of one draft, valid or
not, without the groups that need documents from elsewhere or that a peer cannot compile.

    make build && Benchmarks/peers/schema.py --messages FOLDER --suite FOLDER --rounds 3 --seconds 2
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

messages, suite, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
DRAFT7 = "http://json-schema.org/draft-07/schema#"


def message_subjects(folder):
    definitions = json.loads((folder / "schema.json").read_text())["$defs"]
    for directory in sorted((folder / "examples").iterdir()):
        schema = {"$ref": "#/$defs/" + directory.name, "$defs": definitions}
        yield schema, {**schema, "$schema": DRAFT7}, [
            json.loads(path.read_text()) for path in sorted(directory.iterdir())
        ]


def suite_subjects(folder):
    for path in sorted(folder.glob("*.json")):
        for group in json.loads(path.read_text()):
            schema = group["schema"]
            if "localhost:1234" in json.dumps(schema):
                continue
            if isinstance(schema, dict) and folder.name == "draft7":
                schema = {"$schema": DRAFT7, **schema}
            yield schema, schema, [test["data"] for test in group["tests"]]


def attempt(compile, schema):
    try:
        return compile(schema)
    except Exception:
        return None


def verdicts(chosen):
    count = sum(len(values) for _, values in chosen)
    rounds, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for check, values in chosen:
            for value in values:
                try:
                    check(value)
                except Exception:
                    pass
        rounds += 1
    return rounds * count / (time.perf_counter() - start)


def compilations(compile, schemas):
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for schema in schemas:
            compile(schema)
        count += len(schemas)
    return count / (time.perf_counter() - start)


result = {}
sources = [("messages", messages, message_subjects), ("suite", suite, suite_subjects)]
for what, folder, subjects in sources:
    if not folder:
        continue
    subjects = list(subjects(pathlib.Path(folder)))
    peers = {
        "jsonschema-rs": (jsonschema_rs.validator_for, 0, lambda validator: validator.is_valid),
        "fastjsonschema": (fastjsonschema.compile, 1, lambda check: check),
    }
    for name, (compile, index, checker) in peers.items():
        compiled = [(attempt(compile, subject[index]), subject) for subject in subjects]
        usable = [(validator, subject) for validator, subject in compiled if validator]
        result[(what, name)] = verdicts([(checker(validator), subject[2]) for validator, subject in usable])
        result[(what + ", compiled", name)] = compilations(compile, [subject[index] for _, subject in usable])
print(json.dumps([[*key, value] for key, value in result.items()]))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", default="", help="the folder with schema.json and examples/")
    parser.add_argument("--suite", default="", help="the folder of a draft in the official suite, such as tests/draft7")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    environment = ROOT / ".build" / "peers" / "schema"
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "jsonschema-rs", "fastjsonschema"], check=True)
    rates = {}
    for _ in range(options.rounds):
        command = [ROOT / ".build" / "release" / "heddle", "benchmark", "schema"]
        for name in ("messages", "suite"):
            command += [f"--{name}", getattr(options, name)] if getattr(options, name) else []
        command += ["--seconds", str(options.seconds), "--output", "json"]
        rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["rows"]
        for row in rows:
            rates.setdefault((row["name"], "heddle"), []).append(row["per_second"])
        command = [python, "-c", PEER, options.messages, options.suite, str(options.seconds)]
        peers = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for what, name, value in peers:
            rates.setdefault((what, name), []).append(value)
    print(f"{'what':26}{'validator':18}{'per s':>12}  Heddle is")
    for (what, name), values in sorted(rates.items(), key=lambda item: item[0][0]):
        ours = statistics.median(rates[(what, "heddle")])
        print(f"{what:26}{name:18}{statistics.median(values):12,.0f}  {ours / statistics.median(values):.2f} x")


if __name__ == "__main__":
    main()
