"""Heddle and its peers: how each is installed, configured and started with one extension behind it."""

import functools
import json
import os
import pathlib
import secrets
import subprocess
import sys
import tempfile
import urllib.request

from .server import FIRST_ID, TEXT, Door, Server, Unusable, free_port

INSTALL_SECONDS = 450
MCP_HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}

FASTMCP = """
import sys
from fastmcp.client.transports import StdioTransport
from fastmcp.server import create_proxy

proxy = create_proxy(StdioTransport(command=sys.argv[2], args=sys.argv[3:]), name="echo")
proxy.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), stateless_http=True, json_response=True,
          show_banner=False, log_level="error", uvicorn_config={"access_log": False})
"""

CONTEXTFORGE_TUNED = {
    "USE_STATEFUL_SESSIONS": "true", "DB_METRICS_RECORDING_ENABLED": "false", "TOKEN_USAGE_LOGGING_ENABLED": "false",
    "STRUCTURED_LOGGING_ENABLED": "false", "COMPRESSION_ENABLED": "false", "MCPGATEWAY_A2A_ENABLED": "false",
}


class Setting:
    """What all targets are started with: the extension, the binaries and a folder for what they write."""

    def __init__(
        self, extension: list[str], heddle: pathlib.Path, venvs: pathlib.Path, python: str, folder: pathlib.Path
    ):
        self.extension, self.heddle, self.venvs, self.python, self.folder = extension, heddle, venvs, python, folder

    def server(self, name: str, running: list[Server]) -> Server:
        """A server that is stopped at the end whatever becomes of it."""
        server = Server(name, self.folder / name)
        running.append(server)
        return server

    def package(self, name: str) -> tuple[pathlib.Path, str]:
        return environment(self.venvs, name, self.python)


