"""Scenarios about HTTP headers: Host and Origin, the headers that repeat the body, and annotated parameters."""

from __future__ import annotations

import base64
from typing import Any

from .endpoint import JSON, Reply
from .legacy_client import VERSION as LEGACY_VERSION
from .modern_client import VERSION, metadata, standard_headers
from .sessions import INITIALIZE
from .trial import MODERN, Trial, scenario

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@scenario("dns-rebinding-protection")
def dns_rebinding(trial: Trial) -> None:
    """A foreign Host or Origin is refused, the own one is not."""
    endpoint = trial.endpoint
    trial.check("loopback-url", endpoint.host in LOOPBACK, endpoint.host)
    if trial.era == MODERN:
        message: JSON = {"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": metadata({})}}
        fields = standard_headers("server/discover")
    else:
        message, fields = INITIALIZE, {"MCP-Protocol-Version": LEGACY_VERSION}
    foreign = {"Host": "evil.example.com", "Origin": "http://evil.example.com"}
    status = endpoint.post(message, {**fields, **foreign}).status
    trial.check("foreign-refused", 400 <= status < 500, f"HTTP {status}")
    status = endpoint.post(message, {**fields, "Host": foreign["Host"]}).status
    trial.should("foreign-host-alone", 400 <= status < 500, f"HTTP {status}")
    status = endpoint.post(message, {**fields, "Origin": foreign["Origin"]}).status
    trial.should("foreign-origin-alone", status == 403, f"HTTP {status} instead of 403")
    own = {"Host": endpoint.authority, "Origin": f"http://{endpoint.authority}"}
    reply = endpoint.post(message, {**fields, **own})
    trial.check("own-accepted", 200 <= reply.status < 300, f"HTTP {reply.status}")
    if trial.era != MODERN:
        key = reply.header("Mcp-Session-Id")
        session = {**own, **fields, "Mcp-Method": "notifications/initialized"}
        if key:
            session["Mcp-Session-Id"] = key
        status = endpoint.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, session).status
        trial.check("notification-accepted", 200 <= status < 300, f"HTTP {status}")
        if key:
            endpoint.send("DELETE", session)


class Raw:
    """Requests whose body is right and whose headers are what the case says."""

    def __init__(self, trial: Trial):
        self.trial = trial
        self.last = 0

    def send(self, method: str, params: JSON, headers: dict[str, str]) -> Reply:
        """Posts a request with only the version and these headers."""
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": {**params, "_meta": metadata()}}
        return self.trial.endpoint.post(message, {"MCP-Protocol-Version": VERSION, **headers})

    def refused(self, name: str, reply: Reply, code_must: bool = False) -> None:
        """The reply must be the refusal of a header."""
        message = {} if reply.is_stream else reply.message()
        code = message.get("error", {}).get("code")
        self.trial.check(f"{name}-status", reply.status == 400, f"HTTP {reply.status}")
        (self.trial.check if code_must else self.trial.should)(f"{name}-code", code == -32020, message)
        if message:
            self.trial.record(message, None)

    def accepted(self, name: str, reply: Reply) -> None:
        """The reply must not be a refusal."""
        message = {} if reply.is_stream else reply.message()
        self.trial.check(name, reply.status < 400 and "error" not in message, f"HTTP {reply.status} {message}")
        reply.close()


@scenario("http-header-validation", MODERN)
def header_validation(trial: Trial) -> None:
    """The standard headers must agree with the body, to the letter."""
    tools = trial.client().request("tools/list").result["tools"]
    if not trial.check("has-tool", tools, "no tools"):
        return
    raw, tool = Raw(trial), tools[0]["name"]
    call = {"name": tool, "arguments": {}}
    calling = {"Mcp-Method": "tools/call"}
    raw.refused("other-method", raw.send("tools/list", {}, {"Mcp-Method": "prompts/list"}))
    raw.refused("no-method", raw.send("tools/list", {}, {}))
    raw.refused("other-name", raw.send("tools/call", call, {**calling, "Mcp-Name": "wrong_tool_name"}))
    raw.accepted("spaces-around-name", raw.send("tools/call", call, {**calling, "Mcp-Name": f"  {tool}  "}))
    raw.refused("no-name", raw.send("tools/call", call, calling))
    raw.accepted("lower-case-header", raw.send("tools/list", {}, {"mcp-method": "tools/list"}))
    raw.accepted("upper-case-header", raw.send("tools/list", {}, {"MCP-METHOD": "tools/list"}))
    raw.refused("upper-case-value", raw.send("tools/list", {}, {"Mcp-Method": "TOOLS/LIST"}))


def _annotated(tools: list[JSON]) -> tuple[JSON, str] | None:
    """The first tool with annotations, and its first annotated string property."""
    for tool in tools:
        properties = tool["inputSchema"].get("properties", {})
        annotated = [name for name, schema in properties.items() if "x-mcp-header" in schema]
        if annotated:
            strings = [name for name in annotated if properties[name].get("type") == "string"]
            return (tool, strings[0]) if strings else None
    return None


def _filler(schema: JSON) -> Any:
    return {"number": 0, "integer": 0, "boolean": False}.get(schema.get("type", ""), "test-default")


@scenario("http-custom-header-server-validation", MODERN)
def custom_headers(trial: Trial) -> None:
    """The headers of annotated parameters must agree with the arguments."""
    found = _annotated(trial.client().request("tools/list").result["tools"])
    trial.check("has-tool", found, "no tool with an annotated string property")
    if found is None:
        return
    tool, parameter = found
    schema = tool["inputSchema"]
    arguments: JSON = {}
    headers = {"Mcp-Method": "tools/call", "Mcp-Name": tool["name"]}
    for name in schema.get("required", []):
        if name != parameter:
            arguments[name] = _filler(schema["properties"][name])
            if "x-mcp-header" in schema["properties"][name]:
                value = arguments[name]
                text = str(value).lower() if isinstance(value, bool) else str(value)
                headers["Mcp-Param-" + schema["properties"][name]["x-mcp-header"]] = text
    header = "Mcp-Param-" + schema["properties"][parameter]["x-mcp-header"]
    raw = Raw(trial)
    encoded = base64.b64encode(b"Hello").decode()
    for case, value, sent, fine in (
            ("encoded", "Hello", f"=?base64?{encoded}?=", True),
            ("bad-padding", "Hello", f"=?base64?{encoded[:-1]}?=", False),
            ("bad-alphabet", "Hello", "=?base64?SGVs!!!bG8=?=", False),
            ("no-prefix", encoded, encoded, True),
            ("no-suffix", f"=?base64?{encoded}", f"=?base64?{encoded}", True),
            ("header-missing", "test-value", None, False),
            ("other-value", "test-value", "another-value", False)):
        fields = headers if sent is None else {**headers, header: sent}
        reply = raw.send("tools/call", {"name": tool["name"], "arguments": {**arguments, parameter: value}}, fields)
        if fine:
            raw.accepted(case, reply)
        else:
            raw.refused(case, reply, code_must=True)
