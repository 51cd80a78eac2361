"""As much of HTTP/1.1 as the Streamable HTTP transport needs, over asyncio streams."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus

from wire import JSON

LARGEST_BODY, LARGEST_HEAD = 64 * 1024 * 1024, 64 * 1024


class BadRequest(Exception):
    """A request that cannot be read; the connection ends after the answer."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


@dataclass
class Request:
    """One HTTP request; the names of its headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """One client's connection, kept for several requests."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader, self.writer = reader, writer
        self.ahead = b""

    async def request(self) -> Request | None:
        """The next request, or nothing when the client is gone."""
        try:
            head = self.ahead + await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError:
            raise BadRequest(431, "The head is too large.") from None
        self.ahead = b""
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        parts = first.split(" ")
        if len(parts) != 3:
            raise BadRequest(400, "The request line has three parts.")
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequest(400, "A header has a name and a value.")
            headers[name.lower()] = value.strip(" \t")
        return Request(parts[0], parts[1], headers, await self._body(headers))

    async def _body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            return await self._chunks()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            raise BadRequest(413, "The body is too large or has no length.")
        try:
            return await self.reader.readexactly(int(length))
        except asyncio.IncompleteReadError:
            raise BadRequest(400, "The body ends early.") from None

    async def _chunks(self) -> bytes:
        body = b""
        try:
            while size := int((await self.reader.readline()).split(b";")[0], 16):
                if len(body) + size > LARGEST_BODY:
                    raise BadRequest(413, "The body is too large.")
                body += (await self.reader.readexactly(size + 2))[:-2]
            while (await self.reader.readline()).strip():
                pass
        except (ValueError, asyncio.IncompleteReadError):
            raise BadRequest(400, "The body is not chunked as it says.") from None
        return body

    async def gone(self) -> None:
        """Returns when the client has closed the connection; it sends nothing while it waits for an answer."""
        try:
            while data := await self.reader.read(1):
                self.ahead += data
        except ConnectionError:
            pass

    async def respond(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """A whole response."""
        fields = {"Content-Length": str(len(body)), **(headers or {})}
        self.writer.write(self._head(status, fields) + body)
        await self.writer.drain()

    async def respond_json(self, status: int, message: JSON, headers: dict[str, str] | None = None) -> None:
        """A whole response with a JSON body."""
        fields = {"Content-Type": "application/json", **(headers or {})}
        await self.respond(status, fields, json.dumps(message, separators=(",", ":")).encode())

    async def start_events(self, headers: dict[str, str]) -> None:
        """The head of a stream of server-sent events."""
        fields = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no",
                  "Transfer-Encoding": "chunked", **headers}
        self.writer.write(self._head(200, fields))
        await self.writer.drain()

    async def event(self, value: str) -> None:
        """A part of a stream of events, as one chunk."""
        data = value.encode()
        self.writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self.writer.drain()

    async def end_events(self) -> None:
        """The end of a stream of events."""
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    def _head(self, status: int, headers: dict[str, str]) -> bytes:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
