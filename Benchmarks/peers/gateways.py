#!/usr/bin/env python3
"""Calls of one tool through Heddle and through other gateways, all of them in every round of one run.

Each gateway has the same extension behind it: the compiled heddle-echo, then a server in Python without an SDK. Two
clients load it: wrk with one thread, which shows what the server can do, and the official Python client (`mcp`), which
shows what an agent sees and is itself the limit from about a thousand calls a second on. The peers come from PyPI, each
into a virtual environment of its own under .build/peers. Every answer is looked at, and only those that hold the text
count as calls. Each round visits all gateways, so that a machine that changes its pace does so for all of them; figures
are medians of the rounds. What cannot be installed or does not start is named with the reason, and the run goes on.

    sudo apt-get install wrk
    make build && Benchmarks/peers/gateways.py --rounds 3 --seconds 3 --markdown
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile

from gateways import load, report, targets
from gateways.server import Door, Server, Unusable

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRK, OFFICIAL = "wrk", "official client"
FLOOR = "no gateway, pipe"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: [word for word in text.split(",") if word]
    counts = lambda text: [int(word) for word in words(text)]
    parser.add_argument("--heddle", type=pathlib.Path, default=ROOT / ".build" / "release" / "heddle")
    parser.add_argument("--venvs", type=pathlib.Path, default=ROOT / ".build" / "peers", help="where peers are put")
    parser.add_argument("--python", default=sys.executable, help="the Python that peers are installed with")
    parser.add_argument("--peers", type=words, default=list(targets.TARGETS), help=",".join(targets.TARGETS))
    parser.add_argument("--extensions", type=words, default=["compiled", "python"], help="compiled,python")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="for one measurement; slow gateways get up to 20")
    parser.add_argument("--callers", type=counts, default=[1, 16, 64], help="1,16,64")
    parser.add_argument("--markdown", action="store_true", help="print the tables for docs/performance.md")
    chosen = parser.parse_args()
    if unknown := set(chosen.peers) - set(targets.TARGETS) or set(chosen.extensions) - {"compiled", "python"}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if not (1 <= chosen.rounds <= 20 and 1 <= chosen.seconds <= 60 and all(1 <= n <= 256 for n in chosen.callers)):
        parser.error("--rounds is from 1 to 20, --seconds from 1 to 60, --callers from 1 to 256")
    return chosen


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def command_of(extension: str, heddle: pathlib.Path) -> list[str]:
    """How the extension is started; the system's Python does for the one without an SDK."""
    if extension == "compiled":
        return [str(heddle.parent / "heddle-echo")]
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else os.path.realpath(sys.executable)
    return [python, str(pathlib.Path(load.__file__).with_name("echo.py"))]


def start(chosen: argparse.Namespace, setting: targets.Setting, running: list[Server], rows: report.Rows) -> list[Door]:
    """Starts one target after the other, each until it has answered."""
    doors = []
    for name in chosen.peers:
        progress(f"starting {name}")
        before = len(running)
        try:
            opened = targets.TARGETS[name](setting, running)
            for door in opened:
                door.first_answer()
            doors += opened
        except (Unusable, OSError) as error:
            rows.missing[running[before].name if len(running) > before else name] = str(error)
            progress(f"  {name} {error}")
            while len(running) > before:
                running.pop().stop()
    return doors


def attempt(rows: report.Rows, client: str, door: Door, callers: int, measure) -> None:
    """One measurement; a gateway that fails it as a whole is left out from then on."""
    if door.broken:
        return
    progress(f"  {client}, {door.name}, {callers} callers")
    try:
        rows.add(client, door.name, callers, measure())
    except (Unusable, OSError, ValueError) as error:
        door.broken = f"{client} with {callers} callers: {error}"
        rows.missing[door.name + ", left out"] = door.broken
        progress(f"  {door.broken}")


def floor(rows: report.Rows, chosen: argparse.Namespace, setting: targets.Setting, client) -> None:
    """The extension on its own pipes, by each of the two kinds of generators."""
    try:
        for callers, figures in load.pipes(setting.heddle, chosen.seconds, setting.extension).items():
            if callers in chosen.callers:
                rows.add(WRK, FLOOR + " (heddle benchmark invoke)", callers, figures)
        for callers in chosen.callers if client else []:
            rows.add(OFFICIAL, FLOOR, callers, load.direct(setting.extension, callers, chosen.seconds, client))
    except (Unusable, OSError, ValueError, KeyError) as error:
        rows.missing[FLOOR] = str(error)


def measure(chosen: argparse.Namespace, extension: str, folder: pathlib.Path, client: pathlib.Path | None) -> None:
    """All rounds with one extension, and their tables."""
    rows = report.Rows()
    running: list[Server] = []
    heddle = chosen.heddle.resolve()
    setting = targets.Setting(command_of(extension, heddle), heddle, chosen.venvs, chosen.python, folder / extension)
    try:
        doors = start(chosen, setting, running, rows)
        for number in range(chosen.rounds):
            progress(f"round {number + 1} of {chosen.rounds}, {extension} extension")
            floor(rows, chosen, setting, client)
            for door in doors:
                for callers in chosen.callers:
                    if load.has_wrk():
                        attempt(rows, WRK, door, callers,
                                lambda: load.wrk(door, callers, chosen.seconds, door.server.folder))
            for door in doors:
                for callers in chosen.callers:
                    if client and door.tool:
                        attempt(rows, OFFICIAL, door, callers,
                                lambda: load.official(door, callers, chosen.seconds, client))
        for server in running:
            server.loaded_mb = server.rss_mb()
        show(rows, doors, running, extension, chosen.markdown)
    finally:
        for server in running:
            server.stop()


def show(rows: report.Rows, doors: list[Door], running: list[Server], extension: str, markdown: bool) -> None:
    behind = "the compiled extension" if extension == "compiled" else "the extension in Python"
    heading = (lambda text: f"\n### {text}\n") if markdown else (lambda text: f"\n{text}\n")
    for client, title in ((WRK, "wrk, one thread"), (OFFICIAL, "The official client")):
        print(heading(f"{title}, {behind}"))
        print(report.table(report.LOAD, rows.load(client), markdown))
        for line in rows.errors(client):
            print(f"\n{line}")
    print(heading(f"Start and memory, {behind}"))
    values = lambda server: (server.listens_ms, server.first_ms, server.idle_mb, server.loaded_mb)
    starts = [[server.name, *(report.number(value) for value in values(server))] for server in running]
    starts += [[name, "-", "-", "-", "not measured: " + why] for name, why in rows.missing.items()]
    print(report.table(report.START, starts, markdown))
    print(heading(f"How they were run, {behind}"))
    for door in doors:
        spoken = f"; the official client spoke {rows.versions[door.name]}" if door.name in rows.versions else ""
        print(f"- {door.name}: {door.notes}{spoken}")


def stopped(number: int, _) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    chosen = options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stopped)
    if not load.has_wrk():
        progress("wrk is not installed (apt-get install wrk): its tables stay empty")
    try:
        client = targets.environment(chosen.venvs, "mcp", chosen.python)[0]
    except Unusable as error:
        client = None
        progress(f"the official client {error}: its tables stay empty")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-peers-"))
    try:
        for extension in chosen.extensions:
            measure(chosen, extension, folder, client)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
