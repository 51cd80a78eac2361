"""Scenarios of both eras: what a tool can answer with, and what it says while it runs."""

from __future__ import annotations

from .endpoint import JSON
from .trial import LEGACY, Trial, scenario


def _content(trial: Trial, name: str) -> list[JSON]:
    result = trial.client().call(name).result
    content: list[JSON] = result.get("content") or []
    trial.check("content", content, result)
    return content


def _of(content: list[JSON], kind: str) -> list[JSON]:
    return [item for item in content if item.get("type") == kind]


@scenario("tools-call-simple-text")
def simple_text(trial: Trial) -> None:
    """A text, from a call without arguments."""
    result = trial.client().request("tools/call", {"name": "test_simple_text"}).result
    found = _of(result.get("content") or [], "text")
    if trial.check("text", found and found[0].get("text"), result):
        trial.should("documented-text", found[0]["text"] == "This is a simple text response for testing.", found)


@scenario("tools-call-image")
def image(trial: Trial) -> None:
    """A picture."""
    found = _of(_content(trial, "test_image_content"), "image")
    trial.check("image", found and found[0].get("data") and found[0].get("mimeType"), found)


@scenario("tools-call-audio")
def audio(trial: Trial) -> None:
    """A sound."""
    found = _of(_content(trial, "test_audio_content"), "audio")
    trial.check("audio", found and found[0].get("data") and found[0].get("mimeType") == "audio/wav", found)


@scenario("tools-call-embedded-resource")
def embedded_resource(trial: Trial) -> None:
    """An embedded resource."""
    found = _of(_content(trial, "test_embedded_resource"), "resource")
    resource = found[0].get("resource", {}) if found else {}
    trial.check("resource", resource.get("uri") and resource.get("mimeType")
                and (resource.get("text") or resource.get("blob")), found)


@scenario("tools-call-mixed-content")
def mixed_content(trial: Trial) -> None:
    """Several kinds of content in one answer."""
    content = _content(trial, "test_multiple_content_types")
    kinds = {item.get("type") for item in content}
    trial.check("kinds", len(content) >= 2 and {"text", "image", "resource"} <= kinds, kinds)


@scenario("tools-call-error")
def error(trial: Trial) -> None:
    """A failure of a tool is a result."""
    result = trial.client().call("test_error_handling").result
    trial.check("is-error", result.get("isError") is True, result)
    trial.check("text", result.get("content") and result["content"][0].get("text"), result)


@scenario("tools-call-with-progress")
def progress(trial: Trial) -> None:
    """Progress arrives before the response, with the caller's token."""
    token = "progress-test-1"
    answer = trial.client().call("test_tool_with_progress", meta={"progressToken": token})
    trial.check("result", answer.result.get("content"), answer.message)
    reports = [item["params"] for item in answer.notifications if item.get("method") == "notifications/progress"]
    own = [report for report in reports if report.get("progressToken") == token]
    trial.check("three-reports", len(own) >= 3, reports)
    values = [report.get("progress") for report in own[:3]]
    trial.check("non-decreasing", values == sorted(values), values)


@scenario("tools-call-sampling", LEGACY)
def sampling(trial: Trial) -> None:
    """The server asks the client's model."""
    answer = {"role": "assistant", "content": {"type": "text", "text": "This is a test response from the client"},
              "model": "test-model", "stopReason": "endTurn"}
    client = trial.client(handlers={"sampling/createMessage": lambda params: answer})
    result = client.call("test_sampling", {"prompt": "Test prompt for sampling"}).result
    asked = [item["params"] for item in client.asked if item["method"] == "sampling/createMessage"]
    trial.check("asked", asked, "no sampling/createMessage")
    trial.check("content", result.get("content"), result)
    trial.should("prompt-arrived", "Test prompt for sampling" in str(asked), asked)
    trial.should("answer-arrived", "This is a test response from the client" in str(result), result)


@scenario("tools-call-elicitation", LEGACY)
def elicitation(trial: Trial) -> None:
    """The server asks the user."""
    answer = {"action": "accept", "content": {"username": "testuser", "email": "test@example.com"}}
    client = trial.client(handlers={"elicitation/create": lambda params: answer})
    result = client.call("test_elicitation", {"message": "Please provide your information"}).result
    trial.check("asked", [item for item in client.asked if item["method"] == "elicitation/create"],
                "no elicitation/create")
    trial.check("content", result.get("content"), result)
    trial.should("answer-arrived", "testuser" in str(result), result)


def _form(trial: Trial, tool: str, content: JSON) -> JSON:
    """The properties of the form that a tool shows."""
    client = trial.client(handlers={"elicitation/create": lambda params: {"action": "accept", "content": content}})
    client.call(tool)
    forms = [item["params"] for item in client.asked if item["method"] == "elicitation/create"]
    trial.check("asked", forms, "no elicitation/create")
    properties: JSON = forms[0]["requestedSchema"]["properties"]
    return properties


@scenario("elicitation-sep1034-defaults", LEGACY)
def defaults(trial: Trial) -> None:
    """Defaults of every type keep their type."""
    form = _form(trial, "test_elicitation_sep1034_defaults", {
        "name": "Jane Smith", "age": 25, "score": 88.0, "status": "inactive", "verified": False})
    for name, kind, value in (("name", "string", "John Doe"), ("age", "integer", 30), ("score", "number", 95.5),
                              ("status", "string", "active"), ("verified", "boolean", True)):
        field = form.get(name, {})
        same = field.get("default") == value and type(field.get("default")) is type(value)
        trial.check(name, field.get("type") == kind and same, field)
    trial.check("status-enum", "active" in form.get("status", {}).get("enum", []), form.get("status"))


def _titled(choices: object) -> bool:
    return isinstance(choices, list) and bool(choices) and all(
        isinstance(item.get("const"), str) and isinstance(item.get("title"), str) for item in choices)


@scenario("elicitation-sep1330-enums", LEGACY)
def enums(trial: Trial) -> None:
    """Every kind of choice keeps its shape."""
    form = _form(trial, "test_elicitation_sep1330_enums", {
        "untitledSingle": "option1", "titledSingle": "value1", "legacyEnum": "opt1",
        "untitledMulti": ["option1", "option2"], "titledMulti": ["value1", "value2"]})
    field = form.get("untitledSingle", {})
    trial.check("untitled-single", field.get("type") == "string" and field.get("enum")
                and "oneOf" not in field and "enumNames" not in field, field)
    field = form.get("titledSingle", {})
    trial.check("titled-single", field.get("type") == "string" and _titled(field.get("oneOf")) and "enum" not in field,
                field)
    field = form.get("legacyEnum", {})
    trial.check("legacy-enum", field.get("type") == "string" and field.get("enum")
                and len(field["enum"]) == len(field.get("enumNames", [])), field)
    field = form.get("untitledMulti", {})
    items = field.get("items", {})
    trial.check("untitled-multi", field.get("type") == "array" and items.get("type") == "string" and items.get("enum")
                and "anyOf" not in items, field)
    field = form.get("titledMulti", {})
    items = field.get("items", {})
    trial.check("titled-multi", field.get("type") == "array" and _titled(items.get("anyOf")) and "enum" not in items,
                field)
