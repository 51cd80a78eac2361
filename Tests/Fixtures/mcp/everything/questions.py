"""The tools that ask the client for input: elicitation, sampling and roots."""

from __future__ import annotations

import json

from calls import Call, value
from tools import Tool, object_schema
from wire import JSON, text_result

STRING: JSON = {"type": "string"}


def elicit(message: str, schema: JSON) -> JSON:
    """A request for a form."""
    return {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}}


def sample(prompt: str) -> JSON:
    """A request for a message of the client's model."""
    content = {"type": "text", "text": prompt}
    return {"method": "sampling/createMessage",
            "params": {"messages": [{"role": "user", "content": content}], "maxTokens": 100}}


ROOTS: JSON = {"method": "roots/list"}
NAME = elicit("What is your name?", object_schema(name=STRING))


def said(answer: JSON) -> str:
    """The text of a sampled message."""
    content = answer.get("content")
    return str(content.get("text")) if isinstance(content, dict) else json.dumps(content)


async def _elicitation(call: Call) -> JSON:
    answers = await call.ask({"user_name": NAME})
    return text_result(f"Hello, {value(answers['user_name'], 'name')}!")


async def _sampling(call: Call) -> JSON:
    answers = await call.ask({"capital_question": sample("What is the capital of France?")})
    return text_result(f"LLM response: {said(answers['capital_question'])}")


async def _list_roots(call: Call) -> JSON:
    answers = await call.ask({"client_roots": ROOTS})
    return text_result(f"Roots: {json.dumps(answers['client_roots'].get('roots'))}")


async def _request_state(call: Call) -> JSON:
    question = elicit("Is this all right?", object_schema(ok={"type": "boolean"}))
    answers = await call.ask({"confirm": question}, sealed=True)
    return text_result(f"state-ok: {value(answers['confirm'], 'ok')}")


async def _multiple_inputs(call: Call) -> JSON:
    answers = await call.ask({"user_name": NAME, "greeting": sample("Say hello."), "client_roots": ROOTS}, sealed=True)
    return text_result(f"Answered: {', '.join(sorted(answers))}.")


async def _multi_round(call: Call) -> JSON:
    first = await call.ask({"step1": NAME}, sealed=True)
    second = await call.ask({"step2": elicit("Which colour?", object_schema(color=STRING))}, sealed=True)
    return text_result(f"{value(first['step1'], 'name')} likes {value(second['step2'], 'color')}.")


async def _capabilities(call: Call) -> JSON:
    answers = await call.ask({"user_name": NAME, "greeting": sample("Say hello.")})
    return text_result(f"Answered: {', '.join(sorted(answers))}.")


async def _test_sampling(call: Call) -> JSON:
    answers = await call.ask({"sample": sample(call.arguments["prompt"])})
    return text_result(f"LLM response: {said(answers['sample'])}")


async def _test_elicitation(call: Call) -> JSON:
    schema = object_schema(username={**STRING, "description": "Your user name"},
                           email={**STRING, "description": "Your e-mail address"})
    answers = await call.ask({"user": elicit(call.arguments["message"], schema)})
    return text_result(f"User response: {json.dumps(answers['user'])}")


async def _defaults(call: Call) -> JSON:
    schema = {"type": "object", "properties": {
        "name": {"type": "string", "description": "Full name", "default": "John Doe"},
        "age": {"type": "integer", "description": "Age in years", "default": 30},
        "score": {"type": "number", "description": "A score", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "description": "Whether the person was verified", "default": True},
    }, "required": []}
    answers = await call.ask({"defaults": elicit("Please review the form.", schema)})
    return text_result(f"Elicitation completed: {json.dumps(answers['defaults'])}")


async def _enums(call: Call) -> JSON:
    plain = ["option1", "option2", "option3"]
    titled = [{"const": f"value{number}", "title": f"Choice {number}"} for number in (1, 2, 3)]
    legacy = {"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option one", "Option two", "Option three"]}
    schema = {"type": "object", "properties": {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", **legacy},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }, "required": []}
    answers = await call.ask({"enums": elicit("Please choose.", schema)})
    return text_result(f"Elicitation completed: {json.dumps(answers['enums'])}")


_PREFIX = "test_input_required_result_"

ASKING = [
    Tool("test_streaming_elicitation", "Asks for a name", _elicitation, needs=("elicitation",)),
    Tool(_PREFIX + "elicitation", "Asks for a name", _elicitation),
    Tool(_PREFIX + "sampling", "Asks the client's model for a capital", _sampling),
    Tool(_PREFIX + "list_roots", "Asks for the client's roots", _list_roots),
    Tool(_PREFIX + "request_state", "Asks for a confirmation and keeps its state with the client", _request_state),
    Tool(_PREFIX + "multiple_inputs", "Asks three questions of three kinds at once", _multiple_inputs),
    Tool(_PREFIX + "multi_round", "Asks twice, one question after the other", _multi_round),
    Tool(_PREFIX + "tampered_state", "Asks for a confirmation and refuses a changed state", _request_state),
    Tool(_PREFIX + "capabilities", "Asks only what the client declared that it can answer", _capabilities),
    Tool("test_sampling", "Asks the client's model to answer a prompt", _test_sampling, object_schema(prompt=STRING)),
    Tool("test_elicitation", "Shows the user a form with a message", _test_elicitation, object_schema(message=STRING)),
    Tool("test_elicitation_sep1034_defaults", "Shows a form with defaults of every type", _defaults),
    Tool("test_elicitation_sep1330_enums", "Shows a form with every kind of choice", _enums),
]
