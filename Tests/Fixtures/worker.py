#!/usr/bin/python3
"""A small stateless MCP server over standard input and output whose calls tell which process had them.

Every call of `work` is noted in `calls` in the folder that is given, so that a test can count how often it ran. Needs
nothing but Python's standard library.
"""

import heapq
import json
import os
import select
import sys
import time

FOLDER = sys.argv[1]
# Answers that are due at a time, by it.
LATER = []


def tool(name, properties, **hints):
    return {"name": name, "inputSchema": {"type": "object", "properties": properties}, "annotations": hints}


TOOLS = [
    tool("work", {"key": {}, "seconds": {"type": "number"}}),
    tool("read", {"key": {}, "seconds": {"type": "number"}}),
    tool("write", {}),
    tool("hang", {}),
    tool("die", {"key": {}}),
    tool("die_once", {"key": {}}),
    tool("slow_here", {"key": {}}),
    tool("refuse", {}),
    tool("healthy", {}),
    tool("hinted_read", {"key": {}}, readOnlyHint=True),
    tool("hinted_open", {"key": {}}, readOnlyHint=True, openWorldHint=True),
    tool("hinted_set", {"key": {}}, idempotentHint=True),
    tool("big", {"key": {}, "bytes": {"type": "integer"}}),
    tool("labelled", {"key": {}, "label": {"type": "object"}}),
]


def send(message):
    line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
    while line:
        line = line[os.write(1, line):]


def note(key):
    with open(os.path.join(FOLDER, "calls"), "a", encoding="utf-8") as log:
        log.write(f"{os.getpid()} {json.dumps(key)}\n")


def call(identifier, name, arguments):
    key = arguments.get("key")
    if name not in ("write", "healthy"):
        note(key)
    if name == "hang":
        return
    if name == "die":
        os._exit(3)
    if name == "die_once":
        mark = os.path.join(FOLDER, "died")
        if not os.path.exists(mark):
            open(mark, "w", encoding="utf-8").close()
            os._exit(3)
    delay = arguments.get("seconds", 0)
    if name == "slow_here":
        delay = slowness()
    # Inside the sandbox every process has the same number; the one it was started with is as good as any.
    body = {"process": MARK, "key": key}
    result = {"content": [{"type": "text", "text": json.dumps(body)}], "structuredContent": body}
    if name == "big":
        result["content"].append({"type": "text", "text": "x" * arguments["bytes"]})
    result.update(arguments.get("label", {}))
    if name == "refuse" or name == "healthy" and os.path.exists(os.path.join(FOLDER, "sick")):
        result["isError"] = True
    due = time.monotonic() + delay
    heapq.heappush(LATER, (due, identifier, result))


MARK = os.urandom(8).hex()


def slowness():
    """A minute in the first process that is asked, nothing in the others."""
    mark = os.path.join(FOLDER, "slow")
    if not os.path.exists(mark):
        with open(mark, "w", encoding="utf-8") as file:
            file.write(MARK)
    with open(mark, encoding="utf-8") as file:
        return 60 if file.read() == MARK else 0


def receive(message):
    identifier, method, params = message.get("id"), message.get("method"), message.get("params") or {}
    if method == "tools/call":
        call(identifier, params["name"], params.get("arguments") or {})
    elif method == "initialize":
        info = {"name": "worker", "version": "1.0.0"}
        answer = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
        send({"jsonrpc": "2.0", "id": identifier, "result": answer})
    elif method == "tools/list":
        send({"jsonrpc": "2.0", "id": identifier, "result": {"tools": TOOLS}})
    elif method == "ping":
        send({"jsonrpc": "2.0", "id": identifier, "result": {}})
    elif identifier is not None:
        send({"jsonrpc": "2.0", "id": identifier, "error": {"code": -32601, "message": "no such method"}})


def main():
    """Reads requests and answers those that are due, on one thread: a test may have hundreds under way."""
    pending = b""
    while True:
        wait = max(0, LATER[0][0] - time.monotonic()) if LATER else None
        if select.select([0], [], [], wait)[0]:
            chunk = os.read(0, 1 << 16)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                receive(json.loads(line))
        while LATER and LATER[0][0] <= time.monotonic():
            _, identifier, result = heapq.heappop(LATER)
            send({"jsonrpc": "2.0", "id": identifier, "result": result})


main()
