"""Scores a file of answers by one metric; needs no project."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError

from tuneworthy import adapters
from tuneworthy.config.faults import must
from tuneworthy.core.errors import ConfigProblem, DataProblem
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.metric import MetricName, MetricSettings
from tuneworthy.core.nouns.scored import ScoredAnswer, ScoredFile
from tuneworthy.core.nouns.suite import Case
from tuneworthy.core.ports import Embedder
from tuneworthy.data.lines import strict_lines
from tuneworthy.evaluate import Mark, MetricTools, score_all, summarise
from tuneworthy.methods.intervals import mean_interval
from tuneworthy.methods.lines import dump_lines

LONGEST = 64 << 20
"""Bytes of one line, at most."""

TOLD = 10
"""Faults of a file that one message tells."""


class _Given(Part):
    """What a line holds beside the fields of a case."""

    output: str
    latency_s: float | None = None
    cost: float | None = None


class _Row(NamedTuple):
    case: Case
    given: _Given


def score_file(
    path: str | Path,
    metric: str,
    options: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
) -> ScoredFile:
    """Score each line of a JSON Lines file: ``id``, ``output``, and the fields of a case.

    Args:
        path: The file; a line has ``expected``, ``references``, ``context``, ``request``,
            ``forbidden``, ``accepted``, ``segment`` or ``group`` as the metric needs them.
        metric: A metric's name.
        options: Its options.
        out: Where one line an answer is written, as ``eval compare`` reads it.

    Raises:
        ConfigProblem: No such metric, options that do not fit, or ``out`` cannot be written.
        DataProblem: The file cannot be read, with each fault's line.
    """
    path = Path(path)
    settings = _settings(metric, options or {})
    rows = _read(path)
    outputs, cases = [row.given.output for row in rows], [row.case for row in rows]
    tools = _Tools().tools
    try:
        marks = score_all(settings, outputs, cases, tools)
        figures = summarise(settings, outputs, cases, tools, marks)
    except ValueError as fault:
        raise ConfigProblem(
            "bad_metric",
            f"The metric cannot be made: {fault}.",
            fix=f"tuneworthy eval metrics {metric}",
        ) from fault
    errors = Counter(mark.error for mark in marks if mark.error)
    result = ScoredFile(
        file=str(path),
        metric=settings,
        n=len(rows),
        score=mean_interval([mark.score for mark in marks]),
        valid_share=figures["valid"],
        errors=dict(errors.most_common()),
        figures={name: v for name, v in figures.items() if name not in ("score", "valid")},
        out=str(out or ""),
    )
    if out is not None:
        _write(Path(out), path, rows, marks)
    return result


def _settings(metric: str, options: Mapping[str, Any]) -> MetricSettings:
    known = get_args(MetricName)
    if metric not in known:
        raise ConfigProblem(
            "unknown_metric",
            f"There is no metric '{metric[:80]}'.",
            why=f"There are {', '.join(known)}.",
            fix="tuneworthy eval metrics",
        )
    return MetricSettings.model_validate({"name": metric, "options": dict(options)})


class _Tools:
    """The embedder, loaded when a metric first asks for it."""

    def __init__(self) -> None:
        self._embedder: Embedder | None = None
        self.tools = MetricTools(embed=self._embed)

    def _embed(self, texts: Sequence[str]) -> Any:
        self._embedder = self._embedder or adapters.load_embedder()
        return self._embedder.embed(texts)


def _read(path: Path) -> list[_Row]:
    rows: list[_Row] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for number, text in strict_lines(path, LONGEST):
        if text is not None and not text.strip():
            continue
        row = _row(text)
        if isinstance(row, str):
            faults.append(f"  {path}:{number}: {row}")
        elif row.case.id in seen:
            faults.append(
                f"  {path}:{number}: id '{row.case.id[:80]}' is that of line {seen[row.case.id]}"
            )
        else:
            seen[row.case.id] = number
            rows.append(row)
    if faults:
        more = f"\n  and {len(faults) - TOLD} more" if len(faults) > TOLD else ""
        raise DataProblem(
            "bad_answers",
            f"{path} has {len(faults)} lines that cannot be scored.\n"
            + "\n".join(faults[:TOLD])
            + more,
            fix='Write one JSON object a line: {"id": "1", "output": "...", "expected": "..."}.',
        )
    if not rows:
        raise DataProblem("no_answers", f"{path} holds no answers.", fix="Is it the right file?")
    return rows


def _row(text: str | None) -> _Row | str:
    """The row of one line, or what is wrong with it."""
    if text is None:
        return "is longer than a line may be"
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(values, dict):
        return "is no JSON object"
    if isinstance(values.get("id"), int) and not isinstance(values["id"], bool):
        values["id"] = str(values["id"])
    facts = {"request": "", "expected": ""}
    facts |= {name: values[name] for name in Case.model_fields if values.get(name) is not None}
    try:
        given = {name: values[name] for name in _Given.model_fields if name in values}
        return _Row(Case.model_validate(facts), _Given.model_validate(given))
    except ValidationError as fault:
        error = fault.errors()[0]
        return f"'{'.'.join(str(step) for step in error['loc'])}': {must(error)}"


def _write(place: Path, source: Path, rows: Sequence[_Row], marks: Sequence[Mark]) -> None:
    if place.is_dir() or (place.exists() and place.samefile(source)):
        raise ConfigProblem(
            "same_file",
            f"{place} is {'a folder' if place.is_dir() else 'the file itself'}.",
            fix="Name another file for the results.",
        )
    lines = dump_lines(
        ScoredAnswer(
            id=row.case.id,
            segment=row.case.segment,
            group=row.case.group,
            latency_s=row.given.latency_s,
            cost=row.given.cost,
            **mark.model_dump(exclude={"level"}),
        )
        for row, mark in zip(rows, marks, strict=True)
    )
    try:
        place.write_bytes(lines)
    except OSError as fault:
        raise ConfigProblem(
            "cannot_write",
            f"{place} cannot be written: {fault.strerror}.",
            fix="Name a file in a folder that exists and is yours.",
        ) from fault
