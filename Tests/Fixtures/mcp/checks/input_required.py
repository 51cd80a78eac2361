"""The scenarios `input-required-result-*`: questions in a result, answers in a retry."""

from __future__ import annotations

from typing import Any

from .endpoint import JSON, Violation
from .modern_client import Answer, ModernClient
from .trial import MODERN, Trial, scenario

PREFIX = "test_input_required_result_"
METHODS = {"elicitation/create", "sampling/createMessage", "roots/list"}


def reply_to(request: JSON, content: JSON | None = None) -> JSON:
    """What the mock client answers to one question."""
    if request["method"] == "elicitation/create":
        return {"action": "accept", "content": content or {}}
    if request["method"] == "sampling/createMessage":
        return {"role": "assistant", "content": {"type": "text", "text": "The capital of France is Paris."},
                "model": "test-model", "stopReason": "endTurn"}
    return {"roots": [{"uri": "file:///test/root", "name": "Test Root"}]}


class Rounds:
    """One tool or prompt, asked round after round."""

    def __init__(self, trial: Trial, name: str, method: str = "tools/call"):
        self.trial, self.method = trial, method
        self.client: ModernClient = trial.client()
        self.base: JSON = {"name": name, "arguments": {}} if method == "tools/call" else {"name": name}

    def ask(self, **more: Any) -> Answer:
        """Sends the request with more params."""
        return self.client.request(self.method, {**self.base, **more})

    def questions(self, name: str, answer: Answer) -> JSON:
        """The input requests of an answer that must be input-required."""
        result = answer.result
        asked = result.get("inputRequests") or {}
        if not self.trial.check(name, result.get("resultType") == "input_required" and asked, result):
            raise Violation("no questions to go on with")
        return asked

    def retry(self, answer: Answer, content: JSON | None = None) -> Answer:
        """Answers all questions of an answer."""
        responses = {key: reply_to(request, content) for key, request in answer.result["inputRequests"].items()}
        state = answer.result.get("requestState")
        return self.ask(inputResponses=responses, **({} if state is None else {"requestState": state}))

    def completes(self, name: str, answer: Answer, member: str = "content") -> JSON:
        """The result of an answer that must be complete."""
        result = answer.message.get("result") or {}
        self.trial.check(name, result.get("resultType") != "input_required" and result.get(member), answer.message)
        return result


@scenario("input-required-result-basic-elicitation", MODERN)
def basic_elicitation(trial: Trial) -> None:
    """A form in one round."""
    rounds = Rounds(trial, PREFIX + "elicitation")
    first = rounds.ask()
    asked = rounds.questions("asks", first)
    request = asked.get("user_name", {})
    schema = request.get("params", {}).get("requestedSchema", {})
    trial.check("key-and-method", request.get("method") == "elicitation/create", asked)
    trial.check("schema", schema.get("type") == "object" and "name" in schema.get("properties", {}), request)
    result = rounds.completes("completes", rounds.retry(first, {"name": "Alice"}))
    trial.should("answer-arrived", "Alice" in str(result), result)


@scenario("input-required-result-basic-sampling", MODERN)
def basic_sampling(trial: Trial) -> None:
    """A question to the model."""
    rounds = Rounds(trial, PREFIX + "sampling")
    first = rounds.ask()
    asked = rounds.questions("asks", first)
    trial.check("method", next(iter(asked.values())).get("method") == "sampling/createMessage", asked)
    rounds.completes("completes", rounds.retry(first))


@scenario("input-required-result-basic-list-roots", MODERN)
def basic_roots(trial: Trial) -> None:
    """A question for the roots."""
    rounds = Rounds(trial, PREFIX + "list_roots")
    first = rounds.ask()
    asked = rounds.questions("asks", first)
    trial.check("method", next(iter(asked.values())).get("method") == "roots/list", asked)
    rounds.completes("completes", rounds.retry(first))


@scenario("input-required-result-request-state", MODERN)
def request_state(trial: Trial) -> None:
    """State that travels through the client."""
    rounds = Rounds(trial, PREFIX + "request_state")
    first = rounds.ask()
    rounds.questions("asks", first)
    state = first.result.get("requestState")
    trial.check("state", isinstance(state, str) and state, state)
    result = rounds.completes("completes", rounds.retry(first, {"ok": True}))
    texts = [item.get("text", "") for item in result.get("content", [])]
    trial.check("state-arrived", any("state-ok" in text for text in texts), texts)


