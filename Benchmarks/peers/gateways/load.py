"""The two clients: wrk, which shows what a server can do, and the official client, which shows what an agent sees."""

import json
import math
import os
import pathlib
import shutil
import signal
import subprocess

from .server import FIRST_ID, TEXT, Door, Unusable

LONGEST = 20
CLIENT = pathlib.Path(__file__).with_name("client.py")

# Every answer is looked at. It costs wrk some of its own pace, for all gateways the same. Every MCP request has an id
# of its own, since gateways with one session for all callers hang when ids repeat; it is put into the finished request.
SCRIPT = """
wrk.method = "POST"
wrk.body = %(body)s
local id, head, tail = %(id)d, nil, nil
if string.find(wrk.body, id, 1, true) then
  function request()
    id = id + 1
    return head .. id .. tail
  end
end
for name, value in pairs({ %(headers)s }) do wrk.headers[name] = value end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init()
  right, wrong, example = 0, 0, ""
  local whole = wrk.format()
  local at = string.find(whole, id, 1, true)
  if at then head, tail = string.sub(whole, 1, at - 1), string.sub(whole, at + #tostring(id)) end
end
function response(status, headers, body)
  if status == 200 and string.find(body, %(text)s, 1, true) then
    right = right + 1
  else
    wrong = wrong + 1
    example = status .. " " .. string.sub(body, 1, 200)
  end
end
function done(summary, latency)
  local e, t = summary.errors, threads[1]
  io.write(string.format("\\nFIGURES %%d %%d %%d %%d %%d %%d %%d %%s\\n", summary.duration, t:get("right"),
    t:get("wrong"), e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(95),
    latency.mean, string.gsub(t:get("example"), "%%s+", " ")))
end
"""


def length(door: Door, callers: int, seconds: int) -> int:
    """How long to measure: a slow gateway gets time for three answers to each caller."""
    return max(seconds, min(LONGEST, math.ceil(3 * callers / door.rate)))


def bounded(command: list, seconds: float, text: str = "") -> str:
    """What a program prints; it is ended, with what it started, when it takes too long."""
    process = subprocess.Popen(
        [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )
    name = pathlib.Path(command[0]).name
    try:
        printed, errors = process.communicate(text, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{name} was still waiting after {seconds} s") from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode != 0:
        raise Unusable(f"{name} failed: {' '.join(errors.split())[-300:] or printed[-300:]}")
    return printed


def wrk(door: Door, callers: int, seconds: int, folder: pathlib.Path) -> dict:
    """One thread of wrk. Its latencies are in microseconds; only right answers count as calls."""
    headers = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in door.request_headers().items())
    script = folder / "post.lua"
    body = json.dumps(json.dumps(door.body))
    script.write_text(SCRIPT % {"body": body, "headers": headers, "text": json.dumps(TEXT), "id": FIRST_ID})
    script.chmod(0o600)
    seconds = length(door, callers, seconds)
    command = ["wrk", "-t", 1, "-c", callers, "-d", f"{seconds}s", "--timeout", "60s", "-s", script, door.url]
    line = next((line for line in bounded(command, seconds + 60).splitlines() if line.startswith("FIGURES ")), None)
    if line is None:
        raise Unusable("wrk gave no figures")
    duration, right, wrong, errors, p50, p95, mean, *example = line.split(" ", 8)[1:]
    rate, example = int(right) * 1e6 / int(duration), " ".join(example).strip()
    served = (rate + int(wrong) * 1e6 / int(duration)) * int(mean) / 1e6
    if served < callers / 3:
        example = f"only about {served:.0f} of {callers} callers were answered at a time {example}".strip()
    return {
        "rate": rate, "p50": int(p50) / 1000 if int(right) else None, "p95": int(p95) / 1000 if int(right) else None,
        "failed": int(wrong) + int(errors), "error": example,
    }


def official(door: Door, callers: int, seconds: int, binaries: pathlib.Path) -> dict:
    """The official client, over HTTP."""
    plan = {"url": door.url, "headers": door.headers, "tool": door.tool, "arguments": door.arguments}
    return planned(plan, callers, length(door, callers, seconds), binaries)


def direct(command: list, callers: int, seconds: int, binaries: pathlib.Path) -> dict:
    """The official client on the extension's own pipes: the floor, with no gateway between them."""
    plan = {"command": [str(word) for word in command], "tool": "echo", "arguments": {"text": TEXT}}
    return planned(plan, callers, seconds, binaries)


def planned(plan: dict, callers: int, seconds: int, binaries: pathlib.Path) -> dict:
    plan |= {"text": TEXT, "callers": callers, "seconds": seconds}
    return json.loads(bounded([binaries / "python", CLIENT], seconds + 120, json.dumps(plan)))


def pipes(heddle: pathlib.Path, seconds: int, extension: list[str]) -> dict[int, dict]:
    """The extension on its own pipes, by Heddle's generator: what the machine can do at all."""
    command = [heddle, "benchmark", "invoke", "--seconds", min(seconds, 1), "--output", "json", "--", *extension]
    printed = bounded(command, 120)
    rows = json.loads(printed[printed.index("{"):])["calls"]
    return {
        row["callers"]: {"rate": row["calls_per_second"], "p50": row["p50_ms"], "p95": row["p95_ms"],
                         "failed": row["failed"], "error": ""}
        for row in rows if row["path"] == "pipe"
    }


def has_wrk() -> bool:
    return shutil.which("wrk") is not None
