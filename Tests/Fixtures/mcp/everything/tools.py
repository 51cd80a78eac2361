"""The table of tools, and those that answer without asking the client for anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from calls import Call
from content import AUDIO, IMAGE
from wire import JSON, ToolFailure, text, text_result

Run = Callable[[Call], Awaitable[JSON]]
EMPTY: JSON = {"type": "object", "properties": {}}


@dataclass
class Tool:
    """One tool. `task` says whether it may or must run as a task; `needs` lists capabilities of the client."""

    name: str
    description: str
    run: Run
    schema: JSON = field(default_factory=lambda: EMPTY)
    needs: tuple[str, ...] = ()
    task: str = ""
    before: Run | None = None

    @property
    def definition(self) -> JSON:
        """The tool as `tools/list` shows it."""
        return {"name": self.name, "description": self.description, "inputSchema": self.schema}

    async def call(self, call: Call) -> JSON:
        """Runs the tool; its failures become results with `isError`."""
        try:
            missing = [name for name in self.schema.get("required", []) if name not in call.arguments]
            if missing:
                raise ToolFailure(f"Missing arguments: {', '.join(missing)}.")
            return await self.run(call)
        except ToolFailure as failure:
            return {"content": [text(str(failure))], "isError": True}


def object_schema(**properties: JSON) -> JSON:
    """The schema of an object whose properties are all required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _fixed(*content: JSON) -> Run:
    async def run(call: Call) -> JSON:
        return {"content": list(content)}
    return run


def _resource(uri: str, kind: str, value: str) -> JSON:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": kind, "text": value}}


async def _fail(call: Call) -> JSON:
    raise ToolFailure("This tool intentionally returns an error for testing")


async def _progress(call: Call) -> JSON:
    for progress in (0, 50, 100):
        await call.progress(progress, 100)
        await asyncio.sleep(0.05)
    return text_result("Progress reported.")


async def _logging(call: Call) -> JSON:
    for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await call.log("info", message)
        await asyncio.sleep(0.05)
    return text_result("Tool with logging executed successfully")


async def _reconnection(call: Call) -> JSON:
    """Ends the stream before the result, where the transport can resume it."""
    if call.hang_up is not None:
        call.hang_up(500)
        await asyncio.sleep(0.1)
    return text_result("Reconnection test completed successfully.")


async def _greet(call: Call) -> JSON:
    return text_result(f"Hello, {call.arguments['name']}!")


async def _echo_arguments(call: Call) -> JSON:
    given: dict[str, Any] = call.arguments
    return text_result(", ".join(f"{name}={value!r}" for name, value in given.items()))


SCHEMA_2020_12: JSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object",
                          "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}

HEADER_SCHEMA: JSON = {
    "type": "object",
    "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "priority": {"type": "integer", "x-mcp-header": "Priority"},
        "verbose": {"type": "boolean", "x-mcp-header": "Verbose"},
    },
    "required": ["region"],
}

PLAIN = [
    Tool("test_simple_text", "Answers with one text", _fixed(text("This is a simple text response for testing."))),
    Tool("test_image_content", "Answers with a picture", _fixed(IMAGE)),
    Tool("test_audio_content", "Answers with a sound", _fixed(AUDIO)),
    Tool("test_embedded_resource", "Answers with an embedded resource",
         _fixed(_resource("test://embedded-resource", "text/plain", "This is an embedded resource content."))),
    Tool("test_multiple_content_types", "Answers with text, a picture and a resource",
         _fixed(text("Multiple content types test:"), IMAGE,
                _resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'))),
    Tool("test_error_handling", "Always fails", _fail),
    Tool("test_tool_with_progress", "Reports progress three times", _progress),
    Tool("test_tool_with_logging", "Logs three messages", _logging),
    Tool("test_logging_tool", "Logs when the request asks for it", _logging),
    Tool("test_reconnection", "Hangs up and answers after the client came back", _reconnection),
    Tool("test_missing_capability", "Works only for a client that can sample",
         _fixed(text("The client declared sampling.")), needs=("sampling",)),
    Tool("test_x_mcp_header", "Has parameters that travel in headers too", _echo_arguments, HEADER_SCHEMA),
    Tool("json_schema_2020_12_tool", "Has a schema with the keywords of JSON Schema 2020-12", _echo_arguments,
         SCHEMA_2020_12),
    Tool("greet", "Greets somebody", _greet, object_schema(name={"type": "string"})),
]
