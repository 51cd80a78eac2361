"""The stateless era, 2026-07-28: every request stands alone."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from calls import Call, InputRequired, RetryAsker, Send
from content import complete, get_prompt
from server import CHANGES, UPDATED, Listener, Server, listed
from wire import (HEADER_MISMATCH, INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, JSON, LOG_LEVELS, METHOD_NOT_FOUND,
                  MODERN, PREFIX, SERVER_INFO, SUBSCRIPTION_ID, TASKS, UNSUPPORTED_VERSION, Refusal, error_response,
                  is_id, missing_capability, notification, response)

CAPABILITIES: JSON = {
    "tools": {"listChanged": True},
    "prompts": {"listChanged": True},
    "resources": {"listChanged": True, "subscribe": True},
    "completions": {},
    "logging": {},
    "extensions": {TASKS: {}},
}
LISTS = {"tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources",
         "resources/templates/list": "resourceTemplates"}
CACHEABLE = {"server/discover": 3_600_000, **dict.fromkeys(LISTS, 60_000), "resources/read": 1000}
METHODS = {*CACHEABLE, "tools/call", "prompts/get", "completion/complete", "subscriptions/listen",
           "tasks/get", "tasks/update", "tasks/cancel"}
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri",
            "tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId"}
ENCODED = re.compile(r"=\?base64\?(.*)\?=")


class Modern:
    """Answers the requests of the stateless era."""

    def __init__(self, server: Server):
        self.server = server

    async def answer(self, request: JSON, send: Send, headers: Mapping[str, str] | None = None) -> JSON:
        """The response to a request; `headers` are those of its POST, with names in lower case."""
        try:
            call = self._check(request, send, headers)
            result = await self._result(request["id"], call)
            return response(request["id"], self._finished(call.method, result))
        except InputRequired as question:
            return response(request["id"], self._finished("", question.result))
        except Refusal as refusal:
            return error_response(request.get("id"), refusal)
        except Exception as error:
            return error_response(request.get("id"), Refusal(INTERNAL_ERROR, f"Internal error: {error!r}"))

    def _check(self, request: JSON, send: Send, headers: Mapping[str, str] | None) -> Call:
        """Everything that is checked before the work begins, in the order that the revision asks for."""
        method, params = request.get("method"), request.get("params", {})
        if request.get("jsonrpc") != "2.0" or not isinstance(method, str) or not is_id(request.get("id")):
            raise Refusal(INVALID_REQUEST, "A request needs jsonrpc, an id and a method.")
        meta = params.get("_meta") if isinstance(params, dict) else None
        version, capabilities, log_level = _metadata(meta)
        if headers is not None and headers.get("mcp-protocol-version", "").strip() != version:
            raise Refusal(HEADER_MISMATCH, "MCP-Protocol-Version differs from the protocolVersion of the body.")
        if version != MODERN:
            raise Refusal(UNSUPPORTED_VERSION, f"Version {version} is not supported.",
                          {"supported": [MODERN], "requested": version})
        if headers is not None and headers.get("mcp-method", "").strip() != method:
            raise Refusal(HEADER_MISMATCH, "Mcp-Method differs from the method of the body.")
        if method not in METHODS:
            raise Refusal(METHOD_NOT_FOUND, f"There is no method {method}.")
        if headers is not None:
            self._check_names(method, params, headers)
        asker = RetryAsker(self.server.seal, method, params)
        return Call(method, params, capabilities, log_level, modern=True, send=send, asker=asker)

    def _check_names(self, method: str, params: JSON, headers: Mapping[str, str]) -> None:
        """The headers that repeat the name and annotated arguments."""
        if method in NAMED_BY and _decoded(headers.get("mcp-name")) != params.get(NAMED_BY[method]):
            raise Refusal(HEADER_MISMATCH, f"Mcp-Name differs from params.{NAMED_BY[method]}.")
        tool = self.server.tools.get(str(params.get("name"))) if method == "tools/call" else None
        arguments = params.get("arguments")
        if tool is None or not isinstance(arguments, dict):
            return
        for name, schema in tool.schema["properties"].items():
            header = schema.get("x-mcp-header")
            if header is not None and not _agrees(arguments.get(name), headers.get(f"mcp-param-{header.lower()}")):
                raise Refusal(HEADER_MISMATCH, f"Mcp-Param-{header} differs from the argument {name}.")

    async def _result(self, request_id: Any, call: Call) -> JSON:
        method, params = call.method, call.params
        if method == "server/discover":
            return {"supportedVersions": [MODERN], "capabilities": CAPABILITIES,
                    "instructions": "Every fixture that a client or a gateway can be tested with."}
        if method in LISTS:
            return self.server.lists(LISTS[method], params)
        if method == "resources/read":
            return self.server.read(params, modern=True)
        if method == "prompts/get":
            return await get_prompt(call)
        if method == "completion/complete":
            return complete(params)
        if method == "tools/call":
            return await self.server.call_tool(call)
        if method == "subscriptions/listen":
            return await self._listen(request_id, call)
        if not call.takes_tasks:
            raise missing_capability({"extensions": {TASKS: {}}})
        tasks = self.server.tasks
        return {"tasks/get": tasks.get, "tasks/update": tasks.update, "tasks/cancel": tasks.cancel}[method](params)

    async def _listen(self, request_id: Any, call: Call) -> JSON:
        """Sends what was asked for until the client goes away."""
        wanted = call.params.get("notifications")
        if not isinstance(wanted, dict):
            raise Refusal(INVALID_PARAMS, "A subscription needs the notifications that it wants.")
        if "taskIds" in wanted and not call.takes_tasks:
            raise missing_capability({"extensions": {TASKS: {}}})
        accepted: JSON = {name: True for name in CHANGES.values() if wanted.get(name) is True}
        accepted |= {name: wanted[name] for name in ("resourceSubscriptions", "taskIds")
                     if isinstance(wanted.get(name), list)}

        def wants(method: str, params: JSON) -> bool:
            if method == UPDATED:
                return params["uri"] in accepted.get("resourceSubscriptions", [])
            if kind := listed(method):
                return CHANGES[kind] in accepted
            return params["taskId"] in accepted.get("taskIds", [])

        heard: asyncio.Queue[tuple[str, JSON]] = asyncio.Queue()
        listener = Listener(wants, lambda method, params: heard.put_nowait((method, params)))
        mark = {"_meta": {SUBSCRIPTION_ID: request_id}}
        self.server.listeners.add(listener)
        try:
            await call.send(notification("notifications/subscriptions/acknowledged",
                                         {**mark, "notifications": accepted}))
            while True:
                method, params = await heard.get()
                await call.send(notification(method, {**params, **mark}))
        finally:
            self.server.listeners.discard(listener)

    def _finished(self, method: str, result: JSON) -> JSON:
        """A result with the members that every result of this era has."""
        finished: JSON = {"resultType": "complete", **result, "_meta": {PREFIX + "serverInfo": SERVER_INFO}}
        if method in CACHEABLE:
            scope = "private" if method == "resources/read" else "public"
            finished |= {"ttlMs": CACHEABLE[method], "cacheScope": scope}
        return finished


def _metadata(meta: Any) -> tuple[str, JSON, str | None]:
    """The version, the client's capabilities and the log level that a request carries."""
    meta = meta if isinstance(meta, dict) else {}
    version, capabilities = meta.get(PREFIX + "protocolVersion"), meta.get(PREFIX + "clientCapabilities")
    if not isinstance(version, str) or not isinstance(capabilities, dict):
        raise Refusal(INVALID_PARAMS, "A request needs the protocolVersion and clientCapabilities in its _meta.")
    level = meta.get(PREFIX + "logLevel")
    if level is not None and level not in LOG_LEVELS:
        raise Refusal(INVALID_PARAMS, f"There is no log level {level}.")
    return version, capabilities, level


def _decoded(value: str | None) -> str | None:
    """The value of a header that may be in the base64 form; refuses a broken one."""
    value = None if value is None else value.strip(" \t")
    match = ENCODED.fullmatch(value) if value is not None else None
    if match is None:
        return value
    try:
        return base64.b64decode(match[1], validate=True).decode()
    except (binascii.Error, ValueError):
        raise Refusal(HEADER_MISMATCH, "A header has a broken base64 value.") from None


def _agrees(argument: Any, header: str | None) -> bool:
    """Whether a header says the same as the argument in the body."""
    value = _decoded(header)
    if argument is None or value is None:
        return argument is None and value is None
    if isinstance(argument, bool):
        return value == ("true" if argument else "false")
    if isinstance(argument, (int, float)):
        try:
            return float(value) == argument
        except ValueError:
            return False
    return bool(value == argument)
