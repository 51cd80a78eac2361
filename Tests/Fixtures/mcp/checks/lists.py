"""Scenarios of both eras: lists, resources, prompts, completion and caching."""

from __future__ import annotations

import re
import threading
from typing import Any

from .endpoint import JSON, Violation
from .modern_client import standard_headers, metadata
from .trial import MODERN, Trial, scenario

NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
MOST_PAGES = 1000
MISSING = "test://nonexistent-resource-for-conformance-testing"


@scenario("tools-list")
def tools_list(trial: Trial) -> None:
    """Every tool is described, and the order is always the same."""
    client = trial.client()
    probes = [client.request("tools/list").result.get("tools") for _ in range(3)]
    tools = probes[0]
    if not trial.check("is-array", isinstance(tools, list), tools):
        return
    bad = [tool.get("name") for tool in tools
           if not all(tool.get(key) for key in ("name", "description", "inputSchema"))]
    trial.check("complete", not bad, f"without name, description or inputSchema: {bad}")
    odd = [tool["name"] for tool in tools if not NAME.fullmatch(str(tool["name"]))]
    trial.should("name-format", not odd, odd)
    if trial.era == MODERN:
        orders = [[tool["name"] for tool in probe] for probe in probes]
        trial.should("same-order", orders[0] == orders[1] == orders[2], "the order or the set changed")


@scenario("pagination")
def pagination(trial: Trial) -> None:
    """Cursors lead through a list to its end, and no item comes twice."""
    client = trial.client()
    for method, member, key in (("tools/list", "tools", "name"), ("prompts/list", "prompts", "name"),
                                ("resources/list", "resources", "uri"),
                                ("resources/templates/list", "resourceTemplates", "uriTemplate")):
        page = client.request(method).result
        found, count = [item[key] for item in page[member]], 1
        while "nextCursor" in page and count < MOST_PAGES:
            page = client.request(method, {"cursor": page["nextCursor"]}).result
            found += [item[key] for item in page[member]]
            count += 1
        trial.check(f"{member}-end", "nextCursor" not in page, f"more than {MOST_PAGES} pages")
        trial.check(f"{member}-once", len(found) == len(set(found)), found)


@scenario("completion-complete")
def completion(trial: Trial) -> None:
    """An argument of a prompt is completed."""
    result = trial.client().request("completion/complete", {
        "ref": {"type": "ref/prompt", "name": "test_prompt_with_arguments"},
        "argument": {"name": "arg1", "value": "test"}}).result
    trial.check("values", isinstance(result.get("completion", {}).get("values"), list), result)


@scenario("resources-list")
def resources_list(trial: Trial) -> None:
    """Every resource has a URI and a name."""
    resources = trial.client().request("resources/list").result.get("resources")
    if trial.check("is-array", isinstance(resources, list), resources):
        trial.check("complete", all(item.get("uri") and item.get("name") for item in resources), resources)


def _read(trial: Trial, uri: str) -> JSON:
    contents = trial.client().request("resources/read", {"uri": uri}).result.get("contents")
    if not trial.check("contents", isinstance(contents, list) and contents, contents):
        raise Violation("no contents to go on with")
    content: JSON = contents[0]
    return content


@scenario("resources-read-text")
def read_text(trial: Trial) -> None:
    """A text resource."""
    content = _read(trial, "test://static-text")
    trial.check("text", all(content.get(key) for key in ("uri", "mimeType", "text")), content)
    trial.should("same-uri", content.get("uri") == "test://static-text", content.get("uri"))


@scenario("resources-read-binary")
def read_binary(trial: Trial) -> None:
    """A binary resource."""
    content = _read(trial, "test://static-binary")
    trial.check("blob", all(content.get(key) for key in ("uri", "mimeType", "blob")), content)


@scenario("resources-templates-read")
def read_template(trial: Trial) -> None:
    """A resource that only a template covers."""
    content = _read(trial, "test://template/123/data")
    trial.check("content", content.get("uri") and (content.get("text") or content.get("blob")), content)
    trial.check("parameter", "text" not in content or "123" in content["text"], content)


@scenario("sep-2164-resource-not-found", MODERN)
def resource_not_found(trial: Trial) -> None:
    """A missing resource is an error that names it."""
    answer = trial.client().request("resources/read", {"uri": MISSING})
    result = answer.message.get("result")
    trial.check("no-empty-contents", not (isinstance(result, dict) and result.get("contents") == []), result)
    trial.should("code", answer.code == -32602, answer.code)
    uri = (answer.error.get("data") or {}).get("uri")
    if trial.check("is-error", answer.error, answer.message):
        trial.should("names-uri", uri == MISSING, uri)


@scenario("prompts-list")
def prompts_list(trial: Trial) -> None:
    """Every prompt is described."""
    prompts = trial.client().request("prompts/list").result.get("prompts")
    if trial.check("is-array", isinstance(prompts, list), prompts):
        bad = [item.get("name") for item in prompts if not item.get("name") or not item.get("description")]
        trial.check("complete", not bad, bad)


