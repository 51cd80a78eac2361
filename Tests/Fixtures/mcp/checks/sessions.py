"""Scenarios of the stateful era: sessions, logging, subscriptions and resumed streams."""

from __future__ import annotations

import time

from .endpoint import JSON, Reply, Violation
from .legacy_client import VERSION
from .trial import LEGACY, Trial, scenario

INITIALIZE: JSON = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
    "protocolVersion": VERSION, "capabilities": {},
    "clientInfo": {"name": "conformance-test-client", "version": "1.0.0"}}}


def _first(reply: Reply) -> JSON:
    """The first message of a reply, streamed or not."""
    if not reply.is_stream:
        return reply.message()
    while (event := reply.next_event(10)) is not None:
        for message in event.messages():
            reply.close()
            return message
    raise Violation("the stream has no message")


@scenario("server-initialize", LEGACY)
def initialize(trial: Trial) -> None:
    """The handshake, and a session id that fits into a header."""
    started = trial.client().started.result
    trial.check("handshake", started.get("protocolVersion") and started.get("serverInfo", {}).get("name"), started)
    trial.should("capabilities", {"tools", "resources", "prompts", "logging", "completions"}
                 <= set(started.get("capabilities", {})), started.get("capabilities"))
    reply = trial.endpoint.post(INITIALIZE, {"MCP-Protocol-Version": VERSION})
    trial.check("raw-initialize", 200 <= reply.status < 300, f"HTTP {reply.status}")
    _first(reply)
    key = reply.header("Mcp-Session-Id")
    if key is None:
        trial.skip("session-id", "the server gave none")
        return
    trial.check("session-id", key and all("!" <= letter <= "~" for letter in key), key)
    trial.endpoint.send("DELETE", {"Mcp-Session-Id": key, "MCP-Protocol-Version": VERSION})


@scenario("ping", LEGACY)
def ping(trial: Trial) -> None:
    """A ping is answered with nothing at all."""
    result = trial.client().request("ping").result
    trial.check("empty", result == {}, result)


@scenario("logging-set-level", LEGACY)
def set_level(trial: Trial) -> None:
    """The level is taken with an empty result."""
    result = trial.client().request("logging/setLevel", {"level": "info"}).result
    trial.check("empty", result == {}, result)


@scenario("logging-invalid-level", LEGACY)
def invalid_level(trial: Trial) -> None:
    """A level that does not exist is refused."""
    answer = trial.client().request("logging/setLevel", {"level": "banana"})
    trial.should("refused", answer.code == -32602, answer.message)


@scenario("tools-call-with-logging", LEGACY)
def logging(trial: Trial) -> None:
    """The messages of a tool arrive while it runs."""
    client = trial.client()
    client.request("logging/setLevel", {"level": "debug"})
    before = len(client.notifications)
    trial.check("result", client.call("test_tool_with_logging").result.get("content"), "no content")
    time.sleep(0.2)
    messages = [item["params"] for item in client.notifications[before:] if item["method"] == "notifications/message"]
    trial.check("three-messages", len(messages) >= 3, messages)


@scenario("resources-subscribe", LEGACY)
def subscribe(trial: Trial) -> None:
    """A resource can be watched; when it changes and a trigger is there, the client hears of it."""
    client = trial.client()
    uri = "test://watched-resource"
    answer = client.request("resources/subscribe", {"uri": uri})
    trial.check("accepted", not answer.error, answer.message)
    names = [tool["name"] for tool in client.request("tools/list").result["tools"]]
    if "test_trigger_resource_update" not in names:
        trial.skip("update", "no tool test_trigger_resource_update")
        return
    client.call("test_trigger_resource_update")
    time.sleep(1)
    heard = [item["params"] for item in client.notifications if item["method"] == "notifications/resources/updated"]
    trial.should("update", any(params.get("uri") == uri for params in heard), heard)


@scenario("resources-unsubscribe", LEGACY)
def unsubscribe(trial: Trial) -> None:
    """Watching can end."""
    client = trial.client()
    params = {"uri": "test://watched-resource"}
    client.request("resources/subscribe", params)
    answer = client.request("resources/unsubscribe", params)
    trial.check("accepted", not answer.error, answer.message)


