"""Tasks of lm-evaluation-harness: ``generate_until`` and ``multiple_choice`` with local data.

What the fields mean, say its task guide and ``lm_eval/api/task.py`` (0.4.13): ``doc_to_text``,
``doc_to_target`` and ``doc_to_choice`` are Jinja templates over a row, or the name of a column.
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuneworthy.evaluate.converters.converted import (
    Converted,
    Row,
    RowFault,
    Unsupported,
    answers,
    convert_rows,
    listed,
)
from tuneworthy.evaluate.converters.lm_eval_metrics import generated
from tuneworthy.evaluate.converters.lm_eval_shots import Shots, answer_of, shot_split, wanted

Render = Callable[[str, Mapping[str, Any]], str]

KINDS = ("generate_until", "multiple_choice")
LOCAL = ("json", "jsonl", "csv")
"""What ``dataset_path`` says when the data are files."""

_CODE = (
    *("process_docs", "process_results", "custom_dataset", "class", "doc_to_image"),
    *("doc_to_audio", "use_prompt"),
)
"""Settings that are Python, or need what is not here."""

_ASIDE = ("should_decontaminate", "gen_prefix")
"""Settings that change what is asked there and are left out here; each is told."""
_CHECKED = ("fewshot_config",)
"""Settings that may hold code and are looked at where they are read."""


def shot_files(task: Mapping[str, Any]) -> tuple[str, ...]:
    """The files that worked examples are drawn from; none where the task names none."""
    split = shot_split(task)
    try:
        return data_files(task, split) if wanted(task) and split else ()
    except Unsupported:
        return ()


def data_files(task: Mapping[str, Any], split: str = "") -> tuple[str, ...]:
    """The files of a split, by default of the one that is judged, as the task names them.

    Raises:
        Unsupported: The data are not files, or are not named.
    """
    split = split or _split(task)
    path = str(task.get("dataset_path", ""))
    if path not in LOCAL:
        if path.rpartition(".")[2] in LOCAL:
            return (path,)
        raise Unsupported(
            f"dataset_path '{path}' is a data set of a hub; save the rows of its "
            f"'{split}' split as JSON Lines, and name that file with --data"
        )
    kwargs = task.get("dataset_kwargs")
    files = kwargs.get("data_files") if isinstance(kwargs, Mapping) else None
    if isinstance(files, Mapping):
        if split not in files:
            raise Unsupported(f"data_files names no '{split}' split, only {listed(files)}")
        files = files[split]
    found = files if isinstance(files, list) else [files]
    if not all(isinstance(name, str) and name for name in found):
        raise Unsupported("dataset_kwargs names no data_files")
    return tuple(found)


def _split(task: Mapping[str, Any]) -> str:
    """The split that is judged: test, or validation where there is none."""
    splits = (task.get(key) for key in ("test_split", "validation_split", "training_split"))
    return next((str(name) for name in splits if name), "train")


def from_lm_eval(
    task: Mapping[str, Any],
    rows: Sequence[Row],
    render: Render,
    examples: Sequence[Row] | None = None,
) -> Converted:
    """The task's rows as cases.

    Args:
        task: The task's settings; what is Python code there is a mapping with ``!function``.
        rows: The rows of the split that is judged.
        render: Renders a Jinja template over a row. Raises ValueError.
        examples: The rows that worked examples are drawn from, where they are in a split.

    Raises:
        Unsupported: With the setting that is in the way.
    """
    refuse_task(task)
    name = str(task["task"])
    choosing = task.get("output_type") == "multiple_choice"
    made = Converted(
        settings={
            "about": f"Imported from the lm-evaluation-harness task '{name}'.",
            "role": "general",
            "prompt": {"user": "{request}"},
        }
    )
    made.notes += [f"'{key}' is left out: {task[key]!r}" for key in _ASIDE if task.get(key)]
    if choosing:
        _choosing(task, made)
    else:
        generated(task, made)
    made_of = _Rows(task, name, render, choosing=choosing)
    made_of.shots = _shots(task, examples, made_of, made)
    return convert_rows(made, rows, made_of)


def _shots(
    task: Mapping[str, Any], examples: Sequence[Row] | None, rows: "_Rows", made: Converted
) -> Shots | None:
    """The worked examples; None where there are none, or they cannot be the harness's own."""
    if not wanted(task):
        return None
    try:
        if _is_code(task.get("fewshot_config")):
            raise Unsupported("'fewshot_config' is Python code (!function)")
        found = Shots(task, examples, rows.example)
    except Unsupported as fault:
        made.notes.append(f"'num_fewshot' is left out: {task['num_fewshot']}; {fault}")
        return None
    made.notes.append(
        f"{wanted(task)} worked examples stand before each case as turns of their own, as with "
        "--apply_chat_template --fewshot_as_multiturn True"
    )
    return found


