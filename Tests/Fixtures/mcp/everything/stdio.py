"""The stdio transport: one JSON message per line."""

from __future__ import annotations

import asyncio
import json
import sys

from legacy import Legacy, Session
from modern import Modern
from server import Server
from wire import INVALID_REQUEST, JSON, LEGACY, PARSE_ERROR, PREFIX, Refusal, error_response

LONGEST_LINE = 64 * 1024 * 1024


class Stdio:
    """One client on standard input and output."""

    def __init__(self, server: Server, eras: set[str]):
        self.eras = eras
        self.modern, self.legacy = Modern(server), Legacy(server)
        self.session = Session(server, self.write)

    def write(self, message: JSON) -> None:
        """Writes one message as one line."""
        sys.stdout.buffer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        sys.stdout.buffer.flush()

    async def send(self, message: JSON) -> None:
        """Writes one message; the form that calls use."""
        self.write(message)

    async def serve(self) -> None:
        """Reads and answers until the input ends."""
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            if line.strip():
                self.take(line)
        self.session.end()

    def take(self, line: bytes) -> None:
        """Takes one message; requests run side by side."""
        try:
            message = json.loads(line)
        except ValueError:
            self.write(error_response(None, Refusal(PARSE_ERROR, "A line is not JSON.")))
            return
        if not isinstance(message, dict):
            self.write(error_response(None, Refusal(INVALID_REQUEST, "A message is an object.")))
        elif "method" in message and "id" in message:
            key = message["id"] if isinstance(message["id"], (str, int)) else id(message)
            task = self.session.running[key] = asyncio.create_task(self.answer(message))
            task.add_done_callback(lambda _: self.session.running.pop(key, None))
        else:
            self.session.take(message)

    async def answer(self, message: JSON) -> None:
        """Answers one request in its era; a cancelled one gets no answer."""
        if is_modern(message, self.eras):
            self.write(await self.modern.answer(message, self.send))
        else:
            self.write(await self.legacy.answer(self.session, message, self.send))


def is_modern(message: JSON, eras: set[str], version_header: str | None = None) -> bool:
    """Whether a request belongs to the stateless era: it says so in its metadata, its header or its method."""
    if len(eras) == 1:
        return "modern" in eras
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    if isinstance(meta, dict) and PREFIX + "protocolVersion" in meta:
        return True
    return message.get("method") == "server/discover" or (version_header is not None and version_header not in LEGACY)