@scenario("list-changed", LEGACY)
def list_changed(trial: Trial) -> None:
    """A session hears of changed lists on its standing stream."""
    client = trial.client()
    client.call("test_trigger_tool_change")
    client.call("test_trigger_prompt_change")
    time.sleep(1)
    heard = {item["method"] for item in client.notifications}
    trial.should("tools", "notifications/tools/list_changed" in heard, heard)
    trial.should("prompts", "notifications/prompts/list_changed" in heard, heard)


@scenario("session-isolation", LEGACY)
def isolation(trial: Trial) -> None:
    """What one session asked for, another one does not get."""
    one, other = trial.client(), trial.client()
    uri = "test://watched-resource"
    one.request("resources/subscribe", {"uri": uri})
    trial.check("own-id", one.session_id is None or one.session_id != other.session_id, one.session_id)
    other.call("test_trigger_resource_update")
    time.sleep(0.5)
    stray = [item for item in other.notifications if item["method"] == "notifications/resources/updated"]
    trial.check("no-foreign-updates", not stray, stray)


@scenario("server-session-lifecycle", LEGACY)
def lifecycle(trial: Trial) -> None:
    """A deleted session is gone."""
    reply = trial.endpoint.post(INITIALIZE, {})
    if not trial.check("initialize", 200 <= reply.status < 300, f"HTTP {reply.status}"):
        return
    key = reply.header("Mcp-Session-Id")
    if key is None:
        trial.skip("session", "the server gave no session id")
        return
    fields = {"Mcp-Session-Id": key, "MCP-Protocol-Version": _first(reply)["result"]["protocolVersion"]}
    status = trial.endpoint.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, fields).status
    trial.check("initialized", 200 <= status < 300, f"HTTP {status}")
    status = trial.endpoint.send("DELETE", fields).status
    if status == 405:
        trial.skip("delete", "the server does not let a client end its session")
        return
    trial.check("delete", 200 <= status < 300 or status == 404, f"HTTP {status}")
    status = trial.endpoint.post({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}, fields).status
    trial.check("gone", status == 404, f"HTTP {status} instead of 404")


@scenario("session-header-rules", LEGACY)
def session_headers(trial: Trial) -> None:
    """A session must be named, must exist, and speaks a known version."""
    client = trial.client()
    if client.session_id is None:
        trial.skip("session", "the server gave no session id")
        return
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    fields = client.headers()
    for name, changed, wanted in (("missing-session", {"MCP-Protocol-Version": fields["MCP-Protocol-Version"]}, 400),
                                  ("unknown-session", {**fields, "Mcp-Session-Id": "no-such-session"}, 404),
                                  ("unknown-version", {**fields, "MCP-Protocol-Version": "1999-01-01"}, 400)):
        status = trial.endpoint.post(listing, changed).status
        trial.should(name, status == wanted, f"HTTP {status} instead of {wanted}")


@scenario("server-sse-polling", LEGACY)
def polling(trial: Trial) -> None:
    """A stream that ends before the result can be resumed."""
    client = trial.client()
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "test_reconnection",
                                                                             "arguments": {}}}
    reply = trial.endpoint.post(message, {**client.headers(), "Accept": "text/event-stream, application/json"})
    if reply.status in (400, 404):
        trial.should("tool", False, f"HTTP {reply.status}")
        return
    trial.check("accepted", reply.status < 400, f"HTTP {reply.status}")
    if not reply.is_stream:
        trial.skip("stream", "the answer is plain JSON")
        return
    events, result = [], None
    while result is None and (event := reply.next_event(10)) is not None:
        events.append(event)
        result = next((item for item in event.messages() if item.get("id") == 1), None)
    first = events[0]
    trial.should("priming", first.id and not any(line.strip() not in ("", "{}") for line in first.lines), first)
    trial.should("retry", any(event.retry for event in events), "no retry field")
    if result is None:
        last = next(event.id for event in reversed(events) if event.id)
        fields = {**client.headers(), "Accept": "text/event-stream", "Last-Event-ID": last}
        resumed = trial.endpoint.send("GET", fields)
        while result is None and (event := resumed.next_event(5)) is not None:
            result = next((item for item in event.messages() if item.get("id") == 1), None)
        resumed.close()
        trial.should("resumed", result is not None, "no result on the resumed stream")
    else:
        trial.should("hung-up-early", False, "the result came on the first stream")
    trial.check("no-error", result is None or not result.get("result", {}).get("isError"), result)
