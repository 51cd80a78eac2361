"""Raw HTTP requests to the endpoint under test, with headers exactly as given."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

JSON = dict[str, Any]
CONNECT_SECONDS = 30


class Violation(Exception):
    """Something that no scenario can go on after."""


@dataclass
class Event:
    """One server-sent event; each line of data is one JSON message."""

    id: str | None = None
    retry: str | None = None
    lines: list[str] = field(default_factory=list)

    def messages(self) -> list[JSON]:
        """The messages in the event; an event without data has none."""
        return [parse(line) for line in self.lines if line.strip()]


def parse(text: str | bytes) -> JSON:
    """One JSON-RPC message."""
    try:
        message = json.loads(text)
    except ValueError:
        raise Violation(f"not JSON: {text[:200]!r}") from None
    if not isinstance(message, dict):
        raise Violation(f"not one JSON-RPC message: {text[:200]!r}")
    return message


class Reply:
    """The response to one request; a stream of events is read by a thread as it comes."""

    def __init__(self, connection: http.client.HTTPConnection):
        # The response takes the socket over when the server will close it, so it is remembered before.
        self.connection, self.socket = connection, connection.sock
        self.response = response = connection.getresponse()
        self.status = response.status
        self.is_stream = response.headers.get_content_type() == "text/event-stream"
        self.events: queue.Queue[Event | None] = queue.Queue()
        self.body = b""
        if self.is_stream:
            threading.Thread(target=self._read, daemon=True).start()
        else:
            self.body = response.read()
            connection.close()
            self.events.put(None)

    def header(self, name: str) -> str | None:
        """A header of the response."""
        return self.response.headers.get(name)

    def next_event(self, timeout: float) -> Event | None:
        """The next event; nothing when the stream ended or the time is over."""
        try:
            event = self.events.get(timeout=timeout)
        except queue.Empty:
            return None
        if event is None:
            self.events.put(None)
        return event

    def message(self) -> JSON:
        """The message of a plain JSON answer."""
        if not self.body:
            raise Violation(f"HTTP {self.status}: no body")
        return parse(self.body)

    def close(self) -> None:
        """Breaks the connection off, as an aborted request does."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()

    def _read(self) -> None:
        event = Event()
        try:
            while line := self.response.readline():
                text = line.decode().rstrip("\r\n")
                name, _, value = text.partition(":")
                value = value.removeprefix(" ")
                if not text:
                    if event != Event():
                        self.events.put(event)
                    event = Event()
                elif name == "data":
                    event.lines.append(value)
                elif name == "id":
                    event.id = value
                elif name == "retry":
                    event.retry = value
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            # The scenario broke the connection off, or the server did.
            pass
        self.events.put(None)


class Endpoint:
    """The URL under test, and the token that every request to it carries."""

    def __init__(self, url: str, token: str | None):
        parts = urlsplit(url)
        self.secure = parts.scheme == "https"
        self.host = parts.hostname or "localhost"
        self.port = parts.port or (443 if self.secure else 80)
        self.authority = parts.netloc.rpartition("@")[2]
        self.path = parts.path or "/"
        self.token = token

    def send(self, verb: str, headers: dict[str, str], body: bytes | None = None) -> Reply:
        """Sends one request on a connection of its own; a `Host` among the headers replaces the usual one."""
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=CONNECT_SECONDS)
        connection.putrequest(verb, self.path, skip_host=True, skip_accept_encoding=True)
        fields = {"Host": self.authority, **headers}
        if self.token is not None:
            fields["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            fields["Content-Length"] = str(len(body))
        for name, value in fields.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        return Reply(connection)

    def post(self, message: JSON, headers: dict[str, str]) -> Reply:
        """Posts one JSON-RPC message; `None` as a header's value leaves that header out."""
        base = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        return self.send("POST", {**base, **headers}, json.dumps(message).encode())
