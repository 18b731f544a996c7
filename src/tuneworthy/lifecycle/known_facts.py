"""Which kinds of evidence are known: a rubric that names another waits for it for ever."""

import difflib

from tuneworthy.assess import Rubric, shipped_rubric
from tuneworthy.assess.rubric import ANSWERS, GATE_FACTS
from tuneworthy.core.nouns.document import DOCUMENT
from tuneworthy.govern import load_policy

_BESIDES = frozenset(
    {
        "ceiling.signals",
        "data.residual",
        "data.shape",
        "decision.verdict",
        "eval.base_comparison",
        "eval.failure_analysis",
        "eval.guards",
        "eval.learning_curve",
        "eval.ratings",
        "monitor.drift",
        "monitor.quality",
        "retrieval.quality",
        "safety.garak",
        "suite.goal",
        "traffic.volume",
    }
)
"""What commands record, and neither the shipped rubric nor a gate asks for."""


def unknown_facts(rubric: Rubric) -> list[str]:
    """A line for each predicate that asks for evidence of a kind that nothing here knows.

    A company's own documents are known: whatever a rubric asks for may be signed.
    """
    rules = load_policy().gates.values()
    known = {
        *_BESIDES,
        *GATE_FACTS,
        ANSWERS,
        *(p.about for p in shipped_rubric().predicates),
        *(need.about for rule in rules for need in rule.requires),
        *(about for rule in rules for about in rule.shows),
    }
    return [
        f"{p.id}: nothing records '{fact}'{_near(fact, known)}"
        for p in rubric.predicates
        for fact in (p.about, p.or_about, p.before)
        if fact and fact not in known and not fact.startswith(DOCUMENT)
    ]


def _near(fact: str, known: set[str]) -> str:
    found = difflib.get_close_matches(fact, sorted(known), 1, cutoff=0.5)
    return f", did you mean '{found[0]}'?" if found else ""
