"""The tasks extension: tools that run on after their call was answered."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

from calls import Answers, Call, Requests, value
from questions import NAME, STRING, elicit
from tools import Tool, object_schema
from wire import INTERNAL_ERROR, INVALID_PARAMS, JSON, Refusal, ToolFailure, text_result

TTL_MS, POLL_MS, MOST_TASKS = 3_600_000, 500, 1000
TERMINAL = ("completed", "failed", "cancelled")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Task:
    """One running or finished task. It is the asker of the tool that runs in it."""

    def __init__(self, changed: Callable[[Task], None]):
        self.id = secrets.token_urlsafe(18)
        self.status = "working"
        self.created = self.updated = _now()
        self.outcome: JSON = {}
        self.open: Requests = {}
        self.answers: Answers = {}
        self.answered = asyncio.Event()
        self.changed = changed
        self.work: asyncio.Task[None] | None = None

    def fields(self) -> JSON:
        """The members that every view of a task has."""
        return {"taskId": self.id, "status": self.status, "createdAt": self.created, "lastUpdatedAt": self.updated,
                "ttlMs": TTL_MS, "pollIntervalMs": POLL_MS}

    def detail(self) -> JSON:
        """The task with what belongs to its status: open questions, result or error."""
        if self.status == "input_required":
            return {**self.fields(), "inputRequests": dict(self.open)}
        return {**self.fields(), **self.outcome}

    def become(self, status: str, **outcome: JSON) -> None:
        """Changes the status; a terminal one stays."""
        if self.status not in TERMINAL:
            self.status, self.outcome, self.updated = status, outcome, _now()
            self.changed(self)

    async def ask(self, requests: Requests, sealed: bool) -> Answers:
        """Parks the task until the client has answered everything."""
        self.open = dict(requests)
        self.become("input_required")
        while self.open:
            await self.answered.wait()
            self.answered.clear()
        self.become("working")
        return {key: self.answers[key] for key in requests}

    def update(self, responses: JSON) -> None:
        """Takes the answers to open questions and ignores all others."""
        for key, answer in responses.items():
            if key in self.open:
                if not isinstance(answer, dict):
                    raise Refusal(INVALID_PARAMS, f"The answer to {key} must be an object.")
                self.answers[key] = answer
                del self.open[key]
                self.answered.set()

    async def run(self, tool: Tool, call: Call) -> None:
        """Runs the tool to its end, whatever that is."""
        async def silent(message: JSON) -> None:
            """A task sends neither progress nor log messages."""

        try:
            result = await tool.call(replace(call, asker=self, send=silent))
            self.become("completed", result=result)
        except Refusal as refusal:
            self.become("failed", error=refusal.body())
        except asyncio.CancelledError:
            self.become("cancelled")
            raise
        except Exception as error:
            self.become("failed", error=Refusal(INTERNAL_ERROR, f"The task failed: {error!r}").body())


class Tasks:
    """All tasks of this server."""

    def __init__(self, changed: Callable[[Task], None]):
        self.changed = changed
        self.tasks: dict[str, Task] = {}

    def start(self, tool: Tool, call: Call) -> JSON:
        """Starts a tool as a task and gives the first view of it."""
        if len(self.tasks) >= MOST_TASKS:
            ended = next((task for task in self.tasks.values() if task.status in TERMINAL), None)
            if ended is None:
                raise Refusal(INTERNAL_ERROR, f"There are already {MOST_TASKS} tasks running.")
            del self.tasks[ended.id]
        task = Task(self.changed)
        self.tasks[task.id] = task
        created = {"resultType": "task", **task.fields()}
        task.work = asyncio.create_task(task.run(tool, call))
        return created

    def find(self, params: JSON) -> Task:
        """The task that a request names."""
        task = self.tasks.get(str(params.get("taskId")))
        if task is None:
            raise Refusal(INVALID_PARAMS, "There is no such task.", {"taskId": params.get("taskId")})
        return task

    def get(self, params: JSON) -> JSON:
        """Answers `tasks/get`."""
        return self.find(params).detail()

    def update(self, params: JSON) -> JSON:
        """Answers `tasks/update`."""
        task, responses = self.find(params), params.get("inputResponses")
        if not isinstance(responses, dict):
            raise Refusal(INVALID_PARAMS, "The inputResponses must be an object.")
        task.update(responses)
        return {}

    def cancel(self, params: JSON) -> JSON:
        """Answers `tasks/cancel`, also for a task that has ended."""
        task = self.find(params)
        if task.status not in TERMINAL and task.work is not None:
            task.work.cancel()
            task.become("cancelled")
        return {}


async def _slow_compute(call: Call) -> JSON:
    seconds = call.arguments["seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise ToolFailure("The seconds must be a number.")
    await asyncio.sleep(seconds)
    return text_result(f"{call.arguments['label']} took {seconds} s.")


async def _failing_job(call: Call) -> JSON:
    await asyncio.sleep(1)
    raise ToolFailure("The job failed.")


async def _protocol_error_job(call: Call) -> JSON:
    await asyncio.sleep(0.1)
    raise Refusal(INTERNAL_ERROR, "The job ended with a protocol error.")


CONFIRM = object_schema(confirm={"type": "boolean"})


async def _confirm_delete(call: Call) -> JSON:
    filename = call.arguments["filename"]
    answers = await call.ask({"confirm": elicit(f"Delete {filename}?", CONFIRM)})
    confirmed = value(answers["confirm"], "confirm") == "True"
    return text_result(f"{filename} was {'deleted' if confirmed else 'kept'}.")


async def _multi_input(call: Call) -> JSON:
    answers = await call.ask({"name": NAME, "confirm": elicit("Go on?", CONFIRM)})
    return text_result(f"{value(answers['name'], 'name')}: {value(answers['confirm'], 'confirm')}.")


async def _ask_first(call: Call) -> JSON:
    return await call.ask({"user_name": NAME}, sealed=True)


async def _greet_later(call: Call) -> JSON:
    await asyncio.sleep(0.1)
    answers = call.prepared or await _ask_first(call)
    return text_result(f"Hello, {value(answers['user_name'], 'name')}!")


JOBS = [
    Tool("slow_compute", "Sleeps for some seconds", _slow_compute,
         object_schema(seconds={"type": "number"}, label=STRING), task="optional"),
    Tool("failing_job", "Fails after a second", _failing_job, task="required"),
    Tool("protocol_error_job", "Ends with a protocol error", _protocol_error_job, task="optional"),
    Tool("confirm_delete", "Asks before it deletes", _confirm_delete, object_schema(filename=STRING), task="optional"),
    Tool("multi_input", "Asks two questions at the same time", _multi_input, task="optional"),
    Tool("test_tool_with_task", "Asks for a name and greets in a task", _greet_later, task="required",
         before=_ask_first),
]
