#!/usr/bin/env python3
"""A small MCP server on the official SDK, `mcp` 2.x: what a third party's extension looks like.

Usage: sdk_server.py [--http PORT]

The SDK speaks both eras and lets the client decide; it offers no way to force one. `sdk1_server.py` has the same tools
on `mcp` 1.x, which knows the stateful era only.
"""

from __future__ import annotations

import argparse
from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, MCPServer, Resolve, Sample
from mcp.types import (Completion, CompletionArgument, CompletionContext, CreateMessageResult, PromptReference,
                       ResourceTemplateReference, SamplingMessage, TextContent)
from pydantic import BaseModel

server = MCPServer("sdk-server", version="1.0.0", log_level="WARNING")


class Name(BaseModel):
    """What the user is asked for."""

    name: str


def ask_name() -> Elicit[Name]:
    """The question of `ask`."""
    return Elicit("What is your name?", Name)


@server.tool()
async def ask(answer: Annotated[ElicitationResult[Name], Resolve(ask_name)]) -> str:
    """Asks the user for a name."""
    return f"Hello, {answer.data.name}!" if answer.action == "accept" else f"No name: {answer.action}."


def ask_model(prompt: str) -> Sample:
    """The question of `think`."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    return Sample([message], max_tokens=100)


@server.tool()
async def think(prompt: str, answer: Annotated[CreateMessageResult, Resolve(ask_model)]) -> str:
    """Asks the client's model to answer a prompt."""
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
    await ctx.notify_resource_updated("note://today")
    await ctx.notify_tools_changed()
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
    return Completion(values=found, total=len(found), has_more=False) if argument.name == "day" else None


def main() -> None:
    """Reads the arguments and serves."""
    parser = argparse.ArgumentParser(description="A small MCP server on the official SDK.")
    parser.add_argument("--http", type=int, metavar="PORT", help="serve Streamable HTTP on this port at /mcp")
    options = parser.parse_args()
    if options.http is None:
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=options.http)


if __name__ == "__main__":
    main()
