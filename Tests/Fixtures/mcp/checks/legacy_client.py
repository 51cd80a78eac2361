"""A client of the stateful era: one session, with answers to the server's requests."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .endpoint import JSON, Event, Reply, Violation
from .modern_client import ANSWER_SECONDS, Answer

if TYPE_CHECKING:
    from .trial import Trial

VERSION = "2025-11-25"
Handler = Callable[[JSON], JSON]
_ids = itertools.count(1)
MOST_RESUMES = 5


class LegacyClient:
    """An initialized session; `handlers` answer the requests of the server."""

    def __init__(self, trial: Trial, handlers: dict[str, Handler] | None = None, version: str = VERSION):
        self.trial, self.handlers = trial, handlers or {}
        self.asked: list[JSON] = []
        self.notifications: list[JSON] = []
        self.session_id: str | None = None
        self.version: str | None = None
        self.standing: Reply | None = None
        self.started = self.request("initialize", {
            "protocolVersion": version, "capabilities": {"sampling": {}, "elicitation": {}},
            "clientInfo": {"name": "conformance-test-client", "version": "1.0.0"}})
        self.version = self.started.result["protocolVersion"]
        reply = self.notify("notifications/initialized")
        if reply.status != 202:
            raise Violation(f"notifications/initialized: HTTP {reply.status} instead of 202")
        self._listen()

    def headers(self) -> dict[str, str]:
        """The headers of the session, as far as they are known."""
        known = {"Mcp-Session-Id": self.session_id, "MCP-Protocol-Version": self.version}
        return {name: value for name, value in known.items() if value is not None}

    def notify(self, method: str, params: JSON | None = None) -> Reply:
        """Sends a notification."""
        message: JSON = {"jsonrpc": "2.0", "method": method}
        return self.trial.endpoint.post(message if params is None else {**message, "params": params}, self.headers())

    def request(self, method: str, params: JSON | None = None, meta: JSON | None = None) -> Answer:
        """Sends a request, answers what the server asks meanwhile, and waits for the response."""
        request_id = next(_ids)
        message: JSON = {"jsonrpc": "2.0", "id": request_id, "method": method}
        full = {**(params or {}), **({"_meta": meta} if meta else {})}
        before = len(self.notifications)
        reply = self.trial.endpoint.post({**message, "params": full} if full else message, self.headers())
        if method == "initialize":
            self.session_id = reply.header("Mcp-Session-Id")
        found = self._await(reply, request_id, method)
        return Answer(reply.status, found, self.notifications[before:])

    def call(self, name: str, arguments: JSON | None = None, **options: Any) -> Answer:
        """Calls a tool."""
        return self.request("tools/call", {"name": name, "arguments": arguments or {}}, **options)

    def close(self) -> None:
        """Ends the session."""
        if self.standing is not None:
            self.standing.close()
        if self.session_id is not None:
            self.trial.endpoint.send("DELETE", self.headers())
            self.session_id = None

    def _await(self, reply: Reply, request_id: int, method: str) -> JSON:
        """Reads a stream up to the response; comes back for the rest when the server ends it early."""
        if not reply.is_stream:
            return self._response(reply.message(), request_id, method)
        last: str | None = None
        deadline = time.monotonic() + ANSWER_SECONDS
        for _ in range(MOST_RESUMES):
            while (event := reply.next_event(max(0.0, deadline - time.monotonic()))) is not None:
                last = event.id or last
                for message in event.messages():
                    if "method" not in message:
                        reply.close()
                        return self._response(message, request_id, method)
                    self._take(message)
            if last is None or time.monotonic() > deadline:
                break
            fields = {**self.headers(), "Accept": "text/event-stream", "Last-Event-ID": last}
            reply = self.trial.endpoint.send("GET", fields)
            if not reply.is_stream:
                break
        raise Violation(f"{method}: the stream ended without a response")

    def _listen(self) -> None:
        """Opens the standing stream, if the server has one."""
        reply = self.trial.endpoint.send("GET", {**self.headers(), "Accept": "text/event-stream"})
        if reply.is_stream:
            self.standing = reply
            threading.Thread(target=self._follow, args=(reply,), daemon=True).start()
        elif reply.status != 405:
            raise Violation(f"GET: HTTP {reply.status} instead of a stream or 405")

    def _follow(self, reply: Reply) -> None:
        while (event := reply.next_event(ANSWER_SECONDS)) is not None:
            self._take_event(event)

    def _take_event(self, event: Event) -> None:
        for message in event.messages():
            if "method" in message:
                self._take(message)

    def _take(self, message: JSON) -> None:
        """Takes a notification or a request of the server."""
        self.trial.record(message, None)
        if "id" not in message:
            self.notifications.append(message)
            return
        self.asked.append(message)
        handler = self.handlers.get(message["method"])
        answer: JSON = {"jsonrpc": "2.0", "id": message["id"]}
        if message["method"] == "ping":
            answer["result"] = {}
        elif handler is None:
            answer["error"] = {"code": -32601, "message": "not supported"}
        else:
            answer["result"] = handler(message.get("params", {}))
        reply = self.trial.endpoint.post(answer, self.headers())
        self.trial.check("response-accepted", reply.status == 202, f"HTTP {reply.status} instead of 202")

    def _response(self, message: JSON, request_id: int, method: str) -> JSON:
        self.trial.record(message, method)
        if "result" not in message and not isinstance(message.get("error"), dict):
            raise Violation(f"{method}: neither a result nor an error: {str(message)[:200]}")
        if message.get("id") != request_id or type(message.get("id")) is not int:
            raise Violation(f"{method}: the id {request_id} came back as {message.get('id')!r}")
        return message
