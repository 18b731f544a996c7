"""A tool call equals an accepted one: same function, every argument accepted, none missing.

The rule is that of the Berkeley Function Calling Leaderboard's AST check for one call (Patil et
al., "The Berkeley Function Calling Leaderboard", ICML 2025): each argument has a list of accepted
values; an empty string among them marks the argument as optional; strings are compared without
case, white space and ``,./-_*^``. Scores made with it over our own selection of cases are not
leaderboard scores.
"""

import re
from collections.abc import Mapping
from typing import Any

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, best, right_answers, unfit, wrong
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec

_IGNORED = re.compile(r"[ ,./\-_*^]")


def tool_call_match(output: str, case: Case) -> Mark:
    """1 when name and arguments are accepted.

    ``case.accepted`` is ``{"name": str, "arguments": {argument: [accepted values]}}``; without it
    a right answer's call is the only accepted one.
    """
    said = first_object(output)
    if said is None:
        return unfit("no JSON object")
    if not is_call(said):
        return unfit("not a call")
    return best([_against(said, wanted) for wanted in _accepted(case)])


def _accepted(case: Case) -> list[dict[str, Any] | None]:
    if case.accepted:
        return [case.accepted]
    return [only(call) for text in right_answers(case) if (call := first_object(text))] or [None]


def _against(said: dict[str, Any], wanted: dict[str, Any] | None) -> Mark:
    if wanted is None or not is_call(wanted):
        return unfit("no call in the reference")
    return check_call(said, wanted)


def is_call(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a call: a name, and arguments by name."""
    return isinstance(value.get("name"), str) and isinstance(value.get("arguments"), dict)


def only(call: dict[str, Any]) -> dict[str, Any]:
    """What is accepted where this very call alone is right."""
    if not is_call(call):
        return call
    return {
        "name": call["name"],
        "arguments": {name: [value] for name, value in call["arguments"].items()},
    }


def check_call(said: dict[str, Any], accepted: dict[str, Any]) -> Mark:
    """The mark of one call against what is accepted; both must be calls."""
    if said["name"] != accepted["name"]:
        return wrong("other function")
    choices: dict[str, Any] = accepted["arguments"]
    for name, value in said["arguments"].items():
        if name not in choices:
            return wrong(f"extra argument {name}")
        if not any(_same(value, option) for option in _listed(choices[name])):
            return wrong(f"wrong value of {name}")
    missing = [
        name
        for name, values in choices.items()
        if "" not in _listed(values) and name not in said["arguments"]
    ]
    return wrong(f"missing argument {missing[0]}") if missing else RIGHT


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _same(said: Any, option: Any) -> bool:
    if isinstance(said, bool) or isinstance(option, bool):
        return said is option
    if isinstance(said, int | float) and isinstance(option, int | float):
        return _near(said, option)
    if isinstance(said, str) and isinstance(option, str):
        return _plain(said) == _plain(option)
    if isinstance(said, list) and isinstance(option, list):
        return len(said) == len(option) and all(map(_same, said, option))
    if isinstance(said, dict) and isinstance(option, dict):
        return _same_object(said, option)
    return said is None and option is None


def _near(said: float, option: float) -> bool:
    # An integer beyond a float's range cannot be subtracted from one.
    return said == option or (abs(said) < 1e15 > abs(option) and abs(said - option) < 1e-9)


def _same_object(said: dict[str, Any], option: dict[str, Any]) -> bool:
    """Accepted values inside an object are lists too, as in the arguments themselves."""
    if set(said) - set(option):
        return False
    for name, values in option.items():
        choices = _listed(values)
        if name not in said:
            if "" not in choices:
                return False
        elif not any(_same(said[name], choice) for choice in choices):
            return False
    return True


def _plain(text: str) -> str:
    return _IGNORED.sub("", text).lower().replace("'", '"')


def _form(_options: Any) -> Form:
    def calls(text: str) -> bool:
        value = first_object(text)
        return value is not None and is_call(value)

    return calls


SPEC = MetricSpec(
    name="tool_call_match",
    scores="1 when the answer's call has an accepted name and accepted arguments, none missing.",
    source="The AST check of the Berkeley Function Calling Leaderboard (Patil et al., 2025). A "
    "score over your own cases is no leaderboard score.",
    blind="More calls after the first (see `tool_calls_match`), and what the call would do.",
    make=lambda _options, _tools: tool_call_match,
    needs="reference or accepted",
    form=_form,
    ends="json",
)
