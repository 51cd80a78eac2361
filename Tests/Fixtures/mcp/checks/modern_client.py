"""A client of the stateless era that keeps to the letter of 2026-07-28."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .endpoint import JSON, Reply, Violation

if TYPE_CHECKING:
    from .trial import Trial

VERSION = "2026-07-28"
PREFIX = "io.modelcontextprotocol/"
TASKS = PREFIX + "tasks"
SUBSCRIPTION_ID = PREFIX + "subscriptionId"
DEFAULT_CAPABILITIES: JSON = {"sampling": {}, "elicitation": {}, "roots": {"listChanged": True}}
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri",
            "tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId"}
ANSWER_SECONDS = 30
_ids = itertools.count(1)


@dataclass
class Answer:
    """What came back for one request."""

    status: int
    message: JSON
    notifications: list[JSON] = field(default_factory=list)

    @property
    def result(self) -> JSON:
        """The result; an error is a violation here."""
        result = self.message.get("result")
        if not isinstance(result, dict):
            raise Violation(f"HTTP {self.status}: expected a result, got {str(self.message)[:300]}")
        return result

    @property
    def error(self) -> JSON:
        """The error, empty when there is none."""
        error = self.message.get("error")
        return error if isinstance(error, dict) else {}

    @property
    def code(self) -> Any:
        """The code of the error."""
        return self.error.get("code")


def metadata(capabilities: JSON | None = None, version: str = VERSION, **more: Any) -> JSON:
    """The `_meta` of a request; members in `more` are added as they are."""
    return {PREFIX + "protocolVersion": version,
            PREFIX + "clientInfo": {"name": "conformance-client", "version": "1.0.0"},
            PREFIX + "clientCapabilities": DEFAULT_CAPABILITIES if capabilities is None else capabilities, **more}


def standard_headers(method: str, params: JSON | None = None, version: str = VERSION) -> dict[str, str]:
    """The headers that repeat what the body says."""
    headers = {"MCP-Protocol-Version": version, "Mcp-Method": method}
    name = (params or {}).get(NAMED_BY.get(method, ""))
    return headers if name is None else {**headers, "Mcp-Name": str(name)}


class ModernClient:
    """Requests that each stand alone."""

    def __init__(self, trial: Trial, capabilities: JSON | None = None):
        self.trial, self.capabilities = trial, capabilities

    def open(self, method: str, params: JSON | None = None, *, capabilities: JSON | None = None,
             meta: JSON | None = None, headers: dict[str, str] | None = None,
             request_id: Any = None) -> tuple[Any, Reply]:
        """Sends a request; gives its id and the reply, of which nothing was read yet."""
        request_id = next(_ids) if request_id is None else request_id
        full = {**(params or {}), "_meta": {**metadata(self.capabilities if capabilities is None else capabilities),
                                            **(meta or {})}}
        message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": full}
        fields = {**standard_headers(method, params), **(headers or {})}
        return request_id, self.trial.endpoint.post(message, fields)

    def request(self, method: str, params: JSON | None = None, **options: Any) -> Answer:
        """Sends a request and waits for its response."""
        request_id, reply = self.open(method, params, **options)
        return self.answer(reply, request_id, method)

    def answer(self, reply: Reply, request_id: Any, method: str) -> Answer:
        """Reads a reply up to the response."""
        if not reply.is_stream:
            return Answer(reply.status, self._response(reply.message(), request_id, method))
        notifications: list[JSON] = []
        deadline = time.monotonic() + ANSWER_SECONDS
        while (event := reply.next_event(deadline - time.monotonic())) is not None:
            for message in event.messages():
                if "method" not in message:
                    reply.close()
                    return Answer(reply.status, self._response(message, request_id, method), notifications)
                self.trial.record(message, None)
                if "id" in message:
                    raise Violation(f"a request from the server: {message['method']}")
                notifications.append(message)
        raise Violation(f"{method}: the stream ended without a response")

    def frames(self, reply: Reply, most: int, seconds: float) -> list[JSON]:
        """Up to a number of messages, as they come within a time; then breaks the connection off."""
        if not reply.is_stream:
            return [reply.message()]
        found: list[JSON] = []
        deadline = time.monotonic() + seconds
        while len(found) < most:
            event = reply.next_event(max(0.0, deadline - time.monotonic()))
            if event is None:
                break
            found += event.messages()
        reply.close()
        return found

    def call(self, name: str, arguments: JSON | None = None, **options: Any) -> Answer:
        """Calls a tool."""
        extra = options.pop("params", {})
        return self.request("tools/call", {"name": name, "arguments": arguments or {}, **extra}, **options)

    def close(self) -> None:
        """There is nothing to close: the era has no sessions."""

    def _response(self, message: JSON, request_id: Any, method: str) -> JSON:
        self.trial.record(message, method)
        if "result" not in message and not isinstance(message.get("error"), dict):
            raise Violation(f"{method}: neither a result nor an error: {str(message)[:200]}")
        if message.get("id") != request_id or type(message.get("id")) is not type(request_id):
            raise Violation(f"{method}: the id {request_id!r} came back as {message.get('id')!r}")
        return message
