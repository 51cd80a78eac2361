"""The official client's side of a connection: what it answers, what it hears, and how it connects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

from mcp import Client
from mcp import types as mt
from mcp.client.session import ClientSession
from pydantic import FileUrl

MODERN = "2026-07-28"
SECONDS = 30


class Peer:
    """The client's side of a connection: what it answers and what it hears."""

    def __init__(self) -> None:
        self.session: Any = None
        self.action: Literal["accept", "decline", "cancel"] = "accept"
        self.logged: list[str] = []
        self.heard: asyncio.Queue[Any] = asyncio.Queue()

    def callbacks(self) -> dict[str, Any]:
        """The callbacks that both kinds of session take."""
        return {"sampling_callback": self._sample, "elicitation_callback": self._elicit,
                "list_roots_callback": self._roots, "logging_callback": self._log, "message_handler": self._hear,
                "log_level": "debug", "read_timeout_seconds": SECONDS}

    async def _sample(self, context: Any, params: mt.CreateMessageRequestParams) -> mt.CreateMessageResult:
        said = mt.TextContent(type="text", text="Paris, says the model")
        return mt.CreateMessageResult(role="assistant", content=said, model="test-model", stop_reason="endTurn")

    async def _elicit(self, context: Any, params: Any) -> mt.ElicitResult:
        if self.action != "accept":
            return mt.ElicitResult(action=self.action)
        wanted = params.requested_schema["properties"]
        values: dict[str, Any] = {"boolean": True, "integer": 7, "number": 1, "string": "Alice", "array": []}
        return mt.ElicitResult(action="accept", content={name: values[field["type"]] for name, field in wanted.items()})

    async def _roots(self, context: Any) -> mt.ListRootsResult:
        return mt.ListRootsResult(roots=[mt.Root(uri=FileUrl("file:///test/root"), name="Test Root")])

    async def _log(self, params: mt.LoggingMessageNotificationParams) -> None:
        self.logged.append(str(params.data))

    async def _hear(self, message: Any) -> None:
        if not isinstance(message, Exception):
            self.heard.put_nowait(message.method)


async def pages(fetch: Callable[..., Awaitable[Any]], member: str) -> list[Any]:
    """All items of a list, page after page."""
    page = await fetch()
    items = list(getattr(page, member))
    while page.next_cursor is not None:
        page = await fetch(params=mt.PaginatedRequestParams(cursor=page.next_cursor))
        items += getattr(page, member)
    return items


@asynccontextmanager
async def connect(revision: str, transport: Any, peer: Peer) -> AsyncIterator[None]:
    """Connects at a revision: modern ones through `Client`, the others through a session that begins by hand."""
    if revision in ("auto", MODERN):
        async with Client(transport, mode=revision, **peer.callbacks()) as client:
            peer.session = client
            yield
        return
    async with transport as (read, write), ClientSession(read, write, **peer.callbacks()) as session:
        request = mt.InitializeRequest(params=mt.InitializeRequestParams(
            protocol_version=revision, client_info=mt.Implementation(name="client-matrix", version="1.0.0"),
            capabilities=mt.ClientCapabilities(
                sampling=mt.SamplingCapability(), roots=mt.RootsCapability(),
                elicitation=mt.ElicitationCapability() if revision >= "2025-06-18" else None)))
        result = await session.send_request(request, mt.InitializeResult)
        if result.protocol_version != revision:
            raise RuntimeError(f"asked for {revision}, got {result.protocol_version}")
        session.adopt(result)
        await session.send_notification(mt.InitializedNotification())
        peer.session = session
        yield
