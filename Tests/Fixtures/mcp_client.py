#!/usr/bin/env python3
"""Lists the tools of an MCP server and calls one, with the official client.

Usage: mcp_client.py URL TOKEN MODE TOOL ARGUMENTS

MODE is `auto` (the newest revision both know) or `legacy` (initialize first). Says what it found as one JSON object.
"""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url, token, mode, tool, arguments):
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http_client:
        async with Client(streamable_http_client(url, http_client=http_client), mode=mode) as client:
            tools = await client.list_tools()
            result = await client.call_tool(tool, json.loads(arguments))
            print(json.dumps({
                "tools": [tool.name for tool in tools.tools],
                "text": result.content[0].text,
                "is_error": result.is_error,
                "version": client.protocol_version,
            }))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
