"""A tool call equals an accepted one: same function, every argument accepted, none missing.

The rule is that of the Berkeley Function Calling Leaderboard's AST check for one call (Patil et
al., "The Berkeley Function Calling Leaderboard", ICML 2025): each argument has a list of accepted
values; an empty string among them marks the argument as optional; strings are compared without
case, white space and ``,./-_*^``. Scores made with it over our own selection of cases are not
leaderboard scores.
"""

import re
from typing import Any

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.evaluate.metrics.mark import Mark

_IGNORED = re.compile(r"[ ,./\-_*^]")


def tool_call_match(output: str, case: Case) -> Mark:
    """1 when name and arguments are accepted.

    ``case.accepted`` is ``{"name": str, "arguments": {argument: [accepted values]}}``; without it
    the expected call is the only accepted one.
    """
    said = first_object(output)
    if said is None:
        return Mark(score=0, valid=False, error="no JSON object")
    accepted = case.accepted or _only(case.expected)
    arguments = said.get("arguments")
    if not isinstance(said.get("name"), str) or not isinstance(arguments, dict):
        return Mark(score=0, valid=False, error="not a call")
    if said["name"] != accepted["name"]:
        return Mark(score=0, valid=True, error="other function")
    return _check_arguments(arguments, accepted["arguments"])


def _check_arguments(said: dict[str, Any], accepted: dict[str, list[Any]]) -> Mark:
    for name, value in said.items():
        if name not in accepted:
            return Mark(score=0, valid=True, error=f"extra argument {name}")
        if not any(_same(value, option) for option in accepted[name]):
            return Mark(score=0, valid=True, error=f"wrong value of {name}")
    missing = [name for name, values in accepted.items() if "" not in values and name not in said]
    if missing:
        return Mark(score=0, valid=True, error=f"missing argument {missing[0]}")
    return Mark(score=1, valid=True)


def _only(expected: str) -> dict[str, Any]:
    call = first_object(expected) or {"name": "", "arguments": {}}
    arguments = {name: [value] for name, value in call.get("arguments", {}).items()}
    return {"name": call.get("name", ""), "arguments": arguments}


def _same(said: Any, option: Any) -> bool:
    if isinstance(said, bool) or isinstance(option, bool):
        return said is option
    if isinstance(said, int | float) and isinstance(option, int | float):
        return abs(said - option) < 1e-9
    if isinstance(said, str) and isinstance(option, str):
        return _plain(said) == _plain(option)
    if isinstance(said, list) and isinstance(option, list):
        return len(said) == len(option) and all(map(_same, said, option))
    if isinstance(said, dict) and isinstance(option, dict):
        return _same_object(said, option)
    return said is None and option is None


def _same_object(said: dict[str, Any], option: dict[str, Any]) -> bool:
    """Accepted values inside an object are lists too, as in the arguments themselves."""
    if set(said) - set(option):
        return False
    for name, values in option.items():
        choices = values if isinstance(values, list) else [values]
        if name not in said:
            if "" not in choices:
                return False
        elif not any(_same(said[name], choice) for choice in choices):
            return False
    return True


def _plain(text: str) -> str:
    return _IGNORED.sub("", text).lower().replace("'", '"')
