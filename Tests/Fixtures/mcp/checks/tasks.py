"""The scenarios `tasks-*`: calls that go on after they were answered."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from .endpoint import JSON, Violation
from .modern_client import PREFIX, TASKS, Answer, ModernClient
from .trial import MODERN, Trial, scenario

EXTENSION: JSON = {"extensions": {TASKS: {}}}
FULL: JSON = {**EXTENSION, "elicitation": {}, "sampling": {}}
TERMINAL = ("completed", "failed", "cancelled")
NOT_IN_ACK = ("taskId", "status", "result", "error", "inputRequests")
NOT_IN_NEW = ("task", "result", "error", "inputRequests")


def slow(client: ModernClient, seconds: float, **options: Any) -> Answer:
    """Starts the job that only takes time."""
    return client.call("slow_compute", {"seconds": seconds, "label": "conformance"}, **options)


def get(client: ModernClient, task_id: str) -> JSON:
    """The task as it is now."""
    return client.request("tasks/get", {"taskId": task_id}).result


def poll(client: ModernClient, task_id: str, until: tuple[str, ...] = TERMINAL) -> JSON:
    """Asks every 200 ms, for ten seconds, until the task has one of these states."""
    deadline = time.monotonic() + 10
    while True:
        task = get(client, task_id)
        if task.get("status") in until:
            return task
        if time.monotonic() > deadline:
            raise Violation(f"the task is still {task.get('status')} after 10 s")
        time.sleep(0.2)


def started(trial: Trial, name: str, answer: Answer) -> str:
    """The id of the task that an answer must have started."""
    result = answer.result
    if not trial.check(name, result.get("resultType") == "task" and isinstance(result.get("taskId"), str), result):
        raise Violation("no task to go on with")
    return str(result["taskId"])


def is_ack(result: JSON) -> bool:
    """Whether a result is the empty acknowledgement."""
    return result.get("resultType") == "complete" and not any(key in result for key in NOT_IN_ACK)


def is_plain(result: JSON) -> bool:
    """Whether a result is that of a call that was not made a task."""
    return result.get("resultType") != "task" and "taskId" not in result and bool(result.get("content"))


def is_time(value: Any) -> bool:
    """Whether a value is a time in ISO 8601."""
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value.replace("Z", "+00:00")))
    except ValueError:
        return False


@scenario("tasks-lifecycle", MODERN)
def lifecycle(trial: Trial) -> None:
    """From the call to each of the ends."""
    client = trial.client(capabilities=FULL)
    result = client.call("greet", {"name": "World"}).result
    trial.check("sync-tool", is_plain(result), result)
    answer = slow(client, 2)
    task_id = started(trial, "becomes-task", answer)
    created = answer.result
    trial.check("created-fields", created.get("status") and is_time(created.get("createdAt"))
                and is_time(created.get("lastUpdatedAt")), created)
    trial.check("created-flat", not any(key in created for key in NOT_IN_NEW), created)
    now = get(client, task_id)
    trial.check("get-at-once", now.get("taskId") == task_id and now.get("status"), now)
    done = poll(client, task_id)
    trial.check("completed", done["status"] == "completed" and done.get("result", {}).get("content"), done)
    done = poll(client, started(trial, "failing-task", client.call("failing_job")))
    trial.check("failing-completes", done["status"] == "completed" and done.get("result", {}).get("isError") is True,
                done)
    done = poll(client, started(trial, "protocol-error-task", client.call("protocol_error_job")))
    error = done.get("error", {})
    trial.check("protocol-error-fails", done["status"] == "failed" and type(error.get("code")) is int
                and isinstance(error.get("message"), str) and "result" not in done, done)
    task_id = started(trial, "long-task", slow(client, 60))
    ack = client.request("tasks/cancel", {"taskId": task_id}).result
    trial.check("cancel-ack", is_ack(ack), ack)
    done = poll(client, task_id)
    trial.check("cancelled", done["status"] in TERMINAL, done)
    task_id = started(trial, "short-task", slow(client, 1))
    poll(client, task_id)
    ack = client.request("tasks/cancel", {"taskId": task_id}).result
    trial.check("cancel-ended", is_ack(ack), ack)


@scenario("tasks-capability-negotiation", MODERN)
def negotiation(trial: Trial) -> None:
    """Only a request that declares the extension gets a task."""
    bare = trial.client(capabilities={})
    capabilities = trial.client(capabilities=FULL).request("server/discover").result["capabilities"]
    trial.check("advertised", TASKS in capabilities.get("extensions", {}), capabilities)
    trial.check("no-core-tasks", "tasks" not in capabilities, capabilities)
    for method in ("tasks/get", "tasks/update", "tasks/cancel"):
        more: JSON = {"inputResponses": {}} if method == "tasks/update" else {}
        answer = bare.request(method, {"taskId": "gate-test", **more})
        trial.check(f"{method}-gated", answer.code == -32021, answer.message)
    result = slow(bare, 0).result
    trial.check("sync-without", is_plain(result), result)
    answer = slow(bare, 0, capabilities=EXTENSION)
    started(trial, "per-request", answer)
    trial.check("no-wrapper", "task" not in answer.result, answer.result)


@scenario("tasks-wire-fields", MODERN)
def wire_fields(trial: Trial) -> None:
    """The names and types of the fields."""
    client = trial.client(capabilities=EXTENSION)
    answer = slow(client, 1)
    task_id = started(trial, "becomes-task", answer)
    created = answer.result
    ttl, interval = created.get("ttlMs", "absent"), created.get("pollIntervalMs")
    trial.check("ttl", ttl is None or (type(ttl) is int and ttl > 0), ttl)
    trial.check("poll-interval", interval is None or (type(interval) is int and interval > 0), interval)
    trial.check("no-old-names", "ttl" not in created and "pollInterval" not in created, created)
    done = poll(client, task_id)
    related = done.get("result", {}).get("_meta", {})
    trial.check("no-related-task", PREFIX + "related-task" not in related, related)
    time.sleep(0.5)
    trial.check("kept", get(client, task_id).get("taskId") == task_id, task_id)


@scenario("tasks-request-state-removal", MODERN)
def no_request_state(trial: Trial) -> None:
    """A task has no request state."""
    client = trial.client(capabilities=EXTENSION)
    answer = slow(client, 60)
    task_id = started(trial, "becomes-task", answer)
    trial.check("created", "requestState" not in answer.result, answer.result)
    now = get(client, task_id)
    trial.check("get", "requestState" not in now, now)
    client.request("tasks/cancel", {"taskId": task_id})


@scenario("tasks-mrtr-input", MODERN)
def task_input(trial: Trial) -> None:
    """A running task asks, and takes its answers one by one."""
    client = trial.client(capabilities=FULL)
    task_id = started(trial, "confirm-task", client.call("confirm_delete", {"filename": "test.txt"}))
    asked = poll(client, task_id, ("input_required",)).get("inputRequests") or {}
    trial.check("asks", asked and all("method" in item for item in asked.values()), asked)
    accepted = {"action": "accept", "content": {"confirm": True}}
    ack = client.request("tasks/update", {"taskId": task_id, "inputResponses": dict.fromkeys(asked, accepted)}).result
    trial.check("update-ack", is_ack(ack), ack)
    done = poll(client, task_id)
    trial.check("completed", done["status"] == "completed", done)
    task_id = started(trial, "two-questions-task", client.call("multi_input"))
    asked = poll(client, task_id, ("input_required",)).get("inputRequests", {})
    if not trial.check("asks-two", len(asked) == 2, asked):
        return
    one, two = asked
    answer = {"action": "accept", "content": {"name": "Alice", "confirm": True}}
    ack = client.request("tasks/update", {"taskId": task_id, "inputResponses": {one: answer}}).result
    now = get(client, task_id)
    trial.check("partial-ack", is_ack(ack), ack)
    trial.check("partial-visible", now.get("status") == "input_required" and set(now.get("inputRequests", {})) == {two},
                now)
    client.request("tasks/update", {"taskId": task_id, "inputResponses": {two: answer}})
    done = poll(client, task_id)
    trial.check("both-completed", done["status"] == "completed", done)


@scenario("tasks-request-headers", MODERN)
def request_headers(trial: Trial) -> None:
    """The headers name the task."""
    client = trial.client(capabilities=EXTENSION)
    result = client.call("greet", {"name": "sep-2243"}).result
    trial.check("sync-call", result.get("resultType") == "complete"
                and result["content"][0].get("text") == "Hello, sep-2243!", result)
    answer = slow(client, 1)
    task_id = started(trial, "becomes-task", answer)
    now = client.request("tasks/get", {"taskId": task_id}, headers={"Mcp-Name": task_id}).result
    trial.check("get-by-name", now.get("taskId") == task_id and now.get("status"), now)
    wrong = client.call("greet", {"name": "x"}, headers={"Mcp-Method": "tasks/get"})
    trial.check("other-method", wrong.code == -32020, wrong.message)
    wrong = client.request("tasks/get", {"taskId": task_id}, headers={"Mcp-Name": "another-task"})
    trial.check("other-name", wrong.code == -32020, wrong.message)


@scenario("tasks-dispatch-and-envelope", MODERN)
def dispatch(trial: Trial) -> None:
    """What exists, what does not, and what is ignored."""
    client = trial.client(capabilities=FULL)
    for method, params in (("tasks/result", {"taskId": "any"}), ("tasks/list", {})):
        answer = client.request(method, params)
        trial.check(f"no-{method}", answer.code == -32601, answer.message)
    task_id = started(trial, "task-without-hint", client.call("failing_job"))
    result = client.call("greet", {"name": "World"}, params={"task": {"ttl": 60000, "pollInterval": 100}}).result
    trial.check("hint-ignored", is_plain(result), result)
    result = slow(client, 0).result
    trial.check("instant", result.get("taskId") or isinstance(result.get("content"), list), result)
    envelopes = {"greet": client.call("greet", {"name": "World"}).result, "get": get(client, task_id),
                 "cancel": client.request("tasks/cancel", {"taskId": task_id}).result}
    parked = started(trial, "parked-task", client.call("confirm_delete", {"filename": "test.txt"}))
    poll(client, parked, ("input_required",))
    envelopes["update"] = client.request("tasks/update", {
        "taskId": parked, "inputResponses": {"unknown-key": {"ignored": True}}}).result
    for name, result in envelopes.items():
        trial.check(f"{name}-complete", result.get("resultType") == "complete", result)
    client.request("tasks/cancel", {"taskId": parked})
    task_id = started(trial, "durable-task", slow(client, 60))
    trial.check("get-at-once", get(client, task_id).get("taskId") == task_id, task_id)
    client.request("tasks/cancel", {"taskId": task_id})
    answer = client.request("tasks/get", {"taskId": "tasks-conformance-nonexistent-12345"})
    trial.check("unknown-task", answer.code == -32602, answer.message)


@scenario("tasks-required-task-error", MODERN)
def required(trial: Trial) -> None:
    """A tool that must be a task refuses a client that takes none."""
    answer = trial.client(capabilities={}).call("failing_job")
    trial.check("code", answer.code == -32021, answer.message)
    data = answer.error.get("data")
    needed = data.get("requiredCapabilities") if isinstance(data, dict) else None
    extensions = needed.get("extensions") if isinstance(needed, dict) else None
    trial.check("data", isinstance(extensions, dict) and TASKS in extensions, data)


@scenario("tasks-mrtr-composition", MODERN)
def composition(trial: Trial) -> None:
    """Questions first, then a task."""
    client = trial.client(capabilities={**EXTENSION, "elicitation": {}})
    first = client.call("test_tool_with_task").result
    asked = first.get("inputRequests") or {}
    if not trial.check("asks", first.get("resultType") == "input_required" and asked and "taskId" not in first, first):
        return
    more: JSON = {"inputResponses": {next(iter(asked)): {"action": "accept", "content": {"name": "Alice"}}}}
    if "requestState" in first:
        more["requestState"] = first["requestState"]
    answer = client.call("test_tool_with_task", params=more)
    task_id = started(trial, "becomes-task", answer)
    trial.check("no-state", not {"requestState", "inputRequests"} & set(answer.result), answer.result)
    done = poll(client, task_id)
    content = done.get("result", {}).get("content") or [{}]
    trial.check("completed", done["status"] == "completed" and "Alice" in content[0].get("text", ""), done)


@scenario("tasks-status-notifications", MODERN)
def notifications(trial: Trial) -> None:
    """A subscription hears how a task goes on; servers need not offer it."""
    client = trial.client(capabilities=EXTENSION)
    task_id = started(trial, "becomes-task", slow(client, 1))
    _, reply = client.open("subscriptions/listen", {"notifications": {"taskIds": [task_id]}})
    frames = client.frames(reply, 2, 5)
    accepted = frames[0].get("params", {}).get("notifications", {}).get("taskIds") if frames else None
    if not accepted:
        trial.skip("notified", "the server sends no notifications about tasks")
        return
    told = frames[1].get("params", {}) if len(frames) > 1 else {}
    trial.check("notified", frames[-1].get("method") == "notifications/tasks" and told.get("taskId") == task_id
                and told.get("status") == "completed", frames)
