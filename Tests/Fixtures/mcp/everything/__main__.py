"""An MCP server with every fixture that a client or a gateway can be tested with, written without an SDK.

Usage: python3 everything [--era modern|legacy|both] [--http PORT] [--token TOKEN] [--page-size N]

Speaks on standard input and output, or with `--http` at http://127.0.0.1:PORT/mcp (port 0 takes a free one). Both
write what they have to tell to standard error.
"""

from __future__ import annotations

import argparse
import asyncio

from server import Server
from stdio import Stdio
from streamable import Streamable


def main() -> None:
    """Reads the arguments and serves."""
    parser = argparse.ArgumentParser(prog="everything", description="An MCP server for tests.")
    parser.add_argument("--era", choices=["modern", "legacy", "both"], default="modern")
    parser.add_argument("--http", type=int, metavar="PORT", help="serve Streamable HTTP on this port")
    parser.add_argument("--token", help="with --http, answer only requests with this bearer token")
    parser.add_argument("--page-size", type=int, default=1000, help="items on one page of a list")
    options = parser.parse_args()
    eras = {"modern", "legacy"} if options.era == "both" else {options.era}
    server = Server(options.page_size)
    if options.http is None:
        asyncio.run(Stdio(server, eras).serve())
    else:
        asyncio.run(Streamable(server, eras, options.token).serve(options.http))


if __name__ == "__main__":
    main()