@scenario("input-required-result-multiple-input-requests", MODERN)
def multiple(trial: Trial) -> None:
    """Three questions of three kinds at once."""
    rounds = Rounds(trial, PREFIX + "multiple_inputs")
    first = rounds.ask()
    asked = rounds.questions("asks", first)
    trial.check("three-kinds", len(asked) >= 3 and {item.get("method") for item in asked.values()} == METHODS, asked)
    trial.check("state", isinstance(first.result.get("requestState"), str), first.result)
    rounds.completes("completes", rounds.retry(first, {"name": "Alice"}))


@scenario("input-required-result-multi-round", MODERN)
def multi_round(trial: Trial) -> None:
    """Two rounds, with a state that changes."""
    rounds = Rounds(trial, PREFIX + "multi_round")
    first = rounds.ask()
    rounds.questions("asks", first)
    second = rounds.retry(first, {"name": "Alice"})
    rounds.questions("asks-again", second)
    states = first.result.get("requestState"), second.result.get("requestState")
    trial.check("states-differ", all(isinstance(state, str) for state in states) and states[0] != states[1], states)
    rounds.completes("completes", rounds.retry(second, {"color": "blue"}))


@scenario("input-required-result-missing-input-response", MODERN)
def missing_response(trial: Trial) -> None:
    """An answer under a wrong key does not count."""
    answer = Rounds(trial, PREFIX + "elicitation").ask(
        inputResponses={"wrong_key": {"action": "accept", "content": {"name": "Alice"}}})
    trial.should("asks-again", answer.message.get("result", {}).get("resultType") == "input_required", answer.message)


@scenario("input-required-result-non-tool-request", MODERN)
def prompt(trial: Trial) -> None:
    """A prompt can ask too."""
    rounds = Rounds(trial, PREFIX + "prompt", "prompts/get")
    first = rounds.ask()
    rounds.questions("asks", first)
    rounds.completes("completes", rounds.retry(first, {"context": "testing"}), "messages")


@scenario("input-required-result-result-type", MODERN)
def result_type(trial: Trial) -> None:
    """The result says what it is."""
    result = Rounds(trial, PREFIX + "elicitation").ask().result
    trial.check("present", "resultType" in result, result)
    trial.check("value", result.get("resultType") == "input_required", result)


@scenario("input-required-result-unsupported-methods", MODERN)
def unsupported_methods(trial: Trial) -> None:
    """A list never asks."""
    client = trial.client()
    for method in ("tools/list", "prompts/list"):
        result = client.request(method).result
        trial.check(method, result.get("resultType") != "input_required", result)


@scenario("input-required-result-tampered-state", MODERN)
def tampered_state(trial: Trial) -> None:
    """A changed state is an error."""
    rounds = Rounds(trial, PREFIX + "tampered_state")
    first = rounds.ask()
    asked = rounds.questions("asks", first)
    responses = {key: reply_to(request, {"ok": True}) for key, request in asked.items()}
    answer = rounds.ask(inputResponses=responses, requestState=str(first.result.get("requestState")) + "-TAMPERED")
    trial.check("refused", answer.error, answer.message)
    trial.should("code", answer.code == -32602, answer.code)
    other = Rounds(trial, PREFIX + "request_state").ask(inputResponses=responses,
                                                        requestState=first.result["requestState"])
    trial.should("bound-to-its-request", other.error, other.message)


@scenario("input-required-result-capability-check", MODERN)
def capability_check(trial: Trial) -> None:
    """Only what the client can answer is asked."""
    client = trial.client(capabilities={"sampling": {}})
    result = client.call(PREFIX + "capabilities").result
    methods = [item.get("method") for item in (result.get("inputRequests") or {}).values()]
    trial.check("asks", result.get("resultType") == "input_required" and methods, result)
    trial.check("no-elicitation", "elicitation/create" not in methods, methods)


@scenario("input-required-result-ignore-extra-params", MODERN)
def extra_params(trial: Trial) -> None:
    """Unknown answers are ignored."""
    accepted = {"action": "accept", "content": {"name": "Alice"}}
    answer = Rounds(trial, PREFIX + "elicitation").ask(
        inputResponses={"user_name": accepted, "unknown_one": accepted, "unknown_two": {"foo": "bar"}})
    result = answer.message.get("result", {})
    trial.should("completes", result and result.get("resultType") != "input_required", answer.message)


@scenario("input-required-result-validate-input", MODERN)
def validate_input(trial: Trial) -> None:
    """Answers that are none do not complete the request."""
    rounds = Rounds(trial, PREFIX + "elicitation")
    for name, responses in (("number", {"user_name": 12345}), ("null", None)):
        answer = rounds.ask(inputResponses=responses)
        asks = answer.message.get("result", {}).get("resultType") == "input_required"
        trial.should(name, answer.error or asks, answer.message)
