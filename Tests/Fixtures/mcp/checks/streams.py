"""Scenarios of our own: streams that break off, are cancelled, or are resumed."""

from __future__ import annotations

import http.client
import threading
import time

from .endpoint import JSON
from .modern_client import PREFIX
from .trial import LEGACY, MODERN, Trial, scenario

MANY = 20


@scenario("aborted-streams", MODERN)
def aborted(trial: Trial) -> None:
    """A server survives clients that go away in the middle, many times."""
    client = trial.client(capabilities={})
    for _ in range(MANY):
        _, listening = client.open("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        listening.next_event(5)
        listening.close()
        _, calling = client.open("tools/call", {"name": "test_tool_with_progress", "arguments": {}},
                                 meta={"progressToken": "aborted"})
        calling.next_event(5)
        calling.close()
    client.call("test_trigger_tool_change")
    result = client.call("test_simple_text").result
    trial.check("goes-on", result.get("content"), result)


@scenario("many-subscriptions", MODERN)
def many_subscriptions(trial: Trial) -> None:
    """Subscriptions at the same time each hear what they asked for, with their own id."""
    client = trial.client(capabilities={})
    wanted: list[JSON] = [{"toolsListChanged": True}, {"promptsListChanged": True}, {"toolsListChanged": True}]
    opened = [client.open("subscriptions/listen", {"notifications": item}, request_id=f"listen-{number}")
              for number, item in enumerate(wanted, 1)]
    for _, reply in opened:
        reply.next_event(5)
    client.call("test_trigger_tool_change")
    client.call("test_trigger_prompt_change")
    for (request_id, reply), item in zip(opened, wanted):
        frames = client.frames(reply, 1, 5)
        method = "notifications/tools/list_changed" if "toolsListChanged" in item else \
            "notifications/prompts/list_changed"
        told = [(frame.get("method"), frame.get("params", {}).get("_meta", {}).get(PREFIX + "subscriptionId"))
                for frame in frames]
        trial.check(str(request_id), told == [(method, request_id)], told)


@scenario("request-ids", MODERN)
def request_ids(trial: Trial) -> None:
    """An id comes back with its value and its type, in results and errors."""
    client = trial.client(capabilities={})
    for request_id in (0, -1, 2**53 - 1, "1", "", "a b/ü"):
        client.request("tools/list", request_id=request_id)
        client.request("prompts/get", {"name": "no_such_prompt"}, request_id=request_id)
    trial.check("same", True)


@scenario("cancellation", LEGACY)
def cancellation(trial: Trial) -> None:
    """A cancelled call is not answered, and the session goes on."""
    client = trial.client()
    request_id = 4711
    message = {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": {
        "name": "slow_compute", "arguments": {"seconds": 2, "label": "cancelled"}}}
    found: list[JSON] = []

    def call() -> None:
        try:
            reply = trial.endpoint.post(message, client.headers())
            found.extend([reply.message()] if not reply.is_stream and reply.body else [])
            while (event := reply.next_event(4)) is not None:
                found.extend(event.messages())
        except (OSError, http.client.HTTPException):
            # A server may end the connection of a cancelled call without an answer.
            pass

    caller = threading.Thread(target=call)
    caller.start()
    time.sleep(0.3)
    status = client.notify("notifications/cancelled", {"requestId": request_id, "reason": "test"}).status
    trial.check("accepted", status == 202, f"HTTP {status}")
    caller.join()
    results = [item for item in found if item.get("id") == request_id and "result" in item]
    trial.should("no-result", not results, results)
    result = client.call("test_simple_text").result
    trial.check("goes-on", result.get("content"), result)


@scenario("stream-resume", LEGACY)
def resume(trial: Trial) -> None:
    """A stream that broke off can be resumed where it ended; a server need not offer it."""
    client = trial.client()
    request_id = 4712
    message = {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": {
        "name": "test_tool_with_progress", "arguments": {}, "_meta": {"progressToken": "resumed"}}}
    reply = trial.endpoint.post(message, client.headers())
    if not reply.is_stream:
        trial.skip("resumed", "the answer is plain JSON")
        return
    last: str | None = None
    before: list[JSON] = []
    while not before and (event := reply.next_event(10)) is not None:
        last = event.id or last
        before += event.messages()
    reply.close()
    if last is None:
        trial.skip("resumed", "the events have no id")
        return
    resumed = trial.endpoint.send("GET", {**client.headers(), "Accept": "text/event-stream", "Last-Event-ID": last})
    after: list[JSON] = []
    while not any("result" in item for item in after) and (event := resumed.next_event(10)) is not None:
        after += event.messages()
    resumed.close()
    values = [item["params"]["progress"] for item in before + after if item.get("method") == "notifications/progress"]
    trial.should("resumed", any(item.get("id") == request_id for item in after), f"HTTP {resumed.status} {after}")
    trial.should("nothing-lost-or-twice", values == [0, 50, 100], values)
