#!/usr/bin/env python3
"""Contexts and participants by Heddle and by what a team would write instead, all of them in every round of one run.

The peer is FastAPI with SQLAlchemy and asyncpg from PyPI (contexts/app.py), in a virtual environment under .build/peers,
on PostgreSQL; Heddle keeps its contexts in SQLite, and on the same PostgreSQL where its build has `--database`. PostgreSQL
runs in a folder of its own and syncs each commit, as it comes. The load is that of `heddle benchmark contexts` for all:
the same requests from the same generator, which makes what it works on by the requests before. Figures are medians.

    sudo apt-get install postgresql
    make build && Benchmarks/peers/contexts.py --rounds 3 --seconds 2 --markdown
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

from contexts.cluster import Cluster
from gateways.report import number, table
from gateways.server import Server, Unusable, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["fastapi", "sqlalchemy[asyncio]", "asyncpg", "uvicorn[standard]", "orjson"]
INSTALL_SECONDS = 450
SQLITE, POSTGRES, PEER = "Heddle, SQLite", "Heddle, PostgreSQL", "FastAPI, SQLAlchemy, asyncpg"
HEADING = ["operation", "with", "a second", "p50 ms", "p95 ms", "p99 ms", "failed", "of the peer"]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heddle", type=pathlib.Path, default=ROOT / ".build" / "release" / "heddle")
    parser.add_argument("--venvs", type=pathlib.Path, default=ROOT / ".build" / "peers", help="where the peer is put")
    parser.add_argument("--python", default=sys.executable, help="the Python that the peer is installed with")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2, help="for one measurement")
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes of the peer")
    parser.add_argument("--markdown", action="store_true", help="print the table for docs/performance.md")
    chosen = parser.parse_args()
    if not (1 <= chosen.rounds <= 20 and 0.1 <= chosen.seconds <= 60 and 1 <= chosen.callers <= 256):
        parser.error("--rounds is from 1 to 20, --seconds from 0.1 to 60, --callers from 1 to 256")
    return chosen


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def environment(chosen: argparse.Namespace) -> pathlib.Path:
    """The programs of the virtual environment with the peer's packages."""
    folder = chosen.venvs / "contexts"
    if not (folder / "done").exists():
        progress("installing the peer's packages ...")
        commands = [[chosen.python, "-m", "venv", "--clear", folder],
                    [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]]
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
            if done.returncode != 0:
                raise Unusable(f"cannot be installed: {' '.join(done.stderr.split())[-300:]}")
        (folder / "done").touch()
    return folder / "bin"