def _messages(trial: Trial, name: str, arguments: JSON | None = None) -> list[JSON]:
    params: JSON = {"name": name} if arguments is None else {"name": name, "arguments": arguments}
    messages: list[JSON] = trial.client().request("prompts/get", params).result.get("messages") or []
    trial.check("messages", messages and all(item.get("role") and item.get("content") for item in messages), messages)
    return messages


@scenario("prompts-get-simple")
def prompt_simple(trial: Trial) -> None:
    """A prompt without arguments."""
    messages = _messages(trial, "test_simple_prompt")
    trial.should("documented-text", messages[0]["content"].get("text") == "This is a simple prompt for testing.",
                 messages)


@scenario("prompts-get-with-args")
def prompt_with_arguments(trial: Trial) -> None:
    """A prompt whose arguments come back in its text."""
    messages = _messages(trial, "test_prompt_with_arguments", {"arg1": "testValue1", "arg2": "testValue2"})
    trial.check("both-values", "testValue1" in str(messages) and "testValue2" in str(messages), messages)


@scenario("prompts-get-embedded-resource")
def prompt_with_resource(trial: Trial) -> None:
    """A prompt that embeds a resource."""
    uri = "test://example-resource"
    messages = _messages(trial, "test_prompt_with_embedded_resource", {"resourceUri": uri})
    found = [item["content"]["resource"] for item in messages if item["content"].get("type") == "resource"]
    if trial.check("resource", found, messages):
        trial.should("same-uri", found[0].get("uri") == uri, found)


@scenario("prompts-get-with-image")
def prompt_with_image(trial: Trial) -> None:
    """A prompt with a picture."""
    messages = _messages(trial, "test_prompt_with_image")
    found = [item["content"] for item in messages if item["content"].get("type") == "image"]
    trial.check("image", found and found[0].get("data") and found[0].get("mimeType"), messages)


@scenario("caching", MODERN)
def caching(trial: Trial) -> None:
    """Lists and reads say how long and for whom they can be cached."""
    client = trial.client()
    requests: list[tuple[str, JSON]] = [(method, {}) for method in (
        "tools/list", "prompts/list", "resources/list", "resources/templates/list")]
    listed = client.request("resources/list").result["resources"]
    requests.append(("resources/read", {"uri": listed[0]["uri"]}))
    for method, params in requests:
        answer = client.request(method, params)
        result = answer.message.get("result", {})
        ttl, scope = result.get("ttlMs"), result.get("cacheScope")
        trial.check(f"{method}-present", ttl is not None and scope is not None, answer.message)
        trial.check(f"{method}-ttl", type(ttl) is int and ttl >= 0, ttl)
        trial.check(f"{method}-scope", scope in ("public", "private"), scope)


@scenario("json-schema-2020-12")
def json_schema(trial: Trial) -> None:
    """A schema with the newer keywords arrives as it was written."""
    tools = trial.client().request("tools/list").result["tools"]
    schema = next((tool["inputSchema"] for tool in tools if tool["name"] == "json_schema_2020_12_tool"), None)
    if not trial.check("tool-found", schema is not None) or schema is None:
        return
    trial.check("dialect", schema.get("$schema") == "https://json-schema.org/draft/2020-12/schema", schema)
    address = schema.get("$defs", {}).get("address")
    trial.check("defs", address, schema)
    trial.check("additional-properties", schema.get("additionalProperties") is False, schema)
    if trial.era == MODERN:
        trial.check("composition", any("anyOf" in part for part in schema.get("allOf", [])), schema)
        trial.check("conditional", all(key in schema for key in ("if", "then", "else")), schema)
        trial.check("anchor", (address or {}).get("$anchor"), schema)


@scenario("server-sse-multiple-streams")
def multiple_streams(trial: Trial) -> None:
    """Three requests at the same time are all answered."""
    client = trial.client()
    fields = {"Accept": "text/event-stream, application/json"}
    params: JSON = {}
    if trial.era == MODERN:
        fields |= standard_headers("tools/list")
        params = {"_meta": metadata({})}
    elif client.session_id is None:
        trial.should("session", False, "the server gave no session id")
        return
    else:
        fields |= client.headers()
    replies: dict[int, Any] = {}

    def ask(request_id: int) -> None:
        message = {"jsonrpc": "2.0", "id": request_id, "method": "tools/list", "params": params}
        replies[request_id] = trial.endpoint.post(message, fields)

    threads = [threading.Thread(target=ask, args=(request_id,)) for request_id in (1000, 1001, 1002)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = {request_id: reply.status for request_id, reply in replies.items()}
    trial.check("all-accepted", len(statuses) == 3 and all(200 <= code < 300 for code in statuses.values()), statuses)
    for request_id, reply in sorted(replies.items()):
        if reply.is_stream:
            trial.check(f"stream-{request_id}", reply.next_event(10) is not None, "no event")
            reply.close()
        else:
            message = reply.message()
            trial.record(message, "tools/list")
            trial.check(f"answer-{request_id}", message.get("id") == request_id, message.get("id"))
