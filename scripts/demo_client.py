"""Calls two tools of a Heddle through the official MCP client: demo_client.py URL TOKEN_FILE REPOSITORY."""

import asyncio
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url: str, token_file: str, repository: str) -> None:
    with open(token_file, encoding="utf-8") as file:
        headers = {"Authorization": "Bearer " + file.read().strip()}
    async with httpx2.AsyncClient(headers=headers) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            tools = await client.list_tools()
            print(len(tools.tools), "tools:", ", ".join(tool.name for tool in tools.tools))
            time = await client.call_tool("time__get_current_time", {"timezone": "Asia/Tokyo"})
            print(time.content[0].text)
            log = await client.call_tool("git__git_log", {"repo_path": repository, "max_count": 1})
            print(log.content[0].text)


asyncio.run(main(*sys.argv[1:4]))
