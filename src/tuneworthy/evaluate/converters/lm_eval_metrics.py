"""How a generating task of lm-evaluation-harness scores: its metrics and filters as ours."""

from collections.abc import Mapping
from typing import Any

import re2

from tuneworthy.evaluate.converters.converted import Converted, Unsupported, listed

_OTHERS = ("bleu", "chrf")
_SIMPLE = ("take_first", "remove_whitespace", "lowercase", "regex")
_ARGUMENTS = {"until", "do_sample", "temperature", "max_gen_toks"}


def generated(task: Mapping[str, Any], made: Converted) -> None:
    """Metrics and length of a ``generate_until`` task. Raises Unsupported."""
    arguments = task.get("generation_kwargs") or {}
    if not isinstance(arguments, Mapping):
        raise Unsupported("'generation_kwargs' is no mapping")
    longest = arguments.get("max_gen_toks")
    if isinstance(longest, int) and longest > 0:
        made.settings["max_new_tokens"] = min(longest, 4096)
    if arguments.get("do_sample") or arguments.get("temperature"):
        made.notes.append("answers are the likeliest ones here, never sampled")
    if arguments.get("until"):
        made.notes.append(f"'until' is left out: an answer does not end at {arguments['until']!r}")
    if left := sorted(set(map(str, arguments)) - _ARGUMENTS):
        made.notes.append(f"generation_kwargs left out: {listed(left)}")
    if strange := [name for name in _functions(task) if name not in _SIMPLE]:
        raise Unsupported(f"the filter '{strange[0]}' is not known here")
    wanted = _list(task.get("metric_list")) or [{"metric": "exact_match"}]
    metrics = [found for metric in wanted if (found := _metric(task, metric, made))]
    if not metrics:
        raise Unsupported(f"none of its metrics is known here: {listed(map(_name, wanted))}")
    made.settings["metrics"] = metrics


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(metric: Any) -> Any:
    return metric.get("metric") if isinstance(metric, Mapping) else metric


def _metric(task: Mapping[str, Any], metric: Any, made: Converted) -> dict[str, Any] | None:
    name = _name(metric)
    if name in _OTHERS:
        return {"name": name}
    if name != "exact_match":
        made.notes.append(f"the metric '{name}' is left out")
        return None
    lower = _flag(metric, "ignore_case") or "lowercase" in _functions(task)
    marks = _flag(metric, "ignore_punctuation")
    if _flag(metric, "ignore_numbers"):
        made.notes.append("'ignore_numbers' is left out: numbers count")
    if lower or marks:
        options = {"case": lower, "punctuation": marks, "articles": False}
        return {"name": "normalised_match", "options": options}
    return {"name": "exact_match"}


def _flag(metric: Any, key: str) -> bool:
    return isinstance(metric, Mapping) and bool(metric.get(key))


def _filters(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps of every filter, in order."""
    found: list[Mapping[str, Any]] = []
    for one in _list(task.get("filter_list")):
        steps = _list(one.get("filter")) if isinstance(one, Mapping) else []
        found += [step for step in steps if isinstance(step, Mapping)]
    return found


def _functions(task: Mapping[str, Any]) -> list[str]:
    return [str(step.get("function")) for step in _filters(task)]


def number_texts(task: Mapping[str, Any], made: Converted) -> None:
    """Filters by pattern: where every right answer is a number, the answer's last number counts.

    Raises:
        Unsupported: A pattern looks for something else in the answer.
    """
    metrics = [m for m in _list(task.get("metric_list")) if isinstance(m, Mapping)]
    ignored = [str(pattern) for m in metrics for pattern in _list(m.get("regexes_to_ignore"))]
    looked_for = [
        str(step.get("regex_pattern")) for step in _filters(task) if step.get("function") == "regex"
    ]
    if not ignored and not looked_for:
        return
    stripped = [_without(case.expected, ignored).strip() for case in made.cases]
    if not all(map(_is_number, stripped)):
        raise Unsupported(
            "a pattern takes the answer apart, and the right answers are no numbers: "
            f"{listed([*looked_for, *ignored])[:200]}"
        )
    made.cases = [
        case.model_copy(update={"expected": text, "references": ()})
        for case, text in zip(made.cases, stripped, strict=True)
    ]
    made.settings["metrics"] = [{"name": "number_match"}]
    made.notes.append("in place of its patterns, the last number of the answer counts")


def _without(text: str, patterns: list[str]) -> str:
    for pattern in patterns:
        try:
            text = str(re2.sub(pattern, "", text))
        except re2.error as fault:
            raise Unsupported(f"'{pattern}' is no pattern of RE2") from fault
    return text


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "").lstrip("$"))
    except ValueError:
        return False
    return True
