"""Which documents anything asks for: signed under another name, one would count for nothing."""

import difflib
from collections.abc import Iterator

from tuneworthy.assess import Rubric, shipped_rubric
from tuneworthy.assess.deliverables import SIGNED
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.document import DOCUMENT
from tuneworthy.lifecycle import duty_plan, policies, rubrics
from tuneworthy.lifecycle.wiring import Runtime


def require_known(runtime: Runtime, name: str) -> None:
    """See that a gate, the rubric in force, a duty or a deliverable asks for the document.

    Raises UsageProblem with the nearest names and all that are known; ConfigProblem for a rubric
    or a plan of duties that cannot be used.
    """
    names = known(runtime)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, 3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(repr(one) for one in near)}?" if near else ""
    raise UsageProblem(
        "no_such_document",
        f"Nothing asks for a document '{name[:80]}'.{hint}",
        why="Signed under that name it would open no gate and lift no level.",
        fix=f"One of: {', '.join(names)}. A rubric of your own may ask for others.",
    )


def known(runtime: Runtime) -> list[str]:
    """The names of all documents that are asked for, sorted."""
    rules = policies.in_force(runtime).gates.values()
    facts = {
        *(need.about for rule in rules for need in rule.requires),
        *_facts(shipped_rubric()),
        *_facts(rubrics.in_force(runtime)),
        *(need.about for duty in duty_plan.in_force(runtime).duty for need in duty.evidence),
    }
    asked = {about.removeprefix(DOCUMENT) for about in facts if about.startswith(DOCUMENT)}
    return sorted(asked | set(SIGNED))


def _facts(rubric: Rubric) -> Iterator[str]:
    for predicate in rubric.predicates:
        yield from (predicate.about, predicate.or_about, predicate.before)
