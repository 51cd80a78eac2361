#!/usr/bin/env python3
"""The tools of `sdk_server.py` on `mcp` 1.x, which knows the stateful era only.

Usage: sdk1_server.py [--http PORT]
"""

from __future__ import annotations

import argparse

from mcp.server.fastmcp import Context, FastMCP
from mcp.types import (Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference,
                       SamplingMessage, TextContent)
from pydantic import AnyUrl, BaseModel

server = FastMCP("sdk1-server", log_level="WARNING")


class Name(BaseModel):
    """What the user is asked for."""

    name: str


@server.tool()
async def ask(ctx: Context) -> str:
    """Asks the user for a name."""
    answer = await ctx.elicit("What is your name?", Name)
    return f"Hello, {answer.data.name}!" if answer.action == "accept" else f"No name: {answer.action}."


@server.tool()
async def think(prompt: str, ctx: Context) -> str:
    """Asks the client's model to answer a prompt."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    answer = await ctx.session.create_message([message], max_tokens=100, related_request_id=ctx.request_id)
    said = answer.content.text if isinstance(answer.content, TextContent) else answer.content.type
    return f"The model said: {said}"


@server.tool()
async def log(ctx: Context, message: str) -> str:
    """Logs a message at three levels."""
    await ctx.debug(message)
    await ctx.info(message)
    await ctx.warning(message)
    return "Logged."


@server.tool()
async def count(ctx: Context, to: int) -> str:
    """Counts and reports progress."""
    for number in range(1, to + 1):
        await ctx.report_progress(number, to)
    return f"Counted to {to}."


@server.tool()
async def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


@server.tool()
async def touch(ctx: Context) -> str:
    """Says that the note changed."""
    await ctx.session.send_resource_updated(AnyUrl("note://today"))
    await ctx.session.send_tool_list_changed()
    return "Touched."


@server.resource("note://today", mime_type="text/plain")
def note() -> str:
    """Today's note."""
    return "Water the plants."


@server.resource("note://{day}/text", mime_type="text/plain")
def note_of(day: str) -> str:
    """The note of a day."""
    return f"The note of {day}."


@server.prompt()
def plan(day: str) -> str:
    """Plans a day."""
    return f"Plan my {day}."


@server.completion()
async def complete(ref: PromptReference | ResourceTemplateReference, argument: CompletionArgument,
                   context: CompletionContext | None) -> Completion | None:
    """Suggests days."""
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    found = [day for day in days if day.startswith(argument.value)]
    return Completion(values=found, total=len(found), hasMore=False) if argument.name == "day" else None


def main() -> None:
    """Reads the arguments and serves."""
    parser = argparse.ArgumentParser(description="A small MCP server on the official SDK, 1.x.")
    parser.add_argument("--http", type=int, metavar="PORT", help="serve Streamable HTTP on this port at /mcp")
    options = parser.parse_args()
    if options.http is None:
        server.run("stdio")
    else:
        server.settings.port = options.http
        server.run("streamable-http")


if __name__ == "__main__":
    main()
