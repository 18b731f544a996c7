"""How a generating task of lm-evaluation-harness scores: its stops, filters and metrics as ours.

What is done in which order, say ``api/task.py``, ``api/metrics.py``, ``filters/extraction.py`` and
``config/task.py`` there (0.4.13).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tuneworthy.evaluate.converters.converted import Converted, Unsupported, listed
from tuneworthy.methods.patterns import compiled

_OTHERS = ("bleu", "chrf")
_WHOLE = {"remove_whitespace": "trim", "lowercase": "lower", "uppercase": "upper"}
_PATTERN = r"#### (\-?[0-9\.\,]+)"
"""What the filter ``regex`` looks for when it names nothing."""
_NOTHING = "[invalid]"
"""What it gives there when it finds nothing: no right answer."""
_LENGTHS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
_LENGTH, _LONGEST = 256, 4096
_ARGUMENTS = {"until", "do_sample", "temperature", *_LENGTHS}


def generated(task: Mapping[str, Any], made: Converted) -> None:
    """Metrics and length of a ``generate_until`` task. Raises Unsupported."""
    arguments = task.get("generation_kwargs") or {}
    if not isinstance(arguments, Mapping):
        raise Unsupported("'generation_kwargs' is no mapping")
    made.settings["max_new_tokens"] = _longest(arguments, made)
    if arguments.get("do_sample") or arguments.get("temperature"):
        made.notes.append("answers are the likeliest ones here, never sampled")
    if left := sorted(set(map(str, arguments)) - _ARGUMENTS):
        made.notes.append(f"generation_kwargs left out: {listed(left)}")
    ways = _ways(task)
    wanted = _list(task.get("metric_list")) or [{"metric": "exact_match"}]
    metrics: list[dict[str, Any]] = []
    for metric in wanted:
        name = metric.get("metric") if isinstance(metric, Mapping) else metric
        if name == "exact_match":
            metrics += [_matched(metric, steps, _stops(task)) for steps in ways.values()]
        elif name in _OTHERS:
            metrics.append({"name": name})
            made.notes.append(f"'{name}' is of the whole answer: no 'until' and no filter cuts it")
        else:
            made.notes.append(f"the metric '{name}' is left out")
    if not metrics:
        raise Unsupported("none of its metrics is known here")
    if len(ways) > 1:
        made.notes.append(f"one metric for each filter, in this order: {listed(ways)}")
    made.settings["metrics"] = metrics


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _longest(arguments: Mapping[str, Any], made: Converted) -> int:
    given = next((arguments[key] for key in _LENGTHS if arguments.get(key) is not None), _LENGTH)
    longest = given if isinstance(given, int) and given > 0 else _LENGTH
    if longest > _LONGEST:
        made.notes.append(f"an answer has {_LONGEST} tokens at most, not {longest}")
    return min(longest, _LONGEST)


def _stops(task: Mapping[str, Any]) -> list[str]:
    """Where an answer ends; where the task names nothing, between two worked examples."""
    arguments = task.get("generation_kwargs") or {}
    until = arguments.get("until", [task.get("fewshot_delimiter", "\n\n")])
    stops = until if isinstance(until, list) else [until]
    return [stop for stop in stops if isinstance(stop, str) and stop]


def _ways(task: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The steps of each filter, by its name; without any, one way that changes nothing."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in _list(task.get("filter_list")):
        if isinstance(one, Mapping):
            steps = [step for step in _list(one.get("filter")) if isinstance(step, Mapping)]
            found[str(one.get("name", len(found)))] = list(_steps(steps))
    return found or {"none": []}


def _steps(filters: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in filters:
        name = step.get("function")
        if name == "regex":
            yield _pattern(step)
        elif name in _WHOLE:
            yield {"do": _WHOLE[str(name)]}
        elif name != "take_first":  # there is one answer to each case
            raise Unsupported(f"the filter '{name}' is not known here")


def _pattern(step: Mapping[str, Any]) -> dict[str, Any]:
    which, instead = step.get("group_select", 0), step.get("fallback", _NOTHING)
    if not isinstance(which, int) or not isinstance(instead, str):
        raise Unsupported("a filter's 'group_select' is no number, or its 'fallback' no text")
    pattern = _readable(step.get("regex_pattern", _PATTERN))
    return {
        "pattern": pattern,
        **({"which": int(which)} if which else {}),
        **({"otherwise": instead} if instead != _NOTHING else {}),
    }


def _readable(pattern: Any) -> str:
    try:
        compiled(str(pattern))
    except ValueError as fault:
        raise Unsupported(f"'{pattern}': {fault}") from fault
    return str(pattern)


def _matched(metric: Any, steps: list[dict[str, Any]], stops: list[str]) -> dict[str, Any]:
    """``exact_match`` after one filter; only what differs from the defaults is written."""
    options: dict[str, Any] = {}
    if stops:
        options["until"] = stops
    if steps:
        options["take"] = steps
    if isinstance(metric, Mapping):
        if ignored := [_readable(p) for p in _list(metric.get("regexes_to_ignore"))]:
            options["ignore"] = ignored
        if metric.get("ignore_case"):
            options["case"] = "lower"
        if metric.get("ignore_punctuation"):
            options["punctuation"] = "dropped"
        if metric.get("ignore_numbers"):
            options["digits"] = False
    return {"name": "text_match", **({"options": options} if options else {})}
