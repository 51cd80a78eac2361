"""One request while it is served, and the three ways in which it can ask the client for input.

A tool only writes `answers = await call.ask({...})`. On the modern wire that ends the request with an input-required
result and the tool runs again on the retry; on the legacy wire it sends requests to the client and waits; inside a task
it parks the task until `tasks/update` brings the answers (see `jobs.py`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from wire import (INVALID_PARAMS, JSON, LOG_LEVELS, TASKS, Refusal, ToolFailure, missing_capability,
                  notification)

Send = Callable[[JSON], Awaitable[None]]
Requests = dict[str, JSON]
Answers = dict[str, JSON]

# Which capability of the client a request for input needs.
CAPABILITY = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}


class Asker(Protocol):
    """A way to get input from the client."""

    async def ask(self, requests: Requests, sealed: bool) -> Answers: ...


@dataclass
class Call:
    """One request while it is served."""

    method: str
    params: JSON
    capabilities: JSON
    log_level: str | None
    modern: bool
    send: Send
    asker: Asker
    hang_up: Callable[[int], None] | None = None
    prepared: Answers | None = None

    @property
    def arguments(self) -> JSON:
        """The arguments of a tool or a prompt."""
        return self.params.get("arguments") or {}

    @property
    def takes_tasks(self) -> bool:
        """Whether the client declared the tasks extension with this very request."""
        extensions = self.capabilities.get("extensions")
        return isinstance(extensions, dict) and isinstance(extensions.get(TASKS), dict)

    async def progress(self, progress: float, total: float) -> None:
        """Reports progress when the client gave a token."""
        token = self.params.get("_meta", {}).get("progressToken")
        if token is not None:
            await self.send(notification("notifications/progress",
                                         {"progressToken": token, "progress": progress, "total": total}))

    async def log(self, level: str, data: str) -> None:
        """Sends a log message when the client wants messages of this level."""
        if self.log_level is not None and LOG_LEVELS.index(level) >= LOG_LEVELS.index(self.log_level):
            await self.send(notification("notifications/message", {"level": level, "logger": "everything",
                                                                   "data": data}))

    async def ask(self, requests: Requests, sealed: bool = False) -> Answers:
        """Asks the client for input, as far as it declared that it can give it.

        `sealed` asks for a `requestState` on the modern wire, and counts answers only together with it.
        """
        allowed = {key: request for key, request in requests.items()
                   if CAPABILITY[request["method"]] in self.capabilities}
        if not allowed:
            needed: JSON = {CAPABILITY[request["method"]]: {} for request in requests.values()}
            if self.modern:
                raise missing_capability(needed)
            raise ToolFailure(f"The client does not support {' or '.join(needed)}.")
        return await self.asker.ask(allowed, sealed)


class InputRequired(Exception):
    """Ends a modern request with an input-required result."""

    def __init__(self, requests: Requests, state: str | None):
        super().__init__("input required")
        self.result: JSON = {"resultType": "input_required", "inputRequests": requests}
        if state is not None:
            self.result["requestState"] = state


class Seal:
    """Protects the state that travels through the client: authenticated, bound to one request, for ten minutes."""

    LIFETIME_SECONDS = 600

    def __init__(self, key: bytes):
        self.key = key

    def close(self, answers: Answers, request: str) -> str:
        """Seals the answers so far into a text that no other request accepts."""
        state = {"answers": answers, "request": request, "nonce": secrets.token_hex(8),
                 "expires": int(time.time()) + self.LIFETIME_SECONDS}
        body = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
        return f"{body}.{self._code(body)}"

    def open(self, state: object, request: str) -> Answers:
        """The answers in a sealed state; refuses one that was changed, is too old or belongs to another request."""
        body, _, code = state.rpartition(".") if isinstance(state, str) else ("", "", "")
        if not hmac.compare_digest(code.encode(), self._code(body).encode()):
            raise Refusal(INVALID_PARAMS, "The requestState is not one of ours.")
        content = json.loads(base64.urlsafe_b64decode(body))
        if content["expires"] < time.time() or content["request"] != request:
            raise Refusal(INVALID_PARAMS, "The requestState is too old or belongs to another request.")
        answers: Answers = content["answers"]
        return answers

    def _code(self, body: str) -> str:
        return hmac.new(self.key, body.encode(), hashlib.sha256).hexdigest()


class RetryAsker:
    """Asks by input-required results; the tool runs again from its start on each retry."""

    def __init__(self, seal: Seal, method: str, params: JSON):
        self.seal = seal
        bound = {key: value for key, value in params.items() if key not in ("_meta", "inputResponses", "requestState")}
        self.request = hashlib.sha256(json.dumps([method, bound], sort_keys=True).encode()).hexdigest()
        self.given = params.get("inputResponses", {})
        if not isinstance(self.given, dict):
            raise Refusal(INVALID_PARAMS, "The inputResponses must be an object.")
        self.earlier: Answers | None = None
        if "requestState" in params:
            self.earlier = seal.open(params["requestState"], self.request)

    async def ask(self, requests: Requests, sealed: bool) -> Answers:
        """The answers, when the client brought all of them; ends the request with the open questions otherwise."""
        answers = {key: answer for key, answer in (self.earlier or {}).items() if key in requests}
        if not sealed or self.earlier is not None:
            answers |= {key: answer for key, answer in self.given.items() if key in requests}
        for key, answer in answers.items():
            if not isinstance(answer, dict):
                raise Refusal(INVALID_PARAMS, f"The answer to {key} must be an object.")
        missing = {key: request for key, request in requests.items() if key not in answers}
        if missing:
            state = self.seal.close({**(self.earlier or {}), **answers}, self.request) if sealed else None
            raise InputRequired(missing, state)
        self.earlier = {**(self.earlier or {}), **answers}
        return answers


def value(answer: JSON, name: str) -> str:
    """A field of an accepted form, or what the user did instead."""
    content = answer.get("content")
    if answer.get("action") != "accept" or not isinstance(content, dict):
        return str(answer.get("action"))
    return str(content.get(name))
