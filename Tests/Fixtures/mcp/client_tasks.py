"""The tasks extension for the official client, which has none of its own: polls, and answers what a task asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from mcp import types as mt
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.shared.exceptions import MCPError
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

TASKS = "io.modelcontextprotocol/tasks"
POLL_SECONDS = 0.2


class CreatedTask(mt.Result):
    """What a call answers that became a task."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")
    result_type: Literal["task"]
    task_id: str
    status: str


class Detail(mt.Result):
    """A task as `tasks/get` shows it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")
    task_id: str
    status: str
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    input_requests: dict[str, Any] | None = None


class TaskRequest(mt.Request[dict[str, Any], str]):
    """A request about a task, which `Mcp-Name` names."""

    name_param: ClassVar[str | None] = "taskId"


class TasksExtension(ClientExtension):
    """Finishes calls that became tasks, and remembers how."""

    identifier = TASKS

    def __init__(self, answer: dict[str, Any]):
        self.answer = answer
        self.seen: list[str] = []

    def claims(self) -> Sequence[ResultClaim[Any]]:
        """The one shape of result that the extension adds."""
        return [ResultClaim(result_type="task", model=CreatedTask, resolve=self._resolve)]

    async def _resolve(self, created: CreatedTask, context: ClaimContext) -> mt.CallToolResult:
        """Follows a task to its end."""
        self.seen = [created.status]
        while True:
            request = TaskRequest(method="tasks/get", params={"taskId": created.task_id})
            task = await context.session.send_request(request, Detail)
            if task.status != self.seen[-1]:
                self.seen.append(task.status)
            if task.status == "completed":
                return mt.CallToolResult.model_validate(task.result)
            if task.status in ("failed", "cancelled"):
                error = task.error or {"code": 0, "message": task.status}
                raise MCPError(error["code"], error["message"])
            if task.input_requests:
                answers = {key: {"action": "accept", "content": self.answer} for key in task.input_requests}
                update = TaskRequest(method="tasks/update", params={"taskId": created.task_id,
                                                                    "inputResponses": answers})
                await context.session.send_request(update, mt.EmptyResult)
            await asyncio.sleep(POLL_SECONDS)