def refuse_task(task: Mapping[str, Any]) -> None:
    """Raise Unsupported, with the setting that is in the way, before any data are looked for."""
    if not isinstance(task.get("task"), str):
        raise Unsupported("'task' is no name; groups of tasks are imported one by one")
    for key in task:
        if key in _CODE and task[key]:
            raise Unsupported(f"'{key}' is Python code or needs it")
        if key not in (*_ASIDE, *_CHECKED, "metric_list") and _is_code(task[key]):
            raise Unsupported(f"'{key}' is Python code (!function)")
    kind = task.get("output_type", "generate_until")
    if kind not in KINDS:
        raise Unsupported(f"output_type '{kind}' is not one of {listed(KINDS)}")
    for key in ("doc_to_text", "doc_to_target"):
        if task.get(key) is None:
            raise Unsupported(f"'{key}' is missing")


def _is_code(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "!function" in value or any(map(_is_code, value.values()))
    return isinstance(value, list) and any(map(_is_code, value))


def _choosing(task: Mapping[str, Any], made: Converted) -> None:
    if task.get("doc_to_choice") is None:
        raise Unsupported("a multiple_choice task without 'doc_to_choice'")
    wanted = [m.get("metric") for m in task.get("metric_list") or [] if isinstance(m, Mapping)]
    made.settings["metrics"] = [{"name": "exact_match"}]
    made.notes.append("the likeliest choice counts, so a model is asked whose weights are here")
    if by_length := [metric for metric in wanted if metric in ("acc_norm", "acc_bytes")]:
        told = "tuneworthy eval replay RUN --choose-by bytes"
        made.notes.append(f"'acc' decides; {listed(by_length)} after the run: {told}")
    if others := [metric for metric in wanted if metric not in ("acc", "acc_norm", "acc_bytes")]:
        made.notes.append(f"metrics left out: {listed(others)}")


class _Rows:
    """Makes a case's fields of a row, as the task's templates say."""

    def __init__(
        self, task: Mapping[str, Any], name: str, render: Render, *, choosing: bool
    ) -> None:
        self._task = task
        self._name = re.sub(r"\W+", "-", name)
        self._render = render
        self._choosing = choosing
        self.shots: Shots | None = None

    def __call__(self, row: Row, number: int) -> dict[str, Any]:
        # First: who is drawn for later rows depends on it, also where this one is dropped.
        before = self.shots.before(row) if self.shots else []
        fields: dict[str, Any] = {
            "id": f"{self._name}-{number}",
            "request": self._asked(self._task, row),
        }
        # With a chat template, the harness gives the description as the system's message.
        if description := self._text(self._task.get("description") or "", row):
            before = [{"role": "system", "content": str(description)}, *before]
        if before:
            fields["turns"] = tuple(before)
        target = self._target(self._task, row)
        return fields | (self._chosen(row, target) if self._choosing else answers(target))

    def example(self, settings: Mapping[str, Any], row: Row) -> tuple[str, str]:
        """A worked example's question and answer, under settings of its own. Raises RowFault."""
        choices = self._choices(settings, row) if self._choosing else ()
        return self._asked(settings, row), answer_of(self._target(settings, row), choices)

    def _asked(self, settings: Mapping[str, Any], row: Row) -> str:
        text = self._text(settings["doc_to_text"], row)
        if not isinstance(text, str):
            raise RowFault("doc_to_text gives no text")
        return text

    def _text(self, template: Any, row: Row) -> Any:
        """A column's value, or the rendered template."""
        if isinstance(template, str):
            return row[template] if template in row else self._render(template, row)
        return template

    def _target(self, settings: Mapping[str, Any], row: Row) -> Any:
        template = settings["doc_to_target"]
        target = self._text(template, row)
        if isinstance(template, str) and template not in row and isinstance(target, str):
            if self._choosing and re.fullmatch(r"[0-9]{1,9}", target):
                return int(target)
            if target.startswith("[") and target.endswith("]"):
                return _literal(target, target)
        return target

    def _chosen(self, row: Row, target: Any) -> dict[str, Any]:
        texts = self._choices(self._task, row)
        right = [_place(item, texts) for item in (target if isinstance(target, list) else [target])]
        return {**answers([texts[place] for place in right]), "choices": texts}

    def _choices(self, settings: Mapping[str, Any], row: Row) -> tuple[str, ...]:
        choices = self._text(settings["doc_to_choice"], row)
        if isinstance(choices, str):
            choices = _literal(choices, None)
        if isinstance(choices, Mapping):
            choices = list(choices.values())
        if not isinstance(choices, list | tuple) or not choices:
            raise RowFault("doc_to_choice gives no list")
        return tuple(map(str, choices))


def _place(target: Any, choices: Sequence[str]) -> int:
    if isinstance(target, int) and not isinstance(target, bool):
        if 0 <= target < len(choices):
            return target
        raise RowFault(f"doc_to_target is {target}, and there are {len(choices)} choices")
    if str(target) not in choices:
        raise RowFault("doc_to_target is none of the choices")
    return choices.index(str(target))


def _literal(text: str, otherwise: Any) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return otherwise
