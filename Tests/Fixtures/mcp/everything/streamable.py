"""The Streamable HTTP transport of both eras at one address."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from http1 import BadRequest, Connection, Request
from legacy import Legacy, Session
from modern import Modern
from server import Server
from stdio import is_modern
from streams import Stream, deliver
from wire import (INTERNAL_ERROR, INVALID_REQUEST, JSON, LEGACY, METHOD_NOT_FOUND, PARSE_ERROR, SESSION_ERROR,
                  Refusal, error_response, is_id)

PATH = "/mcp"
LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
STATUS = {METHOD_NOT_FOUND: 404, INTERNAL_ERROR: 500}
MOST_SESSIONS = 1000
BATCHES = "2025-03-26"


def status_of(message: JSON) -> int:
    """The HTTP status of a modern response that is not streamed."""
    return STATUS.get(message["error"]["code"], 400) if "error" in message else 200


class HTTPSession(Session):
    """A legacy session with its streams."""

    def __init__(self, server: Server):
        self.standing = Stream("standing")
        super().__init__(server, self.standing.send_now)
        self.id = secrets.token_urlsafe(24)
        self.streams: dict[str, Stream] = {"standing": self.standing}
        self.listening = False

    @property
    def primed(self) -> bool:
        """Whether the client knows events without data, which give it an id at the beginning of a stream."""
        return self.version == LEGACY[0]

    def open_stream(self) -> Stream:
        """A stream for the answer to one request; the hundred newest can be resumed."""
        stream = Stream(secrets.token_hex(8))
        self.streams[stream.name] = stream
        if len(self.streams) > 100:
            oldest = next(name for name in self.streams if name != "standing")
            del self.streams[oldest]
        return stream


class Streamable:
    """Serves `/mcp` on the loopback interface."""

    def __init__(self, server: Server, eras: set[str], token: str | None):
        self.server, self.eras, self.token = server, eras, token
        self.modern, self.legacy = Modern(server), Legacy(server)
        self.sessions: dict[str, HTTPSession] = {}

    async def serve(self, port: int) -> None:
        """Listens until the process ends; says on standard error where."""
        listener = await asyncio.start_server(self._connected, "127.0.0.1", port)
        print(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}{PATH}", file=sys.stderr, flush=True)
        async with listener:
            await listener.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        try:
            while (request := await connection.request()) is not None:
                await self._serve(connection, request)
                if request.headers.get("connection", "").lower() == "close":
                    break
        except BadRequest as problem:
            await connection.respond(problem.status, {"Connection": "close"}, str(problem).encode())
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _serve(self, connection: Connection, request: Request) -> None:
        headers = request.headers
        origin = headers.get("origin")
        if not LOOPBACK.fullmatch(headers.get("host", "")) or (
                origin is not None and not LOOPBACK.fullmatch(re.sub("^https?://", "", origin))):
            await connection.respond(403, body=b"The Host or the Origin is not local.")
        elif request.path.partition("?")[0] != PATH:
            await connection.respond(404)
        elif self.token is not None and headers.get("authorization") != f"Bearer {self.token}":
            await connection.respond(401, {"WWW-Authenticate": "Bearer"})
        elif request.method == "POST":
            await self._post(connection, request)
        elif "legacy" in self.eras and request.method in ("GET", "DELETE"):
            session = await self._session(connection, request)
            if session is not None:
                await (self._get if request.method == "GET" else self._delete)(connection, request, session)
        else:
            await connection.respond(405, {"Allow": "POST"})

    async def _post(self, connection: Connection, request: Request) -> None:
        headers = request.headers
        kinds = [kind.split(";")[0].strip() for kind in headers.get("accept", "").split(",")]
        if "*/*" not in kinds and not {"application/json", "text/event-stream"} <= set(kinds):
            await connection.respond(406, body=b"Accept must list application/json and text/event-stream.")
            return
        if headers.get("content-type", "").split(";")[0].strip() != "application/json":
            await connection.respond(415, body=b"The content type is application/json.")
            return
        try:
            message = json.loads(request.body)
        except ValueError:
            await self._refuse(connection, 400, Refusal(PARSE_ERROR, "The body is not JSON."))
            return
        if isinstance(message, list) and not is_modern({}, self.eras, headers.get("mcp-protocol-version")):
            await self._post_batch(connection, request, message)
        elif not isinstance(message, dict):
            await self._refuse(connection, 400, Refusal(INVALID_REQUEST, "The body is one JSON-RPC message."))
        elif not is_modern(message, self.eras, headers.get("mcp-protocol-version")):
            await self._post_legacy(connection, request, message)
        elif "id" in message:
            stream = Stream("")
            await self._answer(connection, stream, lambda: self.modern.answer(message, stream.send, headers),
                               status_of, abort=True)
        elif isinstance(message.get("method"), str):
            await connection.respond(202)
        else:
            await self._refuse(connection, 400, Refusal(INVALID_REQUEST, "A message has a method."))

    async def _post_legacy(self, connection: Connection, request: Request, message: JSON) -> None:
        if message.get("method") == "initialize":
            session: HTTPSession | None = HTTPSession(self.server)
        else:
            session = await self._session(connection, request)
        if session is None:
            return
        if "method" not in message or "id" not in message:
            session.take(message)
            await connection.respond(202)
            return
        stream = session.open_stream()

        async def answer() -> JSON:
            # Only a client that got an id at once can come back for a stream on which nothing was sent yet.
            hang_up = stream.hang_up if session.primed else None
            reply = await self.legacy.answer(session, message, stream.send, hang_up)
            if message["method"] == "initialize" and "result" in reply:
                self._remember(session)
            return reply

        await self._answer(connection, stream, answer, lambda reply: 200, abort=False, session=session,
                           request_id=message["id"])

    async def _post_batch(self, connection: Connection, request: Request, messages: list[Any]) -> None:
        """Answers a batch, which only 2025-03-26 has, with one event per response."""
        session = await self._session(connection, request)
        if session is None:
            return
        if session.version != BATCHES or not messages or not all(isinstance(item, dict) for item in messages):
            await self._refuse(connection, 400, Refusal(INVALID_REQUEST, "The body is one JSON-RPC message."))
            return
        requests = [item for item in messages if "method" in item and "id" in item]
        for message in messages:
            if message not in requests:
                session.take(message)
        if not requests:
            await connection.respond(202)
            return
        stream = session.open_stream()

        async def answer(message: JSON) -> None:
            await stream.send(await self.legacy.answer(session, message, stream.send))

        async def run() -> None:
            await asyncio.gather(*(answer(message) for message in requests))
            stream.close()

        work = session.running[stream.name] = asyncio.create_task(run())
        work.add_done_callback(lambda _: session.running.pop(stream.name, None))
        await deliver(connection, stream, {"Mcp-Session-Id": session.id}, None, resumable=False)

    async def _answer(self, connection: Connection, stream: Stream, answer: Callable[[], Awaitable[JSON]],
                      status: Callable[[JSON], int], abort: bool, session: HTTPSession | None = None,
                      request_id: Any = None) -> None:
        """Runs a request and delivers its stream; `abort` stops it when the client goes away."""
        async def run() -> None:
            stream.finish(await answer())

        work = asyncio.create_task(run())
        headers: dict[str, str] = {}
        if session is not None:
            headers["Mcp-Session-Id"] = session.id
            key = request_id if is_id(request_id) else stream.name
            session.running[key] = work

            def ended(_: asyncio.Task[None]) -> None:
                session.running.pop(key, None)
                stream.close()

            work.add_done_callback(ended)
        try:
            await deliver(connection, stream, headers, status, resumable=session is not None,
                          primed=session is not None and session.primed)
        finally:
            if abort:
                work.cancel()

    async def _session(self, connection: Connection, request: Request) -> HTTPSession | None:
        """The session that a request names; answers the request itself when there is none."""
        key, version = request.headers.get("mcp-session-id"), request.headers.get("mcp-protocol-version")
        session = self.sessions.get(key or "")
        if key is None:
            await self._refuse(connection, 400, Refusal(SESSION_ERROR, "Mcp-Session-Id is missing."))
        elif session is None:
            await self._refuse(connection, 404, Refusal(SESSION_ERROR, "There is no such session."))
        elif version is not None and version not in LEGACY:
            await self._refuse(connection, 400, Refusal(SESSION_ERROR, f"Version {version} is not supported."))
        else:
            return session
        return None

    def _remember(self, session: HTTPSession) -> None:
        if len(self.sessions) >= MOST_SESSIONS:
            self.sessions.pop(next(iter(self.sessions))).end()
        self.sessions[session.id] = session

    async def _get(self, connection: Connection, request: Request, session: HTTPSession) -> None:
        """The standing stream, or the rest of a stream that broke off."""
        name, _, index = request.headers.get("last-event-id", "standing-").rpartition("-")
        stream = session.streams.get(name)
        if stream is None or not (index.isdigit() or name == "standing"):
            await self._refuse(connection, 400, Refusal(SESSION_ERROR, "Last-Event-ID is not one of ours."))
            return
        if stream is session.standing:
            if session.listening:
                await self._refuse(connection, 409, Refusal(SESSION_ERROR, "The session has its stream already."))
                return
            session.listening = True
        try:
            after = int(index) if index else stream.delivered
            await deliver(connection, stream, {"Mcp-Session-Id": session.id}, None, resumable=True,
                          primed=session.primed, after=after)
        finally:
            if stream is session.standing:
                session.listening = False

    async def _delete(self, connection: Connection, request: Request, session: HTTPSession) -> None:
        del self.sessions[session.id]
        session.end()
        session.standing.close()
        await connection.respond(204)

    async def _refuse(self, connection: Connection, status: int, refusal: Refusal) -> None:
        await connection.respond_json(status, error_response(None, refusal))
