"""Labelling functions: simple rules over an item's text that vote for a class or stay silent."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.labelling import (
    LabelItem,
    LabelQueue,
    RuleFigures,
    WeakLabel,
    WeakReport,
)
from tuneworthy.methods import patterns
from tuneworthy.methods.intervals import wilson
from tuneworthy.methods.weak_supervision import ABSTAIN, IntArray, LabelModel, coverage, label_model

LabellingFunction = Callable[[str], str | None]
"""Takes an item's text; gives one of the queue's choices, or None to say nothing."""


class RuleSpec(Part):
    """A labelling function in a file: it votes ``label`` where any of its words or patterns is.

    ``words`` are found whole, in any case; ``pattern`` is a regular expression of RE2, in any
    case; ``unless`` is one that keeps the rule silent.
    """

    label: str
    words: tuple[str, ...] = ()
    pattern: str = ""
    unless: str = ""


class RuleFile(Part):
    """The content of a file of labelling functions, by name."""

    functions: dict[str, RuleSpec]


def compiled(rules: RuleFile, where: str) -> dict[str, LabellingFunction]:
    """The functions of a file. Raises ConfigProblem with every fault."""
    made: dict[str, LabellingFunction] = {}
    faults = []
    for name, rule in rules.functions.items():
        try:
            made[name] = _function(rule)
        except ValueError as fault:
            faults.append(f"  functions.{name}: {fault}.")
    if faults:
        raise ConfigProblem(
            "bad_rule",
            f"{where} holds {len(faults)} functions that cannot be used:\n" + "\n".join(faults),
            fix="Give each 'label:' and 'words:' or 'pattern:'.",
        )
    return made


def _function(rule: RuleSpec) -> LabellingFunction:
    if not rule.words and not rule.pattern:
        raise ValueError("names neither words nor a pattern")
    words = "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in rule.words)
    looked_for: list[Callable[[str], Any]] = []
    if words:
        looked_for.append(re.compile(words, re.IGNORECASE).search)
    if rule.pattern:
        looked_for.append(_search(rule.pattern))
    never = _search(rule.unless) if rule.unless else None

    def vote(text: str) -> str | None:
        if not any(search(text) for search in looked_for) or (never and never(text)):
            return None
        return rule.label

    return vote


def _search(pattern: str) -> Callable[[str], Any]:
    found = patterns.compiled(pattern, case=False)
    return lambda text: found.search(patterns.as_utf8(text))


def weak_labels(
    queue: LabelQueue,
    items: Sequence[LabelItem],
    functions: Mapping[str, LabellingFunction],
    known: Mapping[str, str],
) -> WeakReport:
    """What the functions say, each with its coverage, conflicts and estimated accuracy.

    Args:
        queue: What is asked; its choices are the classes.
        items: All of its items.
        functions: By name.
        known: Item to the label that people decided, to check against; nothing is learnt from it.

    Raises:
        ConfigProblem: A function votes for something that is no choice, or there is no choice.
    """
    votes = _votes(queue, items, functions)
    model = label_model(votes, len(queue.choices))
    shares = coverage(votes)
    code = {choice: place for place, choice in enumerate(queue.choices)}
    truth = np.array([code.get(known.get(item.id, ""), ABSTAIN) for item in items], dtype=np.int64)
    cast = (votes != ABSTAIN).sum(axis=0)
    rules = tuple(
        RuleFigures(
            name=name,
            covered=shares[place].covered,
            overlaps=shares[place].overlaps,
            conflicts=shares[place].conflicts,
            accuracy=_estimated(model, place, int(cast[place])) if shares[place].overlaps else None,
            checked=_right(votes[:, place], truth),
        )
        for place, name in enumerate(functions)
    )
    best = model.probabilities.argmax(axis=1)
    said = (votes != ABSTAIN).any(axis=1)
    backed = (votes != ABSTAIN)[:, [share.overlaps > 0 for share in shares]].any(axis=1)
    return WeakReport(
        queue=queue.id,
        rules=rules,
        covered=float(said.mean()) if len(said) else 0.0,
        labels=tuple(
            WeakLabel(
                item=items[place].id,
                value=queue.choices[best[place]],
                probability=float(model.probabilities[place, best[place]])
                if backed[place]
                else None,
            )
            for place in map(int, np.flatnonzero(said))
        ),
        checked=_right(np.where(said, best, ABSTAIN), truth),
    )


def _estimated(model: LabelModel, place: int, votes: int) -> Interval:
    return Interval(
        value=float(model.accuracies[place]),
        low=float(model.low[place]),
        high=float(model.high[place]),
        n=votes,
    )


def _votes(
    queue: LabelQueue, items: Sequence[LabelItem], functions: Mapping[str, LabellingFunction]
) -> IntArray:
    if len(queue.choices) < 2 or not functions:
        raise ConfigProblem(
            "no_classes",
            f"The queue '{queue.id}' has {len(queue.choices)} choices, and there are "
            f"{len(functions)} labelling functions.",
            why="Functions vote for one of two choices or more.",
            fix="Make a queue with --choices, and name at least one function.",
        )
    code = {choice: place for place, choice in enumerate(queue.choices)}
    votes = np.full((len(items), len(functions)), ABSTAIN, dtype=np.int64)
    for rule, (name, function) in enumerate(functions.items()):
        for place, item in enumerate(items):
            said = function(item.text)
            if said is None:
                continue
            if said not in code:
                raise ConfigProblem(
                    "no_such_choice",
                    f"The function '{name}' votes for '{said}', which is no choice of "
                    f"'{queue.id}'.",
                    fix="One of: " + ", ".join(queue.choices[:30]),
                )
            votes[place, rule] = code[said]
    return votes


def _right(votes: IntArray, truth: IntArray) -> Interval:
    asked = (votes != ABSTAIN) & (truth != ABSTAIN)
    return wilson(int((votes[asked] == truth[asked]).sum()), int(asked.sum()))
