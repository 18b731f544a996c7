"""The cheapest thing to try next while prompts are still to be optimised."""

from typing import Literal, NamedTuple

from tuneworthy.core.nouns.decision import Decision, Verdict
from tuneworthy.lifecycle import ceiling
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

ROUND = "tuneworthy eval run"
RUN = "tuneworthy assess ceiling"
DERIVE = "tuneworthy assess ceiling --derive"

_TO_WRITE = {
    "C1": "another wording",
    "C4": "a prompt of kind few_shot",
    "C5": "a prompt with the labels Persona, Context, Task and Format",
    "C3": "a prompt of kind retrieval",
}
"""What a person can write for each open question, cheapest first."""


class Try(NamedTuple):
    """What to try, the command for it, and whether a person must write something first."""

    said: str
    command: str
    waits_for: Literal["machine", "person"]


def next_try(runtime: Runtime, decision: Decision) -> Try | None:
    """The next thing to try; None where prompts are done, or one reaches the target already.

    What stands there and was not run comes first, then prompts made from the use case, as both cost
    no work; then what has to be written; a further model last.
    """
    if decision.verdict is not Verdict.KEEP_OPTIMISING_PROMPTS:
        return None
    open_ = {f.id for f in decision.factors if f.id.startswith("C") and not f.measured}
    runs, target = ceiling.alternatives(runtime), ceiling.current_suite(runtime)[0].target
    if not open_ or any(run.score.value >= target for run in runs):
        return None
    reason = decision.reasons[0] if decision.reasons else decision.verdict.value
    ran = {digest(run.arm) for run in runs}
    if any(digest(arm) not in ran for arm in runtime.arms if arm.arm != "tuned"):
        said = f"Do not tune yet. {reason} A prompt in {runtime.project.prompts} has not been run."
        return Try(said, ROUND, "machine")
    derived = any(run.derived for run in runs)
    if not derived and open_ & set(_TO_WRITE):
        return Try(f"Do not tune yet. {reason} Prompts can be made and run.", DERIVE, "machine")
    for id_, what in _TO_WRITE.items():
        if id_ in open_:
            said = (
                f"Do not tune yet. {reason} Add {what} to {runtime.project.prompts}, then run it."
            )
            return Try(said, RUN, "person")
    said = f"Do not tune yet. {reason} Name a second model under 'models' in tuneworthy.yaml."
    return Try(said, RUN, "person")
