"""Scenarios of our own: messages that are none, and requests that HTTP does not let through."""

from __future__ import annotations

import json
from typing import Any

from .endpoint import JSON, Violation, parse
from .modern_client import VERSION, metadata, standard_headers
from .trial import LEGACY, MODERN, Trial, scenario

# The codes that fit a problem; a header that disagrees with a bad body is one of them on the modern wire.
PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS = (-32700,), (-32600,), (-32602, -32020)


class Malformed:
    """Posts bodies as they are, in a way in which a right one would be answered."""

    def __init__(self, trial: Trial):
        self.trial = trial
        self.client = trial.client()
        self.meta: JSON = {"_meta": metadata()} if trial.era == MODERN else {}

    def base(self, method: str) -> dict[str, str]:
        """The headers of a request that is right."""
        own = standard_headers(method) if self.trial.era == MODERN else self.client.headers()
        return {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **own}

    def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, JSON]:
        """The status and the message that a body gets."""
        reply = self.trial.endpoint.send("POST", headers, body)
        if reply.is_stream:
            event = reply.next_event(10)
            while event is not None and not event.messages():
                event = reply.next_event(10)
            reply.close()
            return reply.status, event.messages()[0] if event is not None else {}
        try:
            return reply.status, parse(reply.body)
        except Violation:
            return reply.status, {}

    def refused(self, name: str, body: bytes, codes: tuple[int, ...], method: str = "tools/list") -> None:
        """A body that must be refused: with an error, or with a status of its own."""
        status, message = self.post(body, self.base(method))
        error = message.get("error")
        self.trial.check(f"{name}-refused", 400 <= status < 500 or isinstance(error, dict), f"HTTP {status} {message}")
        if isinstance(error, dict):
            self.trial.record(message, None)
            self.trial.should(f"{name}-code", error.get("code") in codes, message)

    def request(self, **changes: Any) -> bytes:
        """A request for the tools, with changed members; `None` removes one."""
        message = {"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": self.meta, **changes}
        return json.dumps({name: value for name, value in message.items() if value is not None}).encode()


@scenario("malformed-messages")
def messages(trial: Trial) -> None:
    """What is no message is refused, and what follows is answered."""
    bad = Malformed(trial)
    bad.refused("no-json", b"{nonsense", PARSE_ERROR)
    bad.refused("cut-off", bad.request()[:-3], PARSE_ERROR)
    bad.refused("no-utf8", b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}', PARSE_ERROR)
    bad.refused("empty", b"", PARSE_ERROR)
    bad.refused("text", b'"tools/list"', INVALID_REQUEST)
    bad.refused("null", b"null", INVALID_REQUEST)
    bad.refused("empty-batch", b"[]", INVALID_REQUEST)
    bad.refused("no-jsonrpc", bad.request(jsonrpc=None), INVALID_REQUEST)
    bad.refused("old-jsonrpc", bad.request(jsonrpc="1.0"), INVALID_REQUEST)
    bad.refused("fraction-id", bad.request(id=1.5), INVALID_REQUEST)
    bad.refused("object-id", bad.request(id={}), INVALID_REQUEST)
    bad.refused("null-id", bad.request().replace(b'"id": 7', b'"id": null'), INVALID_REQUEST)
    bad.refused("number-method", bad.request(method=5), INVALID_REQUEST)
    bad.refused("list-params", bad.request(params=[1]), INVALID_PARAMS)
    bad.refused("bad-cursor", bad.request(params={**bad.meta, "cursor": "no cursor of yours"}), INVALID_PARAMS)
    bad.refused("number-tool", bad.request(method="tools/call", params={**bad.meta, "name": 5}), INVALID_PARAMS,
                "tools/call")
    trial.check("goes-on", isinstance(bad.client.request("tools/list").result.get("tools"), list))


@scenario("http-rules")
def http_rules(trial: Trial) -> None:
    """Types that the server does not speak, and verbs that it does not know."""
    bad = Malformed(trial)
    fields, body = bad.base("tools/list"), bad.request()
    for name, changed in (("no-accept", {"Accept": "text/html"}), ("half-accept", {"Accept": "application/json"}),
                          ("other-content-type", {"Content-Type": "text/plain"})):
        status, _ = bad.post(body, {**fields, **changed})
        trial.should(name, 400 <= status < 500, f"HTTP {status}")
    status, _ = bad.post(body, {**fields, "Content-Type": "application/json; charset=utf-8"})
    trial.should("charset", status == 200, f"HTTP {status}")
    status = trial.endpoint.send("PUT", fields, body).status
    trial.should("unknown-verb", status in (404, 405), f"HTTP {status}")
    if trial.era == MODERN:
        notification = {"jsonrpc": "2.0", "method": "notifications/cancelled",
                        "params": {"requestId": 1, "_meta": metadata()}}
        status = trial.endpoint.post(notification, {"MCP-Protocol-Version": VERSION}).status
        trial.should("notification", status == 202, f"HTTP {status} instead of 202")


@scenario("json-rpc-batch", LEGACY)
def batch(trial: Trial) -> None:
    """A batch is refused from 2025-06-18 on; 2025-03-26 has them."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    bad = Malformed(trial)
    status, _ = bad.post(json.dumps([ping]).encode(), bad.base("ping"))
    trial.should("refused", status == 400, f"HTTP {status} instead of 400")
    old = trial.client(version="2025-03-26")
    if old.version != "2025-03-26":
        trial.skip("answered", f"the server answers 2025-03-26 with {old.version}")
        return
    body = json.dumps([ping, {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"},
                       {"jsonrpc": "2.0", "id": "two", "method": "tools/list"}]).encode()
    fields = {**bad.base("ping"), **old.headers()}
    reply = trial.endpoint.send("POST", fields, body)
    found: list[JSON] = []
    if reply.is_stream:
        while len(found) < 2 and (event := reply.next_event(10)) is not None:
            for line in event.lines:
                found += _messages(line)
        reply.close()
    elif reply.body:
        found = _messages(reply.body)
    trial.should("answered", {item.get("id") for item in found} == {1, "two"}, f"HTTP {reply.status} {found}")


def _messages(text: str | bytes) -> list[JSON]:
    """The messages in a line, which is one message or a batch."""
    value = json.loads(text) if text.strip() else []
    return value if isinstance(value, list) else [value]
