"""Names, errors and small builders of the MCP wire that both eras share."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]

MODERN = "2026-07-28"
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
SERVER_INFO = {"name": "everything", "version": "1.0.0"}

PREFIX = "io.modelcontextprotocol/"
TASKS = PREFIX + "tasks"
SUBSCRIPTION_ID = PREFIX + "subscriptionId"

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
RESOURCE_NOT_FOUND_LEGACY, SESSION_ERROR = -32002, -32000
HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION = -32020, -32021, -32022

LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


class Refusal(Exception):
    """A request that ends with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None):
        super().__init__(message)
        self.code, self.message, self.data = code, message, data

    def body(self) -> JSON:
        """The `error` member of the response."""
        error: JSON = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


class ToolFailure(Exception):
    """A tool that failed: a result with `isError`, not a protocol error."""


def missing_capability(capabilities: JSON) -> Refusal:
    """The refusal for a client that did not declare what the request needs."""
    return Refusal(MISSING_CAPABILITY, "The client lacks a capability that this request needs.",
                   {"requiredCapabilities": capabilities})


def response(request_id: Any, result: JSON) -> JSON:
    """A JSON-RPC response with a result."""
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def error_response(request_id: Any, refusal: Refusal) -> JSON:
    """A JSON-RPC response with an error; an unknown id is left out, since null is not a valid one."""
    message: JSON = {"jsonrpc": "2.0"}
    if is_id(request_id):
        message["id"] = request_id
    return {**message, "error": refusal.body()}


def notification(method: str, params: JSON | None = None) -> JSON:
    """A JSON-RPC notification."""
    message: JSON = {"jsonrpc": "2.0", "method": method}
    return message if params is None else {**message, "params": params}


def is_id(value: Any) -> bool:
    """Whether a value may be the id of a request."""
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def text(value: str) -> JSON:
    """A text content block."""
    return {"type": "text", "text": value}


def text_result(value: str) -> JSON:
    """The result of a tool that says one thing."""
    return {"content": [text(value)]}
