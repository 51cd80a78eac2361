"""The stateful era, up to 2025-11-25: sessions, and requests from the server to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from calls import Answers, Call, Requests, Send
from content import complete, get_prompt
from server import UPDATED, Listener, Server, listed, message_for
from wire import (INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, JSON, LEGACY, LOG_LEVELS, METHOD_NOT_FOUND,
                  SERVER_INFO, Refusal, ToolFailure, error_response, is_id, response)

CAPABILITIES: JSON = {
    "tools": {"listChanged": True},
    "prompts": {"listChanged": True},
    "resources": {"listChanged": True, "subscribe": True},
    "completions": {},
    "logging": {},
}
LISTS = {"tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources",
         "resources/templates/list": "resourceTemplates"}


class Session:
    """What the server remembers of one client between its requests."""

    def __init__(self, server: Server, send: Callable[[JSON], None]):
        self.server = server
        self.version = LEGACY[0]
        self.initialized = False
        self.capabilities: JSON = {}
        self.log_level = "info"
        self.watched: set[str] = set()
        self.waiting: dict[str, asyncio.Future[JSON]] = {}
        self.asked = 0
        self.running: dict[Any, asyncio.Task[Any]] = {}
        self.listener = Listener(self._wants, lambda method, params: send(message_for(method, params)))

    def start(self, params: JSON) -> JSON:
        """Answers `initialize`."""
        asked, capabilities = params.get("protocolVersion"), params.get("capabilities")
        if not isinstance(asked, str) or not isinstance(capabilities, dict):
            raise Refusal(INVALID_PARAMS, "initialize needs a protocolVersion and capabilities.")
        self.version = asked if asked in LEGACY else LEGACY[0]
        self.capabilities, self.initialized = capabilities, True
        self.server.listeners.add(self.listener)
        return {"protocolVersion": self.version, "capabilities": CAPABILITIES, "serverInfo": SERVER_INFO,
                "instructions": "Every fixture that a client or a gateway can be tested with."}

    def end(self) -> None:
        """Forgets everything and stops what runs."""
        self.server.listeners.discard(self.listener)
        for task in list(self.running.values()):
            task.cancel()

    def take(self, message: JSON) -> None:
        """Takes a notification, or the client's response to a request of ours."""
        if message.get("method") == "notifications/cancelled":
            params = message.get("params")
            key = params.get("requestId") if isinstance(params, dict) else None
            if is_id(key) and key in self.running:
                self.running[key].cancel()
        elif "method" not in message and str(message.get("id")) in self.waiting:
            future = self.waiting.pop(str(message["id"]))
            if not future.done():
                future.set_result(message)

    async def request(self, method: str, params: JSON | None, send: Send) -> JSON:
        """Asks the client something and waits for its result."""
        self.asked += 1
        key = f"server-{self.asked}"
        future = self.waiting[key] = asyncio.get_running_loop().create_future()
        try:
            await send({"jsonrpc": "2.0", "id": key, "method": method, **({"params": params} if params else {})})
            answer = await future
        finally:
            self.waiting.pop(key, None)
        if not isinstance(answer.get("result"), dict):
            error = answer.get("error")
            raise ToolFailure(f"The client refused {method}: {error}")
        result: JSON = answer["result"]
        return result

    def _wants(self, method: str, params: JSON) -> bool:
        if method == UPDATED:
            return params["uri"] in self.watched
        return listed(method) is not None


class SessionAsker:
    """Asks by requests to the client, on the stream of the request that needs the answers."""

    def __init__(self, session: Session, send: Send):
        self.session, self.send = session, send

    async def ask(self, requests: Requests, sealed: bool) -> Answers:
        """Asks one question after the other."""
        return {key: await self.session.request(request["method"], self._params(request), self.send)
                for key, request in requests.items()}

    def _params(self, request: JSON) -> JSON | None:
        params: JSON | None = request.get("params")
        if params is not None and self.session.version != LEGACY[0]:
            # The mode of an elicitation is an addition of 2025-11-25.
            return {name: value for name, value in params.items() if name != "mode"}
        return params


class Legacy:
    """Answers the requests of the stateful era."""

    def __init__(self, server: Server):
        self.server = server

    async def answer(self, session: Session, request: JSON, send: Send,
                     hang_up: Callable[[int], None] | None = None) -> JSON:
        """The response to a request of a session; `hang_up` ends its stream early where that can be resumed."""
        try:
            result = await self._result(session, request, send, hang_up)
            return response(request["id"], result)
        except Refusal as refusal:
            return error_response(request.get("id"), refusal)
        except Exception as error:
            return error_response(request.get("id"), Refusal(INTERNAL_ERROR, f"Internal error: {error!r}"))

    async def _result(self, session: Session, request: JSON, send: Send,
                      hang_up: Callable[[int], None] | None) -> JSON:
        method, params = request.get("method"), request.get("params", {})
        if request.get("jsonrpc") != "2.0" or not isinstance(method, str) or not is_id(request.get("id")):
            raise Refusal(INVALID_REQUEST, "A request needs jsonrpc, an id and a method.")
        if not isinstance(params, dict) or not isinstance(params.get("_meta", {}), dict):
            raise Refusal(INVALID_PARAMS, "The params and their _meta must be objects.")
        if method == "initialize":
            return session.start(params)
        if method == "ping":
            return {}
        if not session.initialized:
            raise Refusal(INVALID_REQUEST, "The session begins with initialize.")
        call = Call(method, params, session.capabilities, session.log_level, modern=False, send=send,
                    asker=SessionAsker(session, send), hang_up=hang_up)
        return await self._serve(session, call)

    async def _serve(self, session: Session, call: Call) -> JSON:
        method, params = call.method, call.params
        if method == "logging/setLevel":
            if params.get("level") not in LOG_LEVELS:
                raise Refusal(INVALID_PARAMS, f"There is no log level {params.get('level')}.")
            session.log_level = params["level"]
            return {}
        if method in ("resources/subscribe", "resources/unsubscribe"):
            self.server.read(params, modern=False)
            change = session.watched.add if method == "resources/subscribe" else session.watched.discard
            change(params["uri"])
            return {}
        if method in LISTS:
            return self.server.lists(LISTS[method], params)
        if method == "resources/read":
            return self.server.read(params, modern=False)
        if method == "prompts/get":
            return await get_prompt(call)
        if method == "completion/complete":
            return complete(params)
        if method == "tools/call":
            return await self.server.call_tool(call)
        raise Refusal(METHOD_NOT_FOUND, f"There is no method {method}.")
