#!/usr/bin/env python3
"""The extension behind the gateways, in Python and without an SDK: one tool, `echo`, over standard input and output.

It speaks both eras, as `heddle-echo` does, and does nothing that costs time. With `--read-only` the tool says that it
changes nothing, so that a gateway may keep its answers.
"""

import json
import sys

INFO = {"name": "raw-echo", "version": "1.0.0"}
TOOL = {
    "name": "echo",
    "description": "Answers with the text it was given.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    "annotations": {"readOnlyHint": "--read-only" in sys.argv},
}


def result(method: str, params: dict) -> dict | None:
    """What a request is answered with; None when there is no such method or tool."""
    if method == "tools/call" and params.get("name") == "echo":
        text = params.get("arguments", {}).get("text", "")
        return {"resultType": "complete", "content": [{"type": "text", "text": text}]}
    if method == "tools/list":
        return {"resultType": "complete", "ttlMs": 0, "cacheScope": "public", "tools": [TOOL]}
    if method == "initialize":
        version = params.get("protocolVersion", "2025-11-25")
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": INFO}
    if method == "server/discover":
        return {
            "resultType": "complete", "supportedVersions": ["2026-07-28", "2025-11-25"], "capabilities": {"tools": {}},
            "ttlMs": 0, "cacheScope": "public", "_meta": {"io.modelcontextprotocol/serverInfo": INFO},
        }
    return {} if method == "ping" else None


def main() -> None:
    """Answers line by line until the input ends; what has no id is a notification."""
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "id" not in message or "method" not in message:
            continue
        answer = {"jsonrpc": "2.0", "id": message["id"]}
        found = result(message["method"], message.get("params") or {})
        if found is None:
            answer["error"] = {"code": -32601, "message": "no such method or tool"}
        else:
            answer["result"] = found
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
