"""The scenario `server-stateless`: every rule about a request that stands alone."""

from __future__ import annotations

import threading
import time
from typing import Any

from .endpoint import JSON, Reply
from .modern_client import PREFIX, SUBSCRIPTION_ID, VERSION, ModernClient, metadata, standard_headers
from .trial import MODERN, Trial, scenario

UNKNOWN_VERSION = "v999.0.0"
REMOVED = ("initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe")


class Probes:
    """Raw requests, whose errors must carry the id of their request."""

    def __init__(self, trial: Trial):
        self.trial = trial
        self.errors = 0
        self.foreign: list[Any] = []

    def send(self, method: str, request_id: int, params: JSON, version: str = VERSION) -> tuple[int, JSON]:
        """Sends a request as it is; gives the status and the message."""
        message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
        reply = self.trial.endpoint.post(message, standard_headers(method, params, version))
        answer = self._message(reply)
        self.trial.record(answer, method)
        if "error" in answer:
            self.errors += 1
            if answer.get("id") != request_id or type(answer.get("id")) is not int:
                self.foreign.append((request_id, answer.get("id")))
        return reply.status, answer

    def _message(self, reply: Reply) -> JSON:
        if not reply.is_stream:
            return reply.message()
        while (event := reply.next_event(10)) is not None:
            for message in event.messages():
                if "method" not in message:
                    reply.close()
                    return message
        return {}


def _without(key: str) -> JSON:
    return {name: value for name, value in metadata({}).items() if name != PREFIX + key}


@scenario("server-stateless", MODERN)
def stateless(trial: Trial) -> None:
    """All parts, on connections of their own."""
    probes = Probes(trial)
    _metadata(trial, probes)
    capabilities = _discover(trial, probes)
    _capability(trial, probes)
    _unknown_methods(trial, probes)
    trial.check("error-ids", probes.errors and not probes.foreign,
                probes.foreign or "no probe was answered with an error")
    client: ModernClient = trial.client(capabilities={})
    _streams(trial, client)
    _subscriptions(trial, client, capabilities)


def _metadata(trial: Trial, probes: Probes) -> None:
    for name, request_id, params in (("no-meta", 101, {}), ("no-version", 102, {"_meta": _without("protocolVersion")}),
                                     ("no-capabilities", 104, {"_meta": _without("clientCapabilities")})):
        status, answer = probes.send("server/discover", request_id, params)
        trial.check(f"{name}-code", answer.get("error", {}).get("code") == -32602, answer)
        trial.check(f"{name}-status", status == 400, f"HTTP {status}")
    status, answer = probes.send("server/discover", 105, {"_meta": _without("clientInfo")})
    trial.check("no-client-info", status == 200 and "result" in answer, f"HTTP {status} {answer}")


def _discover(trial: Trial, probes: Probes) -> JSON:
    full = {"_meta": metadata({})}
    result = probes.send("server/discover", 201, full)[1].get("result", {})
    supported, capabilities = result.get("supportedVersions"), result.get("capabilities")
    trial.check("discover", supported and capabilities, result)
    info = result.get("_meta", {}).get(PREFIX + "serverInfo", {})
    trial.should("server-info", info.get("name") and info.get("version"), info)
    answer = probes.send("prompts/list", 203, full)[1]
    unknown = answer.get("error", {}).get("code") == -32601
    trial.check("prompts-declared", unknown or "prompts" in capabilities, answer)
    answer = probes.send("tools/list", 202, full)[1]
    if "tools" in capabilities:
        trial.check("tools-declared", isinstance(answer.get("result", {}).get("tools"), list), answer)
    else:
        trial.check("tools-declared", answer.get("error", {}).get("code") == -32601, answer)
    other = {"_meta": metadata({}, UNKNOWN_VERSION)}
    status, answer = probes.send("server/discover", 301, other, UNKNOWN_VERSION)
    data = answer.get("error", {}).get("data") or {}
    listed = data.get("supported")
    trial.check("unsupported-version", listed and set(listed) <= set(supported or [])
                and data.get("requested") == UNKNOWN_VERSION, answer)
    trial.check("unsupported-version-code", answer.get("error", {}).get("code") == -32022, answer)
    trial.check("unsupported-version-status", status == 400, f"HTTP {status}")
    status, answer = probes.send("server/discover", 302, other)
    trial.check("version-mismatch", status == 400 and answer.get("error", {}).get("code") == -32020,
                f"HTTP {status} {answer}")
    return capabilities or {}


def _capability(trial: Trial, probes: Probes) -> None:
    status, answer = probes.send("tools/call", 401, {"name": "test_missing_capability", "arguments": {},
                                                     "_meta": metadata({})})
    error = answer.get("error", {})
    required = (error.get("data") or {}).get("requiredCapabilities")
    trial.check("missing-capability", error.get("code") == -32021 and isinstance(required, dict)
                and isinstance(required.get("sampling"), dict), answer)
    trial.check("missing-capability-status", status == 400, f"HTTP {status}")


