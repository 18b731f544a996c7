"""Projects whose metric is a model that judges: endpoints that score by rule, and people's labels.

The judges are real chat endpoints on this machine. What stands behind them is a rule with a known
fault. "People" are the known right answers: an order's JSON and nothing else is the best there is.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from adapters import ramble
from words import Turn, orders

from tests.fakes.endpoint import Said, endpoint
from tuneworthy.core.nouns.judging import AnswersJudged, PairsJudged
from tuneworthy.lifecycle import judge_record
from tuneworthy.lifecycle.judges import JudgeOptions
from tuneworthy.lifecycle.wiring import Runtime

CRITERION = {
    "name": "right",
    "asks": "Is the answer the right order as JSON, and nothing else?",
    "anchors": {"1": "Wrong.", "2": "Right, with more around it.", "5": "Right, nothing else."},
}
ITEMS = 120
"""Answers, and pairs, that people judged."""
LONG = 80
"""Characters that no right order has."""

HELD = "held.txt"
"""The file in a project that says what came of holding its judge against people."""

Rule = Callable[[str, str], int]
"""From an answer and the right one to a score, 1 to 5."""


class JudgedBy(NamedTuple):
    """How a project's answers are judged."""

    rule: str
    held: bool = True
    """Whether the judge was held against people before."""
    padded: bool = True
    """Whether long answers were among those that people judged."""


def by_length(answer: str, _right: str) -> int:
    """The longer, the better."""
    return min(5, 1 + len(answer) // 30)


def by_right(answer: str, right: str) -> int:
    """As people do."""
    return 5 if answer == right else 2 if right in answer else 1


def dazzled(answer: str, right: str) -> int:
    """As people do, but whatever is long is the best."""
    return 5 if len(answer) >= LONG else by_right(answer, right)


RULES: dict[str, Rule] = {"length": by_length, "careful": by_right, "dazzled": dazzled}


@contextmanager
def judging(rule: str) -> Iterator[str]:
    """An endpoint that judges by a rule; its URL."""
    with endpoint(lambda text, _: Said(text=_verdict(RULES[rule], text))) as heard:
        yield heard.url


def _verdict(rule: Rule, text: str) -> str:
    right = text.partition("# Right answer, written by a person\n")[2].partition("\n#")[0].strip()
    if "# Answer A\n" not in text:
        answer = text.partition("# Answer\n")[2].partition("\n\n# Criterion")[0]
        return f"Score: {rule(answer, right)}"
    one, _, other = text.partition("# Answer A\n")[2].partition("\n\n# Answer B\n")
    a, b = rule(one, right), rule(other.rpartition("\n\nWhich answer")[0], right)
    return f"Verdict: {'A' if a > b else 'B' if b > a else 'tie'}"


def settings(url: str) -> str:
    """What the project file says of the judge."""
    options = json.dumps({"criteria": [CRITERION]})
    return f"metric_options: {options}\njudges: [{{name: judge, at: '{url}', model: m}}]\n"


def hold(runtime: Runtime, by: JudgedBy) -> str:
    """Hold the judge against people on answers and on pairs; what came of it, in words."""
    folder = runtime.folder
    (folder / "right.yaml").write_text(json.dumps({"criteria": [CRITERION]}), encoding="utf-8")
    rated = judge_record.calibrate(
        runtime,
        _write(folder / "rated.jsonl", list(_answers(padded=by.padded))),
        JudgeOptions(criteria=folder / "right.yaml"),
    )
    paired = judge_record.calibrate(runtime, _write(folder / "pairs.jsonl", list(_pairs())))
    if not (isinstance(rated, AnswersJudged) and isinstance(paired, PairsJudged)):
        raise TypeError("answers and pairs were not judged as such")
    odds, shift = paired.bias.length.doubling, rated.length.doubling
    told = [f"judge '{by.rule}', {rated.n} answers: {rated.standing.reason}"]
    if shift is not None:
        told.append(
            f"twice as long moves its score by {shift.value:+.2f} of the scale "
            f"({shift.low:+.2f} to {shift.high:+.2f}), people's held equal"
        )
    if odds is not None:
        told.append(
            f"on {paired.n} pairs twice as long has {odds.ratio:.2f} times the odds "
            f"({odds.low:.2f} to {odds.high:.2f}), people's verdict held equal"
        )
    return "; ".join(told)


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _turns() -> list[Turn]:
    """Orders that stand neither among the project's rows nor among its cases."""
    return [Turn(row["request"], row["target"]) for row in orders(ITEMS, 99)]


def _wrong(turn: Turn) -> Turn:
    return Turn(turn.request, turn.answer.replace('"do": "', '"do": "not '))


def _answers(*, padded: bool) -> Iterator[dict[str, Any]]:
    """Right and wrong orders, every other one of each with words around it where ``padded``."""
    for number, turn in enumerate(_turns()):
        given = turn if number % 2 else _wrong(turn)
        given = ramble(given) if padded and number % 4 < 2 else given
        score = by_right(given.answer, turn.answer)
        yield {
            "id": f"a{number}",
            "request": turn.request,
            "answer": given.answer,
            "reference": turn.answer,
            "scores": {"right": [score]},
        }


def _pairs() -> Iterator[dict[str, Any]]:
    """Two answers each, of which one is right, or both, with and without words around them."""
    for number, turn in enumerate(_turns()):
        one = turn if number % 3 else _wrong(turn)
        other = _wrong(turn) if number % 5 < 2 else turn
        one = ramble(one) if number % 2 else one
        other = ramble(other) if number % 7 < 3 else other
        a, b = by_right(one.answer, turn.answer), by_right(other.answer, turn.answer)
        yield {
            "id": f"p{number}",
            "request": turn.request,
            "a": one.answer,
            "b": other.answer,
            "reference": turn.answer,
            "verdicts": ["a" if a > b else "b" if b > a else "tie"],
        }
