"""S2 and S3: do the model's answers use the right words, in the voice of the training targets?"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from statistics import median
from typing import Any

from tuneworthy.assess.signal_rule import share_signal, signal
from tuneworthy.core.nouns.ceiling_signal import CeilingSignal
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.requirements import Term
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Case
from tuneworthy.methods.neardup import normalise

WRONG_TERMS = 0.05
"""Share of answers with a wrong term from which terminology is a trouble."""
DRIFTED = 0.05
"""Share of answers with a foreign phrase from which the voice drifts."""
CLOSED = 60
"""Most distinct targets of a closed vocabulary; each must then stand for five rows or more."""
_ROWS_EACH = 5

Read = Callable[[str], dict[str, Any] | None]
"""Finds the JSON object in an answer."""


def terminology(
    project: Project,
    cases: Mapping[str, Case],
    results: Sequence[CaseResult],
    targets: Sequence[str],
    read: Read,
) -> CeilingSignal:
    """S2: the share of answers with a term that is not one of ours.

    A term is wrong when ``terms`` of the project forbid it, when the value is none of a closed set
    of training targets, or when a call names a function or argument that is not declared.
    """
    banned = _words(word for term in project.terms for word in term.forbidden)
    known = _vocabulary(project, targets, read)
    calls = project.metric == "tool_call_match"
    if banned is None and known is None and not calls:
        return signal(
            "S2",
            "unknown",
            "needs a closed set of answers, or 'terms' in tuneworthy.yaml",
            f"The {len(targets):,} training targets are too varied for a vocabulary, and no terms "
            "are set.",
        )
    # An answer in the wrong form has no value to compare; S1 counts it.
    rows = [row for row in results if row.valid] if banned is None else list(results)
    foreign: list[str] = []
    for row in rows:
        if banned is not None and (found := banned.search(_plain(row.output))):
            foreign.append(found[0])
        elif row.valid and known is not None and (value := _value(row.output, read)) not in known:
            foreign.append(value)
        elif row.valid and calls and (name := _undeclared(row.output, cases.get(row.case), read)):
            foreign.append(name)
    detail = f"{len(foreign)} of {len(rows)} answers hold a term that is not ours"
    detail += f", such as {_quoted(foreign)}." if foreign else "."
    if known is not None:
        detail += f" Known: {len(known)} distinct training targets."
    detail += _own_fault(banned, targets)
    return share_signal("S2", len(foreign), len(rows), WRONG_TERMS, detail)


def voice(
    project: Project,
    cases: Mapping[str, Case],
    results: Sequence[CaseResult],
    targets: Sequence[str],
) -> CeilingSignal:
    """S3: the share of answers with an assistant's phrase that no training target holds."""
    if not targets:
        return signal("S3", "unknown", "needs training targets", "There are no training targets.")
    ours = "\n".join(_plain(target) for target in targets)
    betraying = [phrase for phrase in boilerplate() if phrase not in ours]
    foreign = _words([*betraying, *project.style.forbidden])
    matches = [foreign.search(_plain(row.output)) for row in results] if foreign else []
    found = [match[0] for match in matches if match]
    detail = f"{len(found)} of {len(results)} answers hold a phrase that no training target holds"
    if project.style.forbidden:
        detail += " or that the style forbids"
    detail += f", such as {_quoted(found)}." if found else "."
    detail += _lengths(cases, results)
    detail += " Tone and wording without such a phrase, and languages other than English, "
    detail += "are not seen."
    if project.metric != "exact_match":
        detail += " What follows an answer's JSON object is cut off before it is kept."
    detail += _own_fault(_words(project.style.forbidden), targets)
    return share_signal("S3", len(found), len(results), DRIFTED, detail)


@lru_cache(maxsize=1)
def boilerplate() -> tuple[str, ...]:
    """Phrases of a general assistant, normalised; read from ``boilerplate.toml``."""
    text = files("tuneworthy.assess").joinpath("boilerplate.toml").read_text(encoding="utf-8")
    return tuple(_plain(phrase) for phrase in tomllib.loads(text)["phrases"])


def forbidden_terms(terms: Sequence[Term], texts: Sequence[str]) -> int:
    """How many of the texts hold a word that ``terms`` forbids."""
    banned = _words(word for term in terms for word in term.forbidden)
    return sum(bool(banned.search(_plain(text))) for text in texts) if banned else 0


def _vocabulary(project: Project, targets: Sequence[str], read: Read) -> frozenset[str] | None:
    if project.metric == "tool_call_match":
        return None
    known = frozenset(_value(target, read) for target in targets)
    closed = 0 < len(known) <= CLOSED and len(targets) >= _ROWS_EACH * len(known)
    return known if closed else None


def _value(text: str, read: Read) -> str:
    """An answer's value: its JSON object with sorted keys, or else its normalised text."""
    found = read(text)
    if found is None:
        return _plain(text)
    return _plain(json.dumps(found, sort_keys=True, ensure_ascii=False))


def _undeclared(output: str, case: Case | None, read: Read) -> str:
    """The first name in a call that the case's functions do not declare; empty when none."""
    call = read(output)
    if case is None or not case.tools or call is None:
        return ""
    functions = [tool.get("function", tool) for tool in case.tools]
    declared = {
        str(function.get("name", "")): set((function.get("parameters") or {}).get("properties", {}))
        for function in functions
        if isinstance(function, dict)
    }
    name = str(call.get("name", ""))
    if name not in declared:
        return name or "(no name)"
    arguments = call.get("arguments")
    said = arguments if isinstance(arguments, dict) else {}
    return next((str(argument) for argument in said if argument not in declared[name]), "")


def _lengths(cases: Mapping[str, Case], results: Sequence[CaseResult]) -> str:
    pairs = [(len(r.output), len(cases[r.case].expected)) for r in results if r.case in cases]
    if not pairs:
        return ""
    ratio = median(said / max(1, wanted) for said, wanted in pairs)
    return f" The median answer has {ratio:.2f} times the length of the expected one."


def _own_fault(banned: "re.Pattern[str] | None", targets: Sequence[str]) -> str:
    held = sum(bool(banned.search(_plain(target))) for target in targets) if banned else 0
    if not held:
        return ""
    return (
        f" {held} of {len(targets):,} training targets hold a forbidden word themselves: "
        "a model tuned on them would learn it."
    )


def _words(phrases: Any) -> "re.Pattern[str] | None":
    plain = sorted({_plain(phrase) for phrase in phrases} - {""}, key=len, reverse=True)
    if not plain:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, plain))})(?!\w)")


def _plain(text: str) -> str:
    return normalise(text.replace("\u2019", "'"))


def _quoted(found: Sequence[str]) -> str:
    few = list(dict.fromkeys(found))[:3]
    return ", ".join(f"'{text[:60]}'" for text in few)