def _unknown_methods(trial: Trial, probes: Probes) -> None:
    for method, request_id in [*((method, 500) for method in REMOVED), ("unknown/method", 601)]:
        status, answer = probes.send(method, request_id, {"_meta": metadata({})})
        trial.check(f"no-{method}", status == 404 and answer.get("error", {}).get("code") == -32601,
                    f"HTTP {status} {answer}")


def _streams(trial: Trial, client: ModernClient) -> None:
    """What may and may not come on the stream of a call."""
    for tool, capabilities, seconds, forbidden in (
            ("test_streaming_elicitation", {"elicitation": {}}, 0.6, None),
            ("test_logging_tool", {}, 0.5, "notifications/message")):
        params = {"name": tool, "arguments": {}}
        frames = client.frames(client.open("tools/call", params, capabilities=capabilities)[1], 3, seconds)
        for frame in frames:
            trial.record(frame, "tools/call")
        refused = [frame for frame in frames if "error" in frame or frame.get("result", {}).get("isError")]
        trial.check(f"{tool}-answers", frames and not refused, frames or f"nothing within {seconds} s")
        if forbidden is None:
            bad = [frame for frame in frames if not frame.get("method", "notifications/").startswith("notifications/")]
        else:
            bad = [frame for frame in frames if frame.get("method") == forbidden]
        trial.check(f"{tool}-only-allowed", not bad, bad)
    logged = client.call("test_logging_tool", meta={PREFIX + "logLevel": "debug"}).notifications
    trial.should("log-level-asked", any(item["method"] == "notifications/message" for item in logged), logged)


def _listen(trial: Trial, client: ModernClient, wanted: JSON, trigger: str, most: int,
            seconds: float) -> tuple[int, list[JSON]]:
    """Subscribes, fires a trigger on another connection after the first frame, and gives the id and all frames."""
    request_id, reply = client.open("subscriptions/listen", {"notifications": wanted},
                                    request_id=time.time_ns() // 1_000_000)
    if not reply.is_stream:
        return request_id, [reply.message()]
    frames: list[JSON] = []
    deadline = time.monotonic() + seconds
    worker: threading.Thread | None = None
    while len(frames) < most and (event := reply.next_event(max(0.0, deadline - time.monotonic()))) is not None:
        frames += event.messages()
        if worker is None and frames:
            worker = threading.Thread(target=client.call, args=(trigger,))
            worker.start()
    reply.close()
    if worker is not None:
        worker.join()
    for frame in frames:
        trial.record(frame, "subscriptions/listen")
    return request_id, frames


def _subscriptions(trial: Trial, client: ModernClient, capabilities: JSON) -> None:
    changes = [kind for kind in ("tools", "prompts", "resources") if (capabilities.get(kind) or {}).get("listChanged")]
    offered = bool(changes) or bool((capabilities.get("resources") or {}).get("subscribe"))
    request_id, frames = _listen(trial, client, {"toolsListChanged": True}, "test_trigger_tool_change", 2, 0.8)
    if not offered and frames and frames[0].get("error", {}).get("code") == -32601:
        trial.skip("listen", "the server offers no notifications")
        return
    methods = [frame.get("method") for frame in frames]
    trial.check("listen-acknowledged", methods[:1] == ["notifications/subscriptions/acknowledged"], frames)
    ids = [frame.get("params", {}).get("_meta", {}).get(SUBSCRIPTION_ID) for frame in frames
           if str(frame.get("method")).startswith("notifications/")]
    trial.check("listen-ids", ids and all(ids), frames)
    trial.should("listen-own-id", all(item == request_id for item in ids), ids)
    if "tools" in changes:
        trial.should("listen-tools", "notifications/tools/list_changed" in methods, methods)
    _, frames = _listen(trial, client, {"promptsListChanged": True}, "test_trigger_tool_change", 3, 1.5)
    methods = [frame.get("method") for frame in frames]
    trial.check("listen-filter", methods and "notifications/tools/list_changed" not in methods, methods)
    if "prompts" in changes:
        _, frames = _listen(trial, client, {"promptsListChanged": True}, "test_trigger_prompt_change", 3, 1.5)
        methods = [frame.get("method") for frame in frames]
        trial.should("listen-prompts", "notifications/prompts/list_changed" in methods, methods)
    _, frames = _listen(trial, client, {"resourceSubscriptions": ["test://watched-resource"]},
                        "test_trigger_resource_update", 2, 1.5)
    updated = [frame["params"].get("uri") for frame in frames
               if frame.get("method") == "notifications/resources/updated"]
    trial.should("listen-resource", updated == ["test://watched-resource"], frames)
