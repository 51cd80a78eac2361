"""Whether a message is valid against the published JSON Schema of a revision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .endpoint import JSON

try:
    import jsonschema
except ImportError:
    jsonschema = None


class Schemas:
    """The definitions of one revision, found by method, by error code and by the method of the request."""

    def __init__(self, folder: Path, version: str):
        schema = json.loads((folder / version / "schema.json").read_text())
        self.definitions: JSON = schema["$defs"]
        self.by_method: dict[str, str] = {}
        self.by_code: dict[int, str] = {}
        for name, definition in self.definitions.items():
            method = definition.get("properties", {}).get("method", {}).get("const")
            if method is not None:
                self.by_method[method] = name
            code = _error_code(definition)
            if code is not None:
                self.by_code[code] = name
        self.validators: dict[str, Any] = {}

    def problems(self, message: JSON, request_method: str | None) -> list[str]:
        """What is wrong with a message that answers a request of a method, or stands alone."""
        if "method" in message:
            kind = "JSONRPCRequest" if "id" in message else "JSONRPCNotification"
            return self._check(self.by_method.get(message["method"], kind), message)
        if "error" in message:
            code = message["error"].get("code") if isinstance(message["error"], dict) else None
            return self._check(self.by_code.get(code or 0, "JSONRPCErrorResponse"), message)
        result = message.get("result")
        shape = result.get("resultType") if isinstance(result, dict) else None
        name = self.by_method.get(request_method or "", "").replace("Request", "Result")
        if shape == "input_required":
            name = "InputRequiredResult"
        elif shape == "task" or name not in self.definitions:
            name = "Result"
        return self._check("JSONRPCResultResponse", message) + self._check(name, result)

    def _check(self, name: str, value: Any) -> list[str]:
        if name not in self.validators:
            schema = {"$ref": f"#/$defs/{name}", "$defs": self.definitions}
            self.validators[name] = jsonschema.Draft202012Validator(schema)
        return [f"{name}: {problem.json_path}: {problem.message[:160]}"
                for problem in self.validators[name].iter_errors(value)]


def _error_code(definition: JSON) -> int | None:
    """The code that a definition of an error response of its own asks for."""
    error = definition.get("properties", {}).get("error", {})
    if "jsonrpc" not in definition.get("properties", {}):
        return None
    for part in error.get("allOf", []):
        code = part.get("properties", {}).get("code", {}).get("const")
        if code is not None:
            return int(code)
    return None


def load(folder: Path | None, version: str) -> Schemas | None:
    """The schemas of a revision, when there are a folder and the library to check with."""
    return Schemas(folder, version) if folder is not None and jsonschema is not None else None
