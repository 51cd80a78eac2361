"""Servers that are measured: their processes, how long they take to answer, their memory, and their end."""

import dataclasses
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

TEXT = "0123456789abcdef" * 4
FIRST_ID = 1_000_000_000
START_SECONDS = 120
STOP_SECONDS = 8


class Unusable(Exception):
    """Why something cannot be measured; the run goes on without it."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def stat(pid: int) -> tuple[int, int, int] | None:
    """Parent, session and time of the start of a process; the last tells it from a later one with the same id."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else (int(fields[1]), int(fields[3]), int(fields[19]))


def resident(pid: int) -> int:
    try:
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


class Server:
    """The processes of one gateway, the helpers it needs among them."""

    def __init__(self, name: str, folder: pathlib.Path):
        self.name, self.folder = name, folder
        folder.mkdir(parents=True)
        self.log = (folder / "log").open("ab+")
        self.processes: list[subprocess.Popen] = []
        self.seen: dict[int, int] = {}
        self.started = 0.0
        self.listens_ms: float | None = None
        self.first_ms: float | None = None
        self.idle_mb: float | None = None
        self.loaded_mb: float | None = None

    def run(self, command: list, port: int, **environment: str) -> None:
        """Starts a process and waits until it listens; the clock is that of the process started last."""
        self.started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            cwd=self.folder, env={**os.environ, **environment}, start_new_session=True,
        )
        self.processes.append(process)
        while not listens(port):
            if process.poll() is not None:
                raise Unusable(f"does not start: {self.said()}")
            if time.perf_counter() - self.started > START_SECONDS:
                raise Unusable(f"does not listen after {START_SECONDS} s: {self.said()}")
            time.sleep(0.005)
        self.listens_ms = (time.perf_counter() - self.started) * 1000

    def said(self) -> str:
        """The end of what it logged, in one line."""
        self.log.seek(0)
        return " ".join(self.log.read()[-300:].decode(errors="replace").split()) or "it says nothing"

    def tree(self) -> dict[int, int]:
        """All processes that descend from it or are in a session it opened, with the times of their starts."""
        known = {int(entry): found for entry in os.listdir("/proc") if entry.isdigit() and (found := stat(int(entry)))}
        roots = {process.pid for process in self.processes if process.poll() is None}
        own = {pid for pid, (_, session, _) in known.items() if pid in roots or session in roots}
        while more := {pid for pid, (parent, _, _) in known.items() if parent in own and pid not in own}:
            own |= more
        found = {pid: known[pid][2] for pid in own}
        self.seen |= found
        return found

    def rss_mb(self) -> float:
        return sum(resident(pid) for pid in self.tree()) / 1e6

    def end(self, processes: list[subprocess.Popen]) -> None:
        """Ends process groups: politely, then by force, and whatever of their children is still there."""
        self.tree()
        for name in (signal.SIGTERM, signal.SIGKILL):
            for process in processes:
                if process.poll() is None:
                    os.killpg(process.pid, name)
            until = time.monotonic() + STOP_SECONDS
            while any(process.poll() is None for process in processes) and time.monotonic() < until:
                time.sleep(0.02)

    def restart(self, command: list, port: int, **environment: str) -> None:
        """Starts the last process anew, so that what it prepares only once is not in the measured start."""
        self.end([self.processes.pop()])
        self.run(command, port, **environment)

    def stop(self) -> None:
        self.end(self.processes)
        for pid, start in self.seen.items():
            if (found := stat(pid)) and found[2] == start:
                os.kill(pid, signal.SIGKILL)
        self.log.close()


@dataclasses.dataclass
class Door:
    """A way into a server: what is sent there. Without a tool it is no MCP, and only wrk can use it."""

    name: str
    server: Server
    url: str
    headers: dict[str, str]
    body: dict
    tool: str | None
    notes: str
    sessions: bool = False
    rate: float = 100.0
    broken: str = ""

    @property
    def arguments(self) -> dict:
        return self.body["params"]["arguments"]

    def request_headers(self) -> dict[str, str]:
        """The headers of a request outside of the official client, with a session of its own where one is needed."""
        headers = {"Content-Type": "application/json", **self.headers}
        if not self.sessions:
            return headers
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}
        body = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}
        with self.post(headers, body) as answer:
            headers["Mcp-Session-Id"] = answer.headers["Mcp-Session-Id"]
        self.post(headers, {"jsonrpc": "2.0", "method": "notifications/initialized"}).close()
        return headers

    def post(self, headers: dict[str, str], body: dict):
        return urllib.request.urlopen(urllib.request.Request(self.url, json.dumps(body).encode(), headers), timeout=60)

    def ask(self) -> str:
        """One call, whose answer has to hold the text."""
        try:
            with self.post(self.request_headers(), self.body) as answer:
                said = answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            raise Unusable(f"refuses the call: {error.code} {error.read()[:200].decode(errors='replace')}") from error
        except OSError as error:
            raise Unusable(f"does not answer: {error}") from error
        if TEXT not in said:
            raise Unusable(f"does not echo: {said[:200]}")
        return said

    def first_answer(self) -> None:
        """Waits for the first right answer; then a few more, which tell how long a measurement has to be."""
        while True:
            try:
                self.ask()
                break
            except Unusable as error:
                late = time.perf_counter() - self.server.started > START_SECONDS
                if late or self.server.processes[-1].poll() is not None:
                    raise Unusable(f"{error}; {self.server.said()}") from error
                time.sleep(0.02)
        if self.server.first_ms is None:
            self.server.first_ms = (time.perf_counter() - self.server.started) * 1000
            self.server.idle_mb = self.server.rss_mb()
        start = time.perf_counter()
        for _ in range(5):
            self.ask()
        self.rate = 5 / (time.perf_counter() - start)