@functools.cache
def environment(venvs: pathlib.Path, package: str, python: str) -> tuple[pathlib.Path, str]:
    """The programs of a virtual environment with one package from PyPI, and the package's version."""
    folder = venvs / package
    if not (folder / "done").exists():
        print(f"installing {package} ...", file=sys.stderr, flush=True)
        commands = [[python, "-m", "venv", "--clear", folder],
                    [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", package]]
        for command in commands:
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise Unusable(f"cannot be installed: {error}") from error
            if done.returncode != 0:
                said = " ".join(done.stderr.split())[-300:]
                raise Unusable(f"cannot be installed: {said or f'{command[0]} ended with {done.returncode}'}")
        (folder / "done").touch()
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([folder / "bin" / "python", "-c", code], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Unusable(f"is not in its environment {folder}; remove that folder")
    return folder / "bin", done.stdout.strip()


def call(tool: str, arguments: dict | None = None) -> dict:
    arguments = arguments or {"text": TEXT}
    return {"jsonrpc": "2.0", "id": FIRST_ID, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def door(name: str, server: Server, port: int, tool: str, notes: str, path: str = "/mcp", **more) -> Door:
    """A door that speaks MCP."""
    headers = MCP_HEADERS | more.pop("headers", {})
    body = call(tool, more.pop("arguments", None))
    return Door(name, server, f"http://127.0.0.1:{port}{path}", headers, body, tool, notes, **more)


# --- Heddle -----------------------------------------------------------------------------------------------------------


def heddle_server(setting: Setting, running: list[Server], name: str, flags: list[str]) -> tuple[Server, int, str]:
    """A server with the extension, started anew once it knows it, and its token."""
    server, port = setting.server(name, running), free_port()
    data = server.folder / "data"
    serve = [setting.heddle, "serve", "--port", port, "--data-dir", data, "--log-level", "error"]
    os.environ.pop("HEDDLE_TOKEN", None)
    server.run(serve, port)
    reads = [word for path in setting.extension[1:] for word in ("--read", path)]
    add = [setting.heddle, "ext", "add", "echo", "--yes", "--server", f"http://127.0.0.1:{port}", "--data-dir", data,
           *reads, "--", *setting.extension, *flags]
    done = subprocess.run([str(word) for word in add], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Unusable(f"does not take the extension: {' '.join((done.stderr + done.stdout).split())[-300:]}")
    server.restart(serve, port)
    return server, port, (data / "token").read_text().strip()


def rest(name: str, server: Server, port: int, token: str, notes: str) -> Door:
    url = f"http://127.0.0.1:{port}/api/v1/extensions/echo/capabilities/echo/invoke"
    return Door(name, server, url, {"Authorization": f"Bearer {token}"}, {"parameters": {"text": TEXT}}, None, notes)


def heddle(setting: Setting, running: list[Server]) -> list[Door]:
    server, port, token = heddle_server(setting, running, "Heddle", [])
    notes = "as it comes, with its sandbox"
    return [
        rest("Heddle, REST", server, port, token, notes),
        door("Heddle, /mcp", server, port, "echo__echo", notes, headers={"Authorization": f"Bearer {token}"}),
    ]


def heddle_cached(setting: Setting, running: list[Server]) -> list[Door]:
    """The tool says that it is read-only, so its answers are kept; a build that keeps none is told apart by them."""
    server, port, token = heddle_server(setting, running, "Heddle, kept results", ["--read-only"])
    notes = "the tool says that it is read-only; otherwise as it comes"
    kept = rest("Heddle, REST, kept results", server, port, token, notes)
    kept.first_answer()
    if not json.loads(kept.ask()).get("cache", {}).get("hit"):
        raise Unusable("this build of Heddle keeps no results")
    return [kept]


# --- Peers ------------------------------------------------------------------------------------------------------------


def mcp_proxy(setting: Setting, running: list[Server]) -> list[Door]:
    binaries, version = setting.package("mcp-proxy")
    server, port = setting.server(f"mcp-proxy {version}", running), free_port()
    server.run([binaries / "mcp-proxy", "--host", "127.0.0.1", "--port", port, "--stateless", "--log-level", "ERROR",
                "--", *setting.extension], port)
    return [door(server.name, server, port, "echo", "stateless, its fastest mode")]


def fastmcp(setting: Setting, running: list[Server]) -> list[Door]:
    binaries, version = setting.package("fastmcp")
    server, port = setting.server(f"FastMCP {version} proxy", running), free_port()
    script = server.folder / "proxy.py"
    script.write_text(FASTMCP)
    server.run([binaries / "python", script, port, *setting.extension], port)
    return [door(server.name, server, port, "echo", "`create_proxy`, stateless, JSON answers, no access log")]


def hangar(setting: Setting, running: list[Server], tuned: bool = False) -> list[Door]:
    """Its limits of 10 calls a second and 10 at a time are lifted: with them it would mostly refuse."""
    binaries, version = setting.package("mcp-hangar")
    server, port = setting.server(f"MCP Hangar {version}" + (", tuned" if tuned else ""), running), free_port()
    settings = {
        "mcp_servers": {"echo": {"mode": "subprocess", "command": setting.extension, "max_concurrency": 1000}},
        "rate_limit": {"rps": 1000000, "burst": 1000000},
        "execution": {"max_concurrency": 1000, "default_mcp_server_concurrency": 1000},
        "logging": {"level": "ERROR"},
    }
    if tuned:
        settings["event_store"] = {"driver": "memory"}
    configuration = server.folder / "config.yaml"
    configuration.write_text(json.dumps(settings))
    program = pathlib.Path(setting.extension[0]).name
    server.run([binaries / "mcp-hangar", "serve", "--config", configuration, "--http", "--port", port, "--log-level",
                "ERROR"], port, MCP_ALLOWED_COMMANDS=program)
    notes = "called through `hangar_call`; its limits on rate and concurrency lifted, the program allowed"
    notes += ", events in memory in place of SQLite" if tuned else ""
    calls = {"calls": [{"mcp_server": "echo", "tool": "echo", "arguments": {"text": TEXT}}]}
    return [door(server.name, server, port, "hangar_call", notes, arguments=calls)]


def contextforge(setting: Setting, running: list[Server], tuned: bool = False) -> list[Door]:
    """It starts no extensions itself: its own `translate` makes HTTP of this one.

    `translate` mixes up answers to requests of several sessions that have the same id, which the official client counts
    as failed. The limit of 100 calls a minute is lifted, and the gateway may reach this machine. It is started twice,
    since the first start makes its database.
    """
    binaries, version = setting.package("mcp-contextforge-gateway")
    server = setting.server(f"ContextForge {version}" + (", tuned" if tuned else ""), running)
    bridge, port = free_port(), free_port()
    environment = {
        "JWT_SECRET_KEY": secrets.token_hex(32), "AUTH_ENCRYPTION_SECRET": secrets.token_hex(32),
        "PLATFORM_ADMIN_EMAIL": "admin@example.com", "PLATFORM_ADMIN_PASSWORD": "Aa1-" + secrets.token_hex(16),
        "DATABASE_URL": f"sqlite:///{server.folder}/gateway.db", "LOG_LEVEL": "ERROR", "RATE_LIMITING_ENABLED": "false",
        "SSRF_ALLOW_LOCALHOST": "true", **(CONTEXTFORGE_TUNED if tuned else {}),
    }
    stdio = " ".join(str(word) for word in setting.extension)
    server.run([binaries / "python", "-m", "mcpgateway.translate", "--stdio", stdio, "--expose-streamable-http",
                "--stateless", "--port", bridge, "--logLevel", "error"], bridge, **environment)
    serve = [binaries / "mcpgateway", "mcpgateway.main:app", "--host", "127.0.0.1", "--port", port, "--no-access-log"]
    server.run(serve, port, **environment)
    headers = {"Authorization": f"Bearer {contextforge_token(binaries, environment)}"}
    body = {"name": "echo", "url": f"http://127.0.0.1:{bridge}/mcp", "transport": "STREAMABLEHTTP"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/gateways", json.dumps(body).encode(), headers)
    request.add_header("Content-Type", "application/json")
    try:
        urllib.request.urlopen(request, timeout=60).close()
    except OSError as error:
        raise Unusable(f"does not take the extension: {error}") from error
    server.restart(serve, port, **environment)
    notes = "behind its own `translate`; rate limit lifted, SQLite, one worker"
    notes += ", stateful sessions, without metrics rows, token log, structured log, compression and A2A" if tuned else ""
    return [door(server.name, server, port, "echo-echo", notes, path="/mcp/", headers=headers, sessions=tuned)]


def contextforge_token(binaries: pathlib.Path, environment: dict[str, str]) -> str:
    """A token of its administrator for ten hours, by its own program."""
    module = "mcpgateway.utils.create_jwt_token"
    command = [binaries / "python", "-m", module, "--username", "admin@example.com", "--exp", "600"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder,
                              env={**os.environ, **environment})
    if done.returncode != 0 or not done.stdout.strip():
        raise Unusable(f"gives no token: {' '.join(done.stderr.split())[-300:]}")
    return done.stdout.split()[-1]


TARGETS = {
    "heddle": heddle,
    "heddle-cached": heddle_cached,
    "mcp-proxy": mcp_proxy,
    "fastmcp": fastmcp,
    "mcp-hangar": hangar,
    "mcp-hangar-tuned": functools.partial(hangar, tuned=True),
    "contextforge": contextforge,
    "contextforge-tuned": functools.partial(contextforge, tuned=True),
}
