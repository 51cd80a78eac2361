#!/usr/bin/env python3
"""Drives the fixtures of `everything` with the official client, at one protocol revision after the other.

Usage: client_matrix.py URL [--token TOKEN] [--prefix PREFIX] [--revision REVISION]...
       client_matrix.py --stdio COMMAND [ARGUMENT]...

Prints one line per check, `pass`, `fail` or `skip`, with the revision and the name of the check; the last line counts
them. The exit status is 1 when a check failed. Needs the package `mcp` 2.x. `--prefix` stands before the names of
tools and prompts, for an endpoint that shows several servers.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
from client_peer import MODERN, SECONDS, Peer, connect, pages
from client_tasks import TasksExtension
from mcp import Client, StdioServerParameters
from mcp import types as mt
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

REVISIONS = ("auto", MODERN, "2025-11-25", "2025-06-18", "2025-03-26")
WATCHED = "test://watched-resource"


class Matrix:
    """All checks at one revision."""

    def __init__(self, revision: str, prefix: str, counts: Counter[str]):
        self.revision, self.prefix, self.counts = revision, prefix, counts
        self.peer = Peer()

    @property
    def modern(self) -> bool:
        """Whether the connection ended up in the stateless era."""
        return bool(self.peer.session.protocol_version == MODERN)

    def say(self, verdict: str, name: str, detail: object = "") -> None:
        """Prints and counts one line."""
        self.counts[verdict] += 1
        print(f"{verdict} {self.revision}.{name} {' '.join(str(detail).split())[:300]}".rstrip(), flush=True)

    def check(self, name: str, passed: object, detail: object = "") -> None:
        """One check."""
        self.say("pass" if passed else "fail", name, "" if passed else detail)

    async def run(self, transport: Callable[[], Any]) -> None:
        """Connects and runs every check; one that raises does not stop the others."""
        try:
            async with connect(self.revision, transport(), self.peer):
                self.say("pass", "connect", f"({self.peer.session.protocol_version})")
                for check in (self.lists, self.calls, self.progress, self.logging, self.resources, self.prompts,
                              self.completion, self.elicitation, self.sampling, self.rounds, self.changes,
                              self.parallel, self.reconnection, self.timeout, self.session_methods):
                    await self._guarded(check.__name__, check)
                modern = self.modern
            if modern:
                await self._tasks(transport())
        except BaseException as problem:
            if isinstance(problem, (KeyboardInterrupt, SystemExit)):
                raise
            self.say("fail", "connect", _root(problem))

    async def _guarded(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        try:
            await asyncio.wait_for(check(), 2 * SECONDS)
        except Exception as problem:
            self.say("fail", f"{name}.runs", _root(problem))

    async def _tasks(self, transport: Any) -> None:
        """Calls that become tasks for a client that declares the extension."""
        extension = TasksExtension({"name": "Alice", "confirm": True})
        callbacks = self.peer.callbacks()
        async with Client(transport, mode=MODERN, extensions=[extension], **callbacks) as self.peer.session:
            await self._guarded("tasks", lambda: self.tasks(extension))

    async def tasks(self, extension: TasksExtension) -> None:
        """From the call through questions to each of the ends."""
        for tool, arguments, wanted, states in (
                ("slow_compute", {"seconds": 0.5, "label": "work"}, "work took 0.5 s.", ["working", "completed"]),
                ("failing_job", {}, "The job failed.", ["working", "completed"]),
                ("confirm_delete", {"filename": "a.txt"}, "a.txt was deleted.", ["input_required", "completed"]),
                ("multi_input", {}, "Alice: True.", ["input_required", "completed"]),
                ("test_tool_with_task", {}, "Hello, Alice!", ["working", "completed"])):
            said = await self.said(tool, arguments)
            # The working between two polls may be too short to be seen.
            self.check(f"tasks.{tool}", said == wanted and [state for state in extension.seen if state in states]
                       == states, f"{said} {extension.seen}")
        try:
            found: object = await self.call("protocol_error_job")
        except MCPError as error:
            found = error.code
        self.check("tasks.protocol_error_job", found == -32603, found)

    async def call(self, tool: str, arguments: dict[str, Any] | None = None, **options: Any) -> Any:
        """Calls a tool of the fixtures."""
        return await self.peer.session.call_tool(self.prefix + tool, arguments or {}, **options)

    async def said(self, tool: str, arguments: dict[str, Any] | None = None, **options: Any) -> str:
        """The first text that a tool answers."""
        return str((await self.call(tool, arguments, **options)).content[0].text)

    async def lists(self) -> None:
        """Every list holds the fixtures, on however many pages."""
        session = getattr(self.peer.session, "session", self.peer.session)
        tools = {tool.name for tool in await pages(session.list_tools, "tools")}
        self.check("lists.tools", {self.prefix + "test_simple_text", self.prefix + "greet"} <= tools, tools)
        resources = {str(item.uri) for item in await pages(session.list_resources, "resources")}
        self.check("lists.resources", {"test://static-text", WATCHED} <= resources, resources)
        found = await pages(session.list_resource_templates, "resource_templates")
        templates = [item.uri_template for item in found]
        self.check("lists.templates", "test://template/{id}/data" in templates, templates)
        prompts = {prompt.name for prompt in await pages(session.list_prompts, "prompts")}
        self.check("lists.prompts", self.prefix + "test_simple_prompt" in prompts, prompts)

    async def calls(self) -> None:
        """Every kind of content, and the two kinds of failure."""
        said = await self.said("test_simple_text")
        self.check("calls.text", said == "This is a simple text response for testing.", said)
        kinds = [item.type for item in (await self.call("test_multiple_content_types")).content]
        self.check("calls.mixed", kinds == ["text", "image", "resource"], kinds)
        audio = (await self.call("test_audio_content")).content[0]
        self.check("calls.audio", audio.mime_type == "audio/wav" and audio.data, audio)
        failed = await self.call("test_error_handling")
        self.check("calls.tool-error", failed.is_error, failed)
        try:
            found: object = await self.call("no_such_tool")
        except MCPError as error:
            found = error.code
        self.check("calls.unknown-tool", found == -32602 or getattr(found, "is_error", False), found)
        said = await self.said("test_x_mcp_header", {"region": "Zürich ", "priority": 7, "verbose": True})
        self.check("calls.header-parameters", "Zürich " in said and "7" in said, said)

    async def progress(self) -> None:
        """Reports arrive in their order, before the call ends."""
        reports: list[tuple[float, float | None]] = []

        async def report(progress: float, total: float | None, message: str | None) -> None:
            reports.append((progress, total))

        await self.call("test_tool_with_progress", progress_callback=report)
        self.check("progress", reports == [(0, 100), (50, 100), (100, 100)], reports)

    async def logging(self) -> None:
        """The messages of a tool arrive."""
        if not self.modern:
            await self.peer.session.set_logging_level("debug")
        self.peer.logged.clear()
        await self.call("test_tool_with_logging")
        await asyncio.sleep(0.2)
        self.check("logging", len(self.peer.logged) == 3, self.peer.logged)

    async def resources(self) -> None:
        """Texts, binaries, templates and what does not exist."""
        session = self.peer.session
        content = (await session.read_resource("test://static-text")).contents[0]
        self.check("resources.text", content.text.startswith("This is the content"), content)
        content = (await session.read_resource("test://static-binary")).contents[0]
        self.check("resources.binary", content.mime_type == "image/png" and content.blob, content)
        content = (await session.read_resource("test://template/123/data")).contents[0]
        self.check("resources.template", '"id":"123"' in content.text, content)
        try:
            found: object = await session.read_resource("test://missing")
        except MCPError as error:
            found = error.code
        self.check("resources.missing", found == (-32602 if self.modern else -32002), found)

    async def prompts(self) -> None:
        """Prompts with and without arguments, and one that asks."""
        session = self.peer.session
        messages = (await session.get_prompt(self.prefix + "test_prompt_with_arguments",
                                             {"arg1": "one", "arg2": "two"})).messages
        self.check("prompts.arguments", "arg1='one', arg2='two'" in messages[0].content.text, messages)
        uri = "test://example-resource"
        messages = (await session.get_prompt(self.prefix + "test_prompt_with_embedded_resource",
                                             {"resourceUri": uri})).messages
        self.check("prompts.resource", str(messages[0].content.resource.uri) == uri, messages)
        if self.asks:
            messages = (await session.get_prompt(self.prefix + "test_input_required_result_prompt")).messages
            self.check("prompts.asking", "Alice" in messages[0].content.text, messages)

    async def completion(self) -> None:
        """Arguments of prompts and templates are completed."""
        ref = mt.PromptReference(type="ref/prompt", name=self.prefix + "test_prompt_with_arguments")
        values = (await self.peer.session.complete(ref, {"name": "arg1", "value": "par"})).completion.values
        self.check("completion.prompt", values == ["paris", "park"], values)
        template = mt.ResourceTemplateReference(type="ref/resource", uri="test://template/{id}/data")
        values = (await self.peer.session.complete(template, {"name": "id", "value": "12"})).completion.values
        self.check("completion.template", values == ["123", "124"], values)

    @property
    def asks(self) -> bool:
        """Whether the revision knows elicitation."""
        return bool(self.peer.session.protocol_version >= "2025-06-18")

    async def elicitation(self) -> None:
        """A form is accepted, declined and cancelled."""
        if not self.asks:
            self.say("skip", "elicitation", "the revision has none")
            return
        for action in ("accept", "decline", "cancel"):
            self.peer.action = action
            said = await self.said("test_elicitation", {"message": "Who are you?"})
            self.check(f"elicitation.{action}", f'"action": "{action}"' in said
                       and ("Alice" in said) == (action == "accept"), said)
        self.peer.action = "accept"
        said = await self.said("test_elicitation_sep1034_defaults")
        self.check("elicitation.types", '"age": 7' in said and '"verified": true' in said, said)

    async def sampling(self) -> None:
        """The model and the roots are asked for."""
        said = await self.said("test_sampling", {"prompt": "What is the capital of France?"})
        self.check("sampling", "Paris, says the model" in said, said)
        said = await self.said("test_input_required_result_list_roots")
        self.check("roots", "file:///test/root" in said, said)

    async def rounds(self) -> None:
        """Several questions, one after the other and at once."""
        if not self.asks:
            return
        said = await self.said("test_input_required_result_multi_round")
        self.check("rounds.two", said == "Alice likes Alice.", said)
        said = await self.said("test_input_required_result_multiple_inputs")
        self.check("rounds.three-questions", said == "Answered: client_roots, greeting, user_name.", said)

    async def changes(self) -> None:
        """Changes of lists and of a resource are heard."""
        session, heard = self.peer.session, self.peer.heard
        if self.modern:
            async with session.listen(tools_list_changed=True, resource_subscriptions=[WATCHED]) as subscription:
                await self.call("test_trigger_resource_update")
                await self.call("test_trigger_tool_change")
                events = {type(await asyncio.wait_for(anext(subscription), SECONDS)).__name__ for _ in range(2)}
            self.check("changes", events == {"ResourceUpdated", "ToolsListChanged"}, events)
            return
        await session.subscribe_resource(WATCHED)
        while not heard.empty():
            heard.get_nowait()
        await self.call("test_trigger_resource_update")
        await self.call("test_trigger_tool_change")
        methods = {await asyncio.wait_for(heard.get(), SECONDS) for _ in range(2)}
        wanted = {"notifications/resources/updated", "notifications/tools/list_changed"}
        self.check("changes", methods == wanted, methods)
        await session.unsubscribe_resource(WATCHED)

    async def parallel(self) -> None:
        """Calls at the same time get their own answers."""
        names = [f"guest {number}" for number in range(20)]
        answers = await asyncio.gather(*(self.said("greet", {"name": name}) for name in names))
        self.check("parallel", answers == [f"Hello, {name}!" for name in names], answers)

    async def reconnection(self) -> None:
        """A call whose stream ends early is answered on the next one."""
        said = await self.said("test_reconnection")
        self.check("reconnection", said == "Reconnection test completed successfully.", said)

    async def timeout(self) -> None:
        """A call that the client gives up does not harm the next one."""
        try:
            found: object = await self.call("slow_compute", {"seconds": 20, "label": "late"}, read_timeout_seconds=0.5)
        except (MCPError, TimeoutError) as error:
            found = error
        self.check("timeout.gives-up", isinstance(found, Exception), found)
        said = await self.said("greet", {"name": "next"})
        self.check("timeout.goes-on", said == "Hello, next!", said)

    async def session_methods(self) -> None:
        """What only the stateful era has."""
        if not self.modern:
            await self.peer.session.send_ping()
            self.say("pass", "ping")


def _root(problem: BaseException) -> str:
    """The first cause in a group of exceptions."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return f"{type(problem).__name__}: {problem}"