def versions(programs: pathlib.Path) -> str:
    names = ["fastapi", "sqlalchemy", "asyncpg", "uvicorn"]
    code = f"import importlib.metadata as m; print(', '.join(n + ' ' + m.version(n) for n in {names!r}))"
    done = subprocess.run([programs / "python", "-c", code], capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def start_heddle(chosen: argparse.Namespace, folder: pathlib.Path, name: str, database: str | None):
    server, port = Server(name, folder), free_port()
    data = folder / "data"
    more = ["--database", "postgres" + database] if database else []
    try:
        server.run([chosen.heddle.resolve(), "serve", "--port", port, "--data-dir", data, "--log-level", "error", *more],
                   port)
    except Unusable:
        server.stop()
        raise
    return server, port, ["--header", f"Authorization: Bearer {(data / 'token').read_text().strip()}"]


def start_peer(chosen: argparse.Namespace, folder: pathlib.Path, programs: pathlib.Path, database: str):
    """The peer as its notes say is fastest: uvloop and httptools, a process for each core, no access log."""
    server, port = Server(PEER, folder), free_port()
    variables = {"PEER_DATABASE": "postgresql+asyncpg" + database, "PEER_POOL": str(max(1, 20 // chosen.workers)),
                 "PYTHONPATH": str(pathlib.Path(__file__).parent)}
    make = "import asyncio, contexts.app as app; asyncio.run(app.make_tables())"
    done = subprocess.run([programs / "python", "-c", make], env={**os.environ, **variables}, cwd=folder,
                          capture_output=True, text=True, timeout=60)
    try:
        if done.returncode != 0:
            raise Unusable(f"cannot make its tables: {' '.join(done.stderr.split())[-300:]}")
        server.run([programs / "uvicorn", "contexts.app:app", "--host", "127.0.0.1", "--port", port,
                    "--workers", chosen.workers, "--no-access-log", "--log-level", "warning"], port, **variables)
    except Unusable:
        server.stop()
        raise
    return server, port, []


def measure(chosen: argparse.Namespace, port: int, headers: list[str]) -> list[dict]:
    command = [chosen.heddle.resolve(), "benchmark", "contexts", "--url", f"http://127.0.0.1:{port}", *headers,
               "--callers", chosen.callers, "--seconds", chosen.seconds, "--output", "json"]
    limit = 120 + 20 * chosen.seconds
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=limit)
    if done.returncode != 0:
        raise Unusable(f"cannot be measured: {' '.join(done.stderr.split())[-300:]}")
    return json.loads(done.stdout)["calls"]


def takes_database(chosen: argparse.Namespace) -> bool:
    help = subprocess.run([chosen.heddle.resolve(), "serve", "--help"], capture_output=True, text=True, timeout=60)
    return "--database" in help.stdout


def attempt(runs: dict, missing: dict, name: str, start, chosen: argparse.Namespace) -> None:
    """One target of one round; one that fails is left out from then on."""
    if name in missing:
        return
    progress(f"  {name}")
    server = None
    try:
        server, port, headers = start()
        for row in measure(chosen, port, headers):
            runs.setdefault((row["path"], name), []).append(row)
    except (Unusable, OSError, subprocess.SubprocessError) as error:
        said = f"; {server.said()}" if server else ""
        missing[name] = f"{error}{said}"
        progress(f"  {missing[name]}")
    finally:
        if server:
            server.stop()


def show(runs: dict, missing: dict, markdown: bool) -> None:
    def middle(path: str, name: str, key: str) -> float | None:
        found = runs.get((path, name))
        return statistics.median(row[key] for row in found) if found else None

    rows = []
    for path, name in sorted(runs, key=lambda key: list(dict.fromkeys(path for path, _ in runs)).index(key[0])):
        rate, peer = middle(path, name, "calls_per_second"), middle(path, PEER, "calls_per_second")
        times = [number(middle(path, name, key)) for key in ("p50_ms", "p95_ms", "p99_ms")]
        failed = sum(row["failed"] for row in runs[path, name])
        ratio = f"{rate / peer:.1f} ×" if rate and peer and name != PEER else ""
        rows.append([path, name, number(rate), *times, f"{failed:,}", ratio])
    print(table(HEADING, rows, markdown))
    for name, why in missing.items():
        print(f"\n{name}: not measured: {why}")


def stopped(signal_number: int, _) -> None:
    raise SystemExit(128 + signal_number)


def main() -> None:
    chosen = options()
    for signal_number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, stopped)
    os.environ.pop("HEDDLE_TOKEN", None)
    runs, missing = {}, {}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-contexts-"))
    cluster = None
    try:
        try:
            cluster = Cluster()
            cluster.start()
            programs = environment(chosen)
            progress(f"the peer: {versions(programs)}; {chosen.workers} processes")
        except (Unusable, OSError, subprocess.SubprocessError) as error:
            missing[PEER] = missing[POSTGRES] = str(error)
        if not takes_database(chosen):
            missing[POSTGRES] = "this build keeps contexts in SQLite alone"
        for turn in range(chosen.rounds):
            progress(f"round {turn + 1} of {chosen.rounds}")
            here = folder / str(turn)
            attempt(runs, missing, SQLITE, lambda: start_heddle(chosen, here / "sqlite", SQLITE, None), chosen)
            attempt(runs, missing, POSTGRES,
                    lambda: start_heddle(chosen, here / "postgres", POSTGRES, cluster.database()), chosen)
            attempt(runs, missing, PEER, lambda: start_peer(chosen, here / "peer", programs, cluster.database()),
                    chosen)
        show(runs, missing, chosen.markdown)
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
