"""Worked examples of a harness task, the very ones that the harness would choose for each row.

As ``lm_eval/api/samplers.py`` and ``ConfigurableTask.fewshot_context`` (0.4.13) do with a chat
template and turns of their own, which is the harness's default: the rows of the few-shot split or
of ``fewshot_config.samples``, drawn by a generator with the seed 1234 that goes on from row to row,
or the first ones of all.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tuneworthy.evaluate.converters.converted import Row, RowFault, Unsupported

SEED = 1234
"""The harness's ``fewshot_random_seed``."""
Asked = Callable[[Mapping[str, Any], Row], tuple[str, str]]
"""A row's question and answer, under the settings of worked examples."""

_SAMPLERS = ("default", "first_n")
_OWN = ("doc_to_text", "doc_to_target", "doc_to_choice")
_ASIDE = ("process_docs", "fewshot_indices", "gen_prefix")
"""What is not carried over; the examples are left out then."""


def wanted(task: Mapping[str, Any]) -> int:
    """How many worked examples a task asks for."""
    number = task.get("num_fewshot")
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def shot_split(task: Mapping[str, Any]) -> str:
    """The split that examples are drawn from; empty where the task names none."""
    return str(_config(task).get("split") or task.get("fewshot_split") or "")


class Shots:
    """The worked examples before each row, in the order in which rows are asked for.

    Args:
        task: The task's settings; it wants at least one.
        rows: The rows of its few-shot split; None where they are not at hand.
        asked: Gives a row's question and answer.

    Raises:
        Unsupported: With what is in the way.
    """

    def __init__(self, task: Mapping[str, Any], rows: Sequence[Row] | None, asked: Asked) -> None:
        config = _config(task)
        self._count = wanted(task)
        self._settings = {**task, **{name: config[name] for name in _OWN if config.get(name)}}
        self._asked = asked
        self._first = config.get("sampler", "default") == "first_n"
        self._rows = list(_pool(task, config, rows))
        split = shot_split(task)
        # Only then does the harness take care that no row is its own example.
        self._apart = bool(split) and split == task.get("test_split")
        self._random = random.Random(SEED)  # noqa: S311 - the harness's own draw
        if len(self._rows) < self._count + self._apart:
            raise Unsupported(f"{self._count} examples are wanted, and {len(self._rows)} are there")

    def before(self, row: Row) -> list[dict[str, str]]:
        """The turns before a row's request; to be asked for once a row, in their order."""
        turns = []
        for shot in self._chosen(row):
            question, answer = self._asked(self._settings, shot)
            turns.append({"role": "user", "content": question})
            if answer:
                turns.append({"role": "assistant", "content": answer})
        return turns

    def _chosen(self, row: Row) -> Sequence[Row]:
        others = [one for one in self._rows if one != row] if self._apart else self._rows
        if self._first:
            return others[: self._count]
        drawn = self._random.sample(self._rows, self._count + self._apart)
        if self._apart:
            drawn = [one for one in drawn if one != row][: self._count]
            if len(drawn) < self._count:
                drawn = self._random.sample(others, self._count)
        return drawn


def _config(task: Mapping[str, Any]) -> Mapping[str, Any]:
    found = task.get("fewshot_config")
    return found if isinstance(found, Mapping) else {}


def _pool(
    task: Mapping[str, Any], config: Mapping[str, Any], rows: Sequence[Row] | None
) -> Iterator[Row]:
    if config.get("sampler", "default") not in _SAMPLERS:
        raise Unsupported(f"the sampler '{config['sampler']}' is not known")
    if aside := [name for name in _ASIDE if config.get(name) or task.get(name)]:
        raise Unsupported(f"'{aside[0]}' is not carried over")
    samples = config.get("samples")
    if shot_split(task):
        if rows is None:
            raise Unsupported(f"the rows of the split '{shot_split(task)}' are not at hand")
        yield from rows
    elif isinstance(samples, list) and all(isinstance(one, Mapping) for one in samples):
        yield from samples
    else:
        raise Unsupported("the task names no rows for them")


def answer_of(target: Any, choices: Sequence[str]) -> str:
    """What stands as a worked example's answer. Raises RowFault."""
    if choices and isinstance(target, int) and not isinstance(target, bool):
        if not 0 <= target < len(choices):
            raise RowFault(f"an example's answer is {target} of {len(choices)} choices")
        return choices[target]
    if isinstance(target, list) and target:
        target = target[0]
    if target is None:
        return ""
    if not isinstance(target, str):
        raise RowFault("an example's answer is no text")
    return target
