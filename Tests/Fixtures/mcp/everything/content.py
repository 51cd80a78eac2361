"""The media, resources, prompts and completions that the server offers."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
import wave
import zlib

from calls import Call, value
from wire import INVALID_PARAMS, JSON, RESOURCE_NOT_FOUND_LEGACY, Refusal, text


def _png() -> str:
    """One red pixel as base64 PNG."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(image).decode()


def _wav() -> str:
    """A hundredth of a second of silence as base64 WAV."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 80)
    return base64.b64encode(buffer.getvalue()).decode()


PNG = _png()
IMAGE = {"type": "image", "data": PNG, "mimeType": "image/png"}
AUDIO = {"type": "audio", "data": _wav(), "mimeType": "audio/wav"}

STATIC_TEXT, STATIC_BINARY, WATCHED = "test://static-text", "test://static-binary", "test://watched-resource"
TEMPLATE = re.compile(r"test://template/([^/]+)/data")

RESOURCES: list[JSON] = [
    {"uri": STATIC_TEXT, "name": "static-text", "description": "A text that never changes", "mimeType": "text/plain"},
    {"uri": STATIC_BINARY, "name": "static-binary", "description": "A small picture", "mimeType": "image/png"},
    {"uri": WATCHED, "name": "watched-resource", "description": "Counts how often it was updated",
     "mimeType": "text/plain"},
]

TEMPLATES: list[JSON] = [
    {"uriTemplate": "test://template/{id}/data", "name": "template-data", "description": "The data of an id",
     "mimeType": "application/json"},
]


def read(uri: str, updates: int, modern: bool) -> JSON:
    """Reads a resource; `updates` is how often the watched one was updated."""
    if uri == STATIC_TEXT:
        content = {"mimeType": "text/plain", "text": "This is the content of the static text resource."}
    elif uri == STATIC_BINARY:
        content = {"mimeType": "image/png", "blob": PNG}
    elif uri == WATCHED:
        content = {"mimeType": "text/plain", "text": f"Updated {updates} times."}
    elif match := TEMPLATE.fullmatch(uri):
        data = {"id": match[1], "templateTest": True, "data": f"Data for ID: {match[1]}"}
        content = {"mimeType": "application/json", "text": json.dumps(data, separators=(",", ":"))}
    else:
        code = INVALID_PARAMS if modern else RESOURCE_NOT_FOUND_LEGACY
        raise Refusal(code, "There is no such resource.", {"uri": uri})
    return {"contents": [{"uri": uri, **content}]}


def _argument(name: str, description: str) -> JSON:
    return {"name": name, "description": description, "required": True}


PROMPTS: list[JSON] = [
    {"name": "test_simple_prompt", "description": "A prompt without arguments"},
    {"name": "test_prompt_with_arguments", "description": "A prompt with two arguments",
     "arguments": [_argument("arg1", "The first argument"), _argument("arg2", "The second argument")]},
    {"name": "test_prompt_with_embedded_resource", "description": "A prompt that embeds a resource",
     "arguments": [_argument("resourceUri", "The URI of the resource to embed")]},
    {"name": "test_prompt_with_image", "description": "A prompt with a picture"},
    {"name": "test_input_required_result_prompt", "description": "A prompt that asks for context first"},
]


def _user(content: JSON) -> JSON:
    return {"role": "user", "content": content}


async def get_prompt(call: Call) -> JSON:
    """Builds the messages of a prompt."""
    name, given = call.params.get("name"), call.arguments
    prompt = next((prompt for prompt in PROMPTS if prompt["name"] == name), None)
    if prompt is None:
        raise Refusal(INVALID_PARAMS, f"There is no prompt {name}.")
    missing = [item["name"] for item in prompt.get("arguments", []) if item["name"] not in given]
    if missing:
        raise Refusal(INVALID_PARAMS, f"The prompt needs {', '.join(missing)}.")
    if name == "test_simple_prompt":
        messages = [_user(text("This is a simple prompt for testing."))]
    elif name == "test_prompt_with_arguments":
        messages = [_user(text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'"))]
    elif name == "test_prompt_with_embedded_resource":
        resource = {"uri": given["resourceUri"], "mimeType": "text/plain",
                    "text": "Embedded resource content for testing."}
        messages = [_user({"type": "resource", "resource": resource}),
                    _user(text("Please process the embedded resource above."))]
    elif name == "test_prompt_with_image":
        messages = [_user(IMAGE), _user(text("Please analyze the image above."))]
    else:
        answers = await call.ask({"user_context": {
            "method": "elicitation/create",
            "params": {"mode": "form", "message": "What context should the prompt use?", "requestedSchema": {
                "type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]}}}})
        messages = [_user(text(f"Use this context: {value(answers['user_context'], 'context')}"))]
    return {"description": prompt["description"], "messages": messages}


SUGGESTIONS = {
    ("test_prompt_with_arguments", "arg1"): ["test", "testing", "testValue1", "paris", "park"],
    ("test_prompt_with_arguments", "arg2"): ["testValue2", "value"],
    ("test://template/{id}/data", "id"): ["123", "124", "456"],
}


def complete(params: JSON) -> JSON:
    """Suggests values for an argument of a prompt or a template."""
    ref, argument = params.get("ref"), params.get("argument")
    if not isinstance(ref, dict) or not isinstance(argument, dict) or not isinstance(argument.get("value"), str):
        raise Refusal(INVALID_PARAMS, "A completion needs a ref and an argument with a name and a value.")
    key = (str(ref.get("name") or ref.get("uri")), str(argument.get("name")))
    values = [value for value in SUGGESTIONS.get(key, []) if value.startswith(argument["value"])]
    return {"completion": {"values": values, "total": len(values), "hasMore": False}}
