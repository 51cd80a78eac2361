"""The load of the official client: as many callers as asked for, who share one client, each in a closed loop.

Runs in the virtual environment of the package `mcp`. Standard input is one JSON object, standard output another. A call
counts as failed when the client raises, when the tool says that it failed, or when the answer does not hold the text
that this caller sent: every caller has a text of its own, so an answer that went to another is noticed.
"""

import asyncio
import json
import logging
import sys
import time

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

CALL_SECONDS = 60


class Load:
    """What the callers of one measurement share."""

    def __init__(self, client: Client, plan: dict):
        self.client, self.plan = client, plan
        self.latencies: list[float] = []
        self.failed = 0
        self.error = ""

    async def call(self, number: int) -> bool:
        """Makes one call; whether it was answered, and rightly."""
        text = f"{number:03}" + self.plan["text"][3:]
        arguments = json.loads(json.dumps(self.plan["arguments"]).replace(self.plan["text"], text))
        try:
            answer = await asyncio.wait_for(self.client.call_tool(self.plan["tool"], arguments), CALL_SECONDS)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"[:300]
            return False
        said = "".join(getattr(part, "text", "") for part in answer.content)
        if not answer.is_error and text in said:
            return True
        self.error = f"answered {said[:200]!r}"
        return False

    async def caller(self, number: int, end: float) -> None:
        while (start := time.perf_counter()) < end:
            if await self.call(number):
                self.latencies.append(time.perf_counter() - start)
            else:
                self.failed += 1
                await asyncio.sleep(0.01)

    async def run(self) -> dict:
        """The measurement, after a few calls that are not counted; it ends with the last answer."""
        for _ in range(3):
            await self.call(0)
        start = time.perf_counter()
        end = start + self.plan["seconds"]
        await asyncio.gather(*(self.caller(number, end) for number in range(self.plan["callers"])))
        elapsed = time.perf_counter() - start
        ordered = sorted(self.latencies)
        at = lambda share: ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else None
        return {
            "rate": len(ordered) / elapsed, "p50": at(0.5), "p95": at(0.95), "failed": self.failed, "error": self.error,
            "version": self.client.protocol_version,
        }


async def main() -> None:
    plan = json.load(sys.stdin)
    logging.disable(logging.CRITICAL)
    if "command" in plan:
        program, *arguments = plan["command"]
        async with Client(stdio_client(StdioServerParameters(command=program, args=arguments))) as client:
            print(json.dumps(await Load(client, plan).run()))
        return
    async with httpx2.AsyncClient(headers=plan["headers"], timeout=CALL_SECONDS) as http_client:
        async with Client(streamable_http_client(plan["url"], http_client=http_client)) as client:
            print(json.dumps(await Load(client, plan).run()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
