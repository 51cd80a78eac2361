"""What the server offers and remembers, whatever the era and the transport."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import content
from calls import Call, Seal
from jobs import JOBS, Task, Tasks
from questions import ASKING
from tools import PLAIN, Tool
from wire import INVALID_PARAMS, JSON, TASKS, Refusal, ToolFailure, missing_capability, notification, text, text_result

CHANGES = {"tools": "toolsListChanged", "prompts": "promptsListChanged", "resources": "resourcesListChanged"}
UPDATED = "notifications/resources/updated"


@dataclass(eq=False)
class Listener:
    """Somebody who wants to hear of changes: a subscription or a legacy session."""

    wants: Callable[[str, JSON], bool]
    hear: Callable[[str, JSON], None]


class Server:
    """The fixtures, the tasks and those who listen."""

    def __init__(self, page_size: int):
        self.page_size = page_size
        self.seal = Seal(secrets.token_bytes(32))
        self.tasks = Tasks(self._task_changed)
        self.listeners: set[Listener] = set()
        self.updates = 0
        self.tools = {tool.name: tool for tool in [*PLAIN, *ASKING, *JOBS, *self._triggers()]}

    def publish(self, method: str, params: JSON) -> None:
        """Tells every listener that wants to hear it."""
        for listener in list(self.listeners):
            if listener.wants(method, params):
                listener.hear(method, params)

    def lists(self, kind: str, params: JSON) -> JSON:
        """One page of tools, prompts, resources or resource templates."""
        items = {"tools": [tool.definition for tool in self.tools.values()], "prompts": content.PROMPTS,
                 "resources": content.RESOURCES, "resourceTemplates": content.TEMPLATES}[kind]
        start = self._offset(params["cursor"], len(items)) if "cursor" in params else 0
        end = start + self.page_size
        page: JSON = {kind: items[start:end]}
        return page if end >= len(items) else {**page, "nextCursor": base64.b64encode(f"{end}".encode()).decode()}

    def read(self, params: JSON, modern: bool) -> JSON:
        """Answers `resources/read`."""
        if not isinstance(params.get("uri"), str):
            raise Refusal(INVALID_PARAMS, "A resource is read by its uri.")
        return content.read(params["uri"], self.updates, modern)

    async def call_tool(self, call: Call) -> JSON:
        """Answers `tools/call`: with a result, with questions, or with a task."""
        tool = self.tools.get(str(call.params.get("name")))
        if tool is None or not isinstance(call.arguments, dict):
            raise Refusal(INVALID_PARAMS, "There is no such tool, or its arguments are no object.")
        missing: JSON = {name: {} for name in tool.needs if name not in call.capabilities}
        if tool.task == "required" and not call.takes_tasks:
            missing["extensions"] = {TASKS: {}}
        if missing and call.modern:
            raise missing_capability(missing)
        try:
            if tool.before is not None:
                call.prepared = await tool.before(call)
        except ToolFailure as failure:
            return {"content": [text(str(failure))], "isError": True}
        if tool.task and call.modern and call.takes_tasks:
            return self.tasks.start(tool, call)
        return await tool.call(call)

    def _offset(self, cursor: Any, count: int) -> int:
        try:
            offset = int(base64.b64decode(cursor, validate=True))
        except (TypeError, ValueError, binascii.Error):
            offset = -1
        if not 0 < offset < count:
            raise Refusal(INVALID_PARAMS, "The cursor is not one of ours.")
        return offset

    def _task_changed(self, task: Task) -> None:
        self.publish("notifications/tasks", task.detail())

    def _triggers(self) -> list[Tool]:
        def announces(kind: str) -> Callable[[Call], Any]:
            async def run(call: Call) -> JSON:
                self.publish(f"notifications/{kind}/list_changed", {})
                return text_result(f"Announced a change of the {kind}.")
            return run

        async def update(call: Call) -> JSON:
            self.updates += 1
            self.publish(UPDATED, {"uri": content.WATCHED})
            return text_result(f"Updated {content.WATCHED}.")

        return [
            Tool("test_trigger_tool_change", "Announces that the tools changed", announces("tools")),
            Tool("test_trigger_prompt_change", "Announces that the prompts changed", announces("prompts")),
            Tool("test_trigger_resource_change", "Announces that the resources changed", announces("resources")),
            Tool("test_trigger_resource_update", "Updates the watched resource", update),
        ]


def listed(notification_method: str) -> str | None:
    """The name of the list that a list-changed notification is about."""
    parts = notification_method.split("/")
    return parts[1] if parts[-1] == "list_changed" else None


def message_for(method: str, params: JSON) -> JSON:
    """A change as a notification; list changes have no params of their own."""
    return notification(method, params or None)
