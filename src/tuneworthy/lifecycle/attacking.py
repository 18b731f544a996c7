"""The least red team: the program's own attacks on the proved version, in one command.

Orders that stand in documents, and questions for what only training rows hold. It is no
substitute for a person who attacks the model, and does not count as an independent one.
"""

from tuneworthy.core.nouns.red_team import Attempt, RedTeam
from tuneworthy.evaluate.red_team import attacked
from tuneworthy.lifecycle import (
    ceiling,
    evaluation,
    people,
    red_team,
    safety,
    shipped,
    suite_runs,
    training,
)
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical

TOOL = "the attacks that come with Tuneworthy"
INJECTION, EXTRACTION = "injection", "extraction"


def run(runtime: Runtime, *, by: str, owner: str = "", again: bool = False) -> RedTeam:
    """Attack the current version and keep what got through as ``eval.red_team``.

    Attacks that were answered before, as by ``eval run --safety``, are not asked again.

    Args:
        runtime: The project.
        by: Who answers for the run; a person of the project.
        owner: Who has to mend what got through; needed only then.
        again: Ask once more what could not be answered.

    Raises:
        ConfigProblem: There is no such person, no owner, or no trained version.
        BlockedProblem: The suite was changed after a candidate was judged on it.
        IntegrityProblem: The loaded weights are not what was trained.
    """
    person, version = people.find(runtime, by), training.current_version(runtime)
    if owner:
        people.find(runtime, owner)
    injected = suite_runs.job_of(runtime, *shipped.settle(runtime, INJECTION), version, again=again)
    drawing = safety.extraction_job(runtime, version, again=again)
    jobs = {INJECTION: injected, **({EXTRACTION: drawing} if drawing else {})}
    model = evaluation.candidate(runtime, version)
    attempts: list[Attempt] = []
    runs = {}
    for name, job in jobs.items():
        done = job.judge.run(job.arm, model)
        rows = ceiling.results(runtime, done)
        attempts += attacked(name, job.cases, rows, begun=name == EXTRACTION)
        runs[name] = {"run": done.id, "results": done.results}
    made = RedTeam(
        attacker=person.id,
        independent=False,
        tool=TOOL,
        attempts=len(attempts),
        through=sum(one.through for one in attempts),
        findings=red_team.owned(runtime, attempts, owner),
        asked_again=0,
        same=0,
        confirmed=bool(attempts),
        # The answers stand in the runs, where an erasure finds them.
        report=runtime.blobs.put(canonical(runs)),
        automated=True,
        unanswered=sum(len(job.cases) for job in jobs.values()) - len(attempts),
    )
    why = f"{person.id} started the program's own attacks; nobody made any of their own"
    red_team.keep(runtime, made, why)
    return made
