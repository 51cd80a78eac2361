#!/usr/bin/env python3
"""Checks an MCP endpoint with our own version of the official conformance suite's server scenarios, and some more.

Usage: conformance.py URL [--era modern|legacy] [--token TOKEN] [--scenario NAME]... [--schema DIR] [--list]

Prints one line per check, `pass`, `warn`, `fail` or `skip`, then the scenario and the check, then what was found
instead; the last line counts them. The exit status is 1 when a check failed. `--schema` is a folder with a folder per
revision that holds its `schema.json`; with it (and the package jsonschema) every message is checked against it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

# Each family adds its scenarios to the list when it is imported.
from checks import (headers, input_required, lists, malformed, sessions, stateless, streams, tasks,  # noqa: F401
                    tool_calls)
from checks.endpoint import Endpoint
from checks.legacy_client import VERSION as LEGACY_VERSION
from checks.modern_client import VERSION as MODERN_VERSION
from checks.schemas import load
from checks.trial import LEGACY, MODERN, SCENARIOS, Trial

VERSIONS = {MODERN: MODERN_VERSION, LEGACY: LEGACY_VERSION}


def main() -> int:
    """Reads the arguments and runs the scenarios."""
    parser = argparse.ArgumentParser(prog="conformance.py", description="Checks an MCP endpoint.")
    parser.add_argument("url", nargs="?", help="the endpoint, for example http://127.0.0.1:8080/mcp")
    parser.add_argument("--era", choices=list(VERSIONS), default=MODERN)
    parser.add_argument("--token", help="sent as a bearer token with every request")
    parser.add_argument("--scenario", action="append", help="only this scenario; may be repeated")
    parser.add_argument("--schema", type=Path, default=os.environ.get("MCP_SCHEMA"), help="folder of the schemas")
    parser.add_argument("--list", action="store_true", help="print the names of the scenarios")
    options = parser.parse_args()
    chosen = [item for item in SCENARIOS if options.era in item.eras
              and (not options.scenario or item.name in options.scenario)]
    if options.list:
        print("\n".join(item.name for item in chosen))
        return 0
    if options.url is None or not chosen:
        parser.error("a URL and a scenario of this era are needed")
    counts: Counter[str] = Counter()
    schemas = load(Path(options.schema) if options.schema else None, VERSIONS[options.era])
    for item in chosen:
        item.try_on(Trial(item.name, options.era, Endpoint(options.url, options.token), schemas, counts))
    print(f"{options.era}: {len(chosen)} scenarios, " + ", ".join(
        f"{counts[verdict]} {verdict}" for verdict in ("pass", "warn", "fail", "skip"))
        + ("" if schemas else ", messages not checked against a schema"))
    return 1 if counts["fail"] else 0


if __name__ == "__main__":
    sys.exit(main())
