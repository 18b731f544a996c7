"""Several tool calls, or rightly none, against the accepted ones.

The rule for each call is that of ``tool_call_match``; that calls in parallel may come in any order
and that an answer without a call is right where none fits are the "parallel" and "irrelevance"
checks of the Berkeley Function Calling Leaderboard (Patil et al., ICML 2025). Where the
leaderboard pairs calls greedily, the pairs here are the best there are (Kuhn, 1955).
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Literal

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import json_values
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, best, right_answers, unfit, wrong
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options
from tuneworthy.evaluate.metrics.tool_call_match import check_call, is_call, only

Call = dict[str, Any]

MOST = 200
"""More calls than this in one answer are a loop."""

_BROKEN = re.compile(r"\{\s*\"(?:(?:name|function)\"\s*:|tool_calls\"\s*:(?!\s*\[\s*\]))")
"""The beginning of a call; an empty list of calls is none."""


class ToolCallsMatchOptions(Options):
    """What counts beside the calls themselves."""

    order: Literal["any", "strict"] = "any"
    """Whether the calls must come in the order of the right ones."""


def calls_in(text: str) -> list[Call]:
    """The calls in a text: JSON objects, lists of them, or OpenAI's ``tool_calls``, in order."""
    found: list[Call] = []
    for value in json_values(text):
        found += _unfolded(value)
    return found


def _unfolded(value: Any) -> list[Call]:
    if isinstance(value, list):
        return [call for inner in value if isinstance(inner, dict) for call in _unfolded(inner)]
    if is_call(value):
        return [value]
    if isinstance(value.get("tool_calls"), list):
        return _unfolded(value["tool_calls"])
    inner = value.get("function")
    if not isinstance(inner, dict):
        return []
    if isinstance(inner.get("arguments"), str):
        # OpenAI writes the arguments as a text that holds JSON.
        try:
            inner = {**inner, "arguments": json.loads(inner["arguments"])}
        except (ValueError, RecursionError):
            return []
    return [inner] if is_call(inner) else []


def _make(options: ToolCallsMatchOptions, _tools: MetricTools) -> Metric:
    def tool_calls_match(output: str, case: Case) -> Mark:
        said = calls_in(output)
        if not said and _BROKEN.search(output):
            return unfit("broken call")
        if len(said) > MOST:
            return unfit("calls without end")
        return best([_against(said, wanted, options.order) for wanted in _accepted(case)])

    return tool_calls_match


def _accepted(case: Case) -> list[list[Call]]:
    """For each right answer the accepted calls; an empty list where no call is right.

    ``case.accepted`` is one call as in ``tool_call_match``, or ``{"calls": [such calls]}``. A right
    answer that begins a call which cannot be read is no abstention: it becomes a call that is none.
    """
    if case.accepted:
        several = case.accepted.get("calls")
        return [several if isinstance(several, list) else [case.accepted]]
    return [_wanted(text) for text in right_answers(case)]


def _wanted(text: str) -> list[Call]:
    calls = [only(call) for call in calls_in(text)]
    return calls or ([{}] if _BROKEN.search(text) else [])


def _against(said: Sequence[Call], wanted: Sequence[Any], order: str) -> Mark:
    if not all(isinstance(call, dict) and is_call(call) for call in wanted):
        return unfit("no call in the reference")
    if len(said) != len(wanted):
        if not wanted:
            return wrong("called where none fits")
        return unfit("no call") if not said else wrong(f"{len(said)} calls, not {len(wanted)}")
    if order == "strict":
        marks = [check_call(one, other) for one, other in zip(said, wanted, strict=True)]
        return next((mark for mark in marks if not mark.score), RIGHT)
    fits = [[bool(check_call(one, other).score) for other in wanted] for one in said]
    if _all_paired(fits):
        return RIGHT
    odd = next((n for n, row in enumerate(fits, 1) if not any(row)), 0)
    return wrong(f"call {odd} is not accepted" if odd else "a call twice, another missing")


def _all_paired(fits: Sequence[Sequence[bool]]) -> bool:
    """Whether every row has a column of its own (augmenting paths)."""
    held: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, fit in enumerate(fits[row]):
            if fit and column not in seen:
                seen.add(column)
                if column not in held or place(held[column], seen):
                    held[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(fits)))


def _form(_options: Any) -> Form:
    """No call at all is a form too; one that is begun and never closed is not."""
    return lambda text: bool(text.strip()) and bool(calls_in(text) or not _BROKEN.search(text))


SPEC = MetricSpec(
    name="tool_calls_match",
    scores="1 when the answer makes just the accepted calls; where the right answer makes none, "
    "when it makes none.",
    source="The parallel and irrelevance checks of the Berkeley Function Calling Leaderboard "
    "(Patil et al., 2025). A score over your own cases is no leaderboard score.",
    blind="Calls that are not JSON; whether an answer without a call says something useful.",
    make=_make,
    options=ToolCallsMatchOptions,
    needs="reference or accepted",
    form=_form,
)