async def run(options: argparse.Namespace) -> int:
    """Runs the matrix and counts."""
    counts: Counter[str] = Counter()
    async with AsyncExitStack() as stack:
        if options.stdio:
            server = StdioServerParameters(command=options.stdio[0], args=options.stdio[1:])

            def transport() -> Any:
                return stdio_client(server)
        else:
            headers = {"Authorization": f"Bearer {options.token}"} if options.token else {}
            http_client = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=2 * SECONDS))

            def transport() -> Any:
                return streamable_http_client(options.url, http_client=http_client)

        for revision in options.revision or REVISIONS:
            await Matrix(revision, options.prefix, counts).run(transport)
    print("matrix: " + ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("pass", "fail", "skip")))
    return 1 if counts["fail"] else 0


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description="Drives the fixtures with the official client.")
    parser.add_argument("url", nargs="?")
    parser.add_argument("--token", help="sent as a bearer token with every request")
    parser.add_argument("--prefix", default="", help="stands before the names of tools and prompts")
    parser.add_argument("--revision", action="append", choices=REVISIONS, help="only this one; may be repeated")
    parser.add_argument("--stdio", nargs=argparse.REMAINDER, help="start this command and talk to it")
    options = parser.parse_args()
    if (options.url is None) == (not options.stdio):
        parser.error("either a URL or --stdio COMMAND")
    # The client warns of everything that 2026-07-28 deprecates, and logs what the checks report anyway.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    return asyncio.run(run(options))


if __name__ == "__main__":
    sys.exit(main())
