"""What is wrong with tool calls: the function, or which argument of it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tuneworthy.core.nouns.failures import CallFault
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.errors.answered import Answered, clipped, ids
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.evaluate.metrics.tool_call_match import tool_call_match

Fault = tuple[str, str, str]
"""Function, argument, what is wrong."""


def call_faults(rows: Sequence[Answered], failures: Sequence[Answered]) -> tuple[CallFault, ...]:
    """Faults by function and argument, commonest first; empty where answers are no calls."""
    if not rows or not all(accepted_call(row.case) for row in rows):
        return ()
    held: dict[Fault, list[Answered]] = {}
    for row in failures:
        for fault in dict.fromkeys(_faults(row)):
            held.setdefault(fault, []).append(row)
    order = sorted(held, key=lambda fault: (-len(held[fault]), fault))
    return tuple(
        CallFault(
            function=clipped(fault[0], 100),
            argument=clipped(fault[1], 100),
            fault=clipped(fault[2], 100),
            n=len(held[fault]),
            examples=ids(held[fault]),
        )
        for fault in order
    )


def accepted_call(case: Case) -> dict[str, Any] | None:
    """What is accepted: ``{"name": ..., "arguments": {argument: [values]}}``; None for no call."""
    if case.accepted is not None:
        return case.accepted if _is_call(case.accepted) else None
    call = first_object(case.expected)
    if call is None or not _is_call(call):
        return None
    return {"name": call["name"], "arguments": {k: [v] for k, v in call["arguments"].items()}}


def _is_call(value: dict[str, Any]) -> bool:
    return isinstance(value.get("name"), str) and isinstance(value.get("arguments"), dict)


def _faults(row: Answered) -> Iterator[Fault]:
    wanted = accepted_call(row.case)
    if wanted is None:
        return
    function, said = str(wanted["name"]), first_object(row.output)
    if said is None or not _is_call(said):
        yield function, "", "no answer" if not row.output.strip() else "not a call"
        return
    if said["name"] != function:
        yield function, "", f"called {said['name']}"
        return
    for name, value in said["arguments"].items():
        if name not in wanted["arguments"]:
            yield function, name, "extra"
        elif not _accepted(row.case, name, value, _listed(wanted["arguments"][name])):
            yield function, name, "wrong value"
    for name, values in wanted["arguments"].items():
        if name not in said["arguments"] and "" not in _listed(values):
            yield function, name, "missing"


def _accepted(case: Case, name: str, value: Any, values: list[Any]) -> bool:
    """Whether the metric takes this argument, looked at by itself."""
    alone = case.model_copy(update={"accepted": {"name": "f", "arguments": {name: values}}})
    call = {"name": "f", "arguments": {name: value}}
    return tool_call_match(json.dumps(call), alone).score == 1


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]
