"""The messages that belong to one answer, and how they reach the client as JSON or as events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from http1 import Connection
from wire import JSON

KEEP_ALIVE_SECONDS = 15


class Stream:
    """Messages in their order, kept so that a legacy client can come back for the rest."""

    def __init__(self, name: str):
        self.name = name
        self.messages: list[JSON] = []
        self.delivered = 0
        self.closed = False
        self.finished = False
        self.retry: int | None = None
        self.changed = asyncio.Event()

    def send_now(self, message: JSON) -> None:
        """Adds a message."""
        self.messages.append(message)
        self.changed.set()

    async def send(self, message: JSON) -> None:
        """Adds a message; the form that calls use."""
        self.send_now(message)

    def finish(self, response: JSON) -> None:
        """Adds the last message."""
        self.finished = True
        self.send_now(response)

    def close(self) -> None:
        """Ends the stream, with or without a response."""
        self.closed = True
        self.changed.set()

    def hang_up(self, retry: int) -> None:
        """Ends the connection, not the stream: the client shall come back after `retry` milliseconds."""
        self.retry = retry
        self.changed.set()


async def deliver(connection: Connection, stream: Stream, headers: dict[str, str],
                  status: Callable[[JSON], int] | None, resumable: bool, primed: bool = False, after: int = 0) -> None:
    """Sends what comes after the message number `after`, until the stream or the connection ends.

    With `status`, an answer that is a single response goes out as plain JSON. The events of a `resumable` stream have
    ids; a `primed` one begins with an event without data, which revisions before 2025-11-25 do not know.
    """
    gone = asyncio.create_task(connection.gone())
    try:
        if status is not None:
            while not stream.messages and not stream.closed and stream.retry is None and not gone.done():
                await _change(stream, gone)
            if gone.done():
                return
            if stream.finished and len(stream.messages) == 1:
                await connection.respond_json(status(stream.messages[0]), stream.messages[0], headers)
                return
        await connection.start_events(headers)
        if primed:
            # An event without data gives the client an id from which it can resume at once.
            await connection.event(f"id: {stream.name}-{after}\ndata: \n\n")
        await _events(connection, stream, gone, resumable, after)
    finally:
        gone.cancel()
        await asyncio.wait({gone})


async def _events(connection: Connection, stream: Stream, gone: asyncio.Task[None], resumable: bool,
                  after: int) -> None:
    while not gone.done():
        while after < len(stream.messages):
            message = stream.messages[after]
            after += 1
            stream.delivered = max(stream.delivered, after)
            mark = f"id: {stream.name}-{after}\n" if resumable else ""
            await connection.event(f"{mark}event: message\ndata: {json.dumps(message, separators=(',', ':'))}\n\n")
        if stream.retry is not None:
            await connection.event(f"retry: {stream.retry}\n\n")
            stream.retry = None
            break
        if stream.finished or stream.closed:
            break
        if not await _change(stream, gone):
            await connection.event(": keep-alive\n\n")
    if not gone.done():
        await connection.end_events()


async def _change(stream: Stream, gone: asyncio.Task[None]) -> bool:
    """Waits until the stream changes or the client goes away; whether either happened in time."""
    stream.changed.clear()
    changed = asyncio.create_task(stream.changed.wait())
    done, _ = await asyncio.wait({changed, gone}, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    changed.cancel()
    return bool(done)
