#!/usr/bin/env python3
"""Calls of one tool through Heddle and through other gateways, one after the other in one run.

Every gateway has the same compiled echo extension (heddle-echo) behind it and is loaded by the same generator
(`heddle benchmark http`). The peers come from PyPI, each into a virtual environment of its own under .build/peers.
Each round visits all gateways, so that a machine that changes its pace does so for all of them; ratios are medians.

    make build && Benchmarks/peers/gateways.py --rounds 3 --seconds 3
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = "0123456789abcdef" * 4

FASTMCP = """
import sys
from fastmcp.client.transports import StdioTransport
from fastmcp.server import create_proxy

proxy = create_proxy(StdioTransport(command=sys.argv[1], args=[]), name="echo")
proxy.run(transport="http", host="127.0.0.1", port=int(sys.argv[2]), stateless_http=True, json_response=True,
          show_banner=False, log_level="error", uvicorn_config={"access_log": False})
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(package: str) -> pathlib.Path:
    """A virtual environment with one package from PyPI."""
    folder = ROOT / ".build" / "peers" / package
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", package]
        subprocess.run(pip, check=True)
        (folder / "done").touch()
    return folder / "bin"


def version(binaries: pathlib.Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([binaries / "python", "-c", code], check=True, capture_output=True, text=True).stdout.strip()


class Gateway:
    def __init__(self, name: str, command: list, port: int, path: str, headers: list[str], body: dict):
        self.name, self.port, self.headers, self.body = name, port, headers, json.dumps(body)
        self.url = f"http://127.0.0.1:{port}{path}"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=self.log, stderr=self.log, start_new_session=True
        )

    def wait(self) -> None:
        """Until it answers the request that will be measured."""
        headers = dict(line.split(": ", 1) for line in self.headers) | {"Content-Type": "application/json"}
        for _ in range(300):
            try:
                request = urllib.request.Request(self.url, self.body.encode(), headers)
                with urllib.request.urlopen(request, timeout=10) as answer:
                    if TEXT in answer.read().decode():
                        return
                    raise SystemExit(f"{self.name} does not echo")
            except urllib.error.HTTPError as error:
                raise SystemExit(f"{self.name} refuses the call: {error.code} {error.read()[:500]}") from error
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.log.seek(0)
        raise SystemExit(f"{self.name} does not start: {self.log.read()[-2000:].decode(errors='replace')}")

    def measure(self, heddle: pathlib.Path, seconds: float, callers: list[int]) -> list[dict]:
        command = [heddle, "benchmark", "http", self.url, "--body", self.body, "--expect", TEXT, "--output", "json"]
        command += ["--seconds", str(seconds), "--name", self.name]
        for header in self.headers:
            command += ["--header", header]
        for count in callers:
            command += ["--callers", str(count)]
        done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)["calls"]

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def call(tool: str) -> dict:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {"text": TEXT}}}


def start(heddle: pathlib.Path, folder: pathlib.Path, running: list[Gateway]) -> None:
    """Starts all gateways; those that run are in the list even when a later one fails."""
    echo = heddle.parent / "heddle-echo"
    both = ["Accept: application/json, text/event-stream", "MCP-Protocol-Version: 2025-06-18"]
    port = free_port()
    data = folder / "data"
    os.environ.pop("HEDDLE_TOKEN", None)
    server = Gateway("heddle, REST", [heddle, "serve", "--port", port, "--data-dir", data, "--log-level", "error"],
                     port, "/api/v1/extensions/echo/capabilities/echo/invoke", [], {"parameters": {"text": TEXT}})
    running.append(server)
    while not (data / "token").exists() or not listens(port):
        time.sleep(0.05)
    subprocess.run([heddle, "ext", "add", "echo", "--server", f"http://127.0.0.1:{port}", "--data-dir", data, "--", echo],
                   check=True, capture_output=True)
    server.headers = ["Authorization: Bearer " + (data / "token").read_text().strip()]
    running.append(shared(server, "heddle, MCP", "/mcp", both, call("echo__echo")))

    binaries = environment("mcp-proxy")
    port = free_port()
    running.append(Gateway(f"mcp-proxy {version(binaries, 'mcp-proxy')}",
                         [binaries / "mcp-proxy", "--host", "127.0.0.1", "--port", port, "--stateless", "--log-level",
                          "ERROR", "--", echo], port, "/mcp", both, call("echo")))
    binaries = environment("fastmcp")
    script = folder / "fastmcp_proxy.py"
    script.write_text(FASTMCP)
    port = free_port()
    running.append(Gateway(f"fastmcp {version(binaries, 'fastmcp')}", [binaries / "python", script, echo, port], port,
                         "/mcp", both, call("echo")))


def shared(server: Gateway, name: str, path: str, headers: list[str], body: dict) -> Gateway:
    """Another door of a server that runs already."""
    other = Gateway.__new__(Gateway)
    other.name, other.port, other.headers, other.body = name, server.port, server.headers + headers, json.dumps(body)
    other.url, other.log, other.process = f"http://127.0.0.1:{server.port}{path}", server.log, server.process
    return other


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heddle", type=pathlib.Path, default=ROOT / ".build" / "release" / "heddle")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    callers = [1, 16, 64]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-peers-"))
    running: list[Gateway] = []
    try:
        start(options.heddle.resolve(), folder, running)
        for gateway in running:
            gateway.wait()
        rows: dict[tuple[str, int], list[dict]] = {}
        for _ in range(options.rounds):
            for gateway in running:
                for row in gateway.measure(options.heddle, options.seconds, callers):
                    rows.setdefault((gateway.name, row["callers"]), []).append(row)
        base = {count: statistics.median(row["calls_per_second"] for row in rows[(running[0].name, count)])
                for count in callers}
        print(f"{'gateway':24}{'callers':>8}{'calls/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'failed':>8}{'heddle is':>12}")
        for (name, count), runs in rows.items():
            rate = statistics.median(run["calls_per_second"] for run in runs)
            p50, p99 = (statistics.median(run[key] for run in runs) for key in ("p50_ms", "p99_ms"))
            ratio = f"{base[count] / rate:.1f} x" if rate else "-"
            print(f"{name:24}{count:8}{rate:10.0f}{p50:10.3f}{p99:10.3f}{sum(run['failed'] for run in runs):8}{ratio:>12}")
    finally:
        for gateway in running:
            gateway.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
