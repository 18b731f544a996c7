"""The gates' policy in force: the product's, or the project's own file, stricter at will."""

from pathlib import Path

from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.words import KeptPolicy, PolicyChange, PolicyState
from tuneworthy.govern import Policy, laxer, load_policy, read_policy, shipped_policy
from tuneworthy.lifecycle import laxer_changes, own_file
from tuneworthy.lifecycle.wiring import POLICY, Runtime

TAKE_UP = "policy.take_up"


def in_force(runtime: Runtime) -> Policy:
    """The policy that the gates follow. Raises ConfigProblem for a file that is none."""
    return runtime.kept("policy", _in_force)


def _in_force(runtime: Runtime) -> Policy:
    standing, wanted = before(runtime), of_file(runtime)
    if wanted is None or wanted.digest == standing.digest:
        return standing
    return wanted if _may_follow(runtime, standing, wanted) else standing


def before(runtime: Runtime) -> Policy:
    """The policy that the project went over to last; each asked for as much, or was signed.

    Raises IntegrityProblem when one that the audit chain names is gone or changed.
    """
    standing = load_policy()
    for kept in runtime.states.held(runtime.store, KeptPolicy):
        if kept.project != runtime.project.id:
            continue
        try:
            next_ = read_policy(kept.text)
        except ValueError:
            continue  # a row put in by hand
        if _may_follow(runtime, standing, next_):
            standing = next_
    return standing


def of_file(runtime: Runtime) -> Policy | None:
    """What the project's file says; None where there is none. Raises ConfigProblem."""
    path = runtime.folder / POLICY

    def refuse(why: str) -> ConfigProblem:
        return ConfigProblem(
            "bad_policy",
            f"{path} is no policy of gates.",
            why=why,
            fix="Mend it; tuneworthy gate policy --print prints the one in force.",
        )

    return own_file.read(path, read_policy, "tuneworthy gate policy --print", refuse)


def text(runtime: Runtime) -> str:
    """The file of the policy in force, to start from; a file that is none is not looked at."""
    try:
        standing, wanted = in_force(runtime), of_file(runtime)
    except ConfigProblem:
        standing, wanted = before(runtime), None
    if wanted is not None and wanted.digest == standing.digest:
        return (runtime.folder / POLICY).read_text(encoding="utf-8")
    kept = (k.text for k in reversed(runtime.store.list(KeptPolicy)))
    return next((t for t in kept if read_policy(t).digest == standing.digest), shipped_policy())


def take_up(runtime: Runtime) -> None:
    """Note in the ledger that the project follows its file, so that it cannot go back unseen."""
    wanted = of_file(runtime)
    if wanted is None or in_force(runtime).digest != wanted.digest:
        return
    if before(runtime).digest == wanted.digest:
        return
    text = (runtime.folder / POLICY).read_text(encoding="utf-8")
    number = len(runtime.store.list(KeptPolicy)) + 1
    kept = KeptPolicy(
        id=f"{runtime.project.id}/{number}/{wanted.digest}",
        project=runtime.project.id,
        text=text,
        created_at=runtime.now(),
    )
    with runtime.change(TAKE_UP, (kept.kind, kept.id, wanted.digest)) as change:
        change.put(kept, expect=0)


def state(runtime: Runtime) -> PolicyState:
    """Which policy counts, and whether the file waits for signatures."""
    standing, wanted = in_force(runtime), of_file(runtime)
    follows = wanted is not None and wanted.digest == standing.digest
    shipped = standing.digest == load_policy().digest
    less = () if wanted is None or follows else laxer(standing, wanted)
    after = wanted.digest if wanted else ""
    return PolicyState(
        digest=standing.digest,
        version=standing.version,
        source="project" if follows else "product" if shipped else "kept",
        file_digest=after,
        laxer=less,
        proposed_by=laxer_changes.proposed_by(runtime, after) if less else "",
    )


def propose(runtime: Runtime, by: str, reason: str, key: Path | None = None) -> PolicyChange:
    """A governance owner's word for a file that asks for less; it waits for another's.

    Raises UsageProblem when there is nothing to sign, BlockedProblem or NeedsPersonProblem.
    """
    standing, wanted = in_force(runtime), of_file(runtime)
    less = laxer(standing, wanted) if wanted else ()
    if wanted is None or not less:
        raise UsageProblem(
            "nothing_laxer",
            "The project's policy asks for no less than the one in force.",
            why="Only what asks for less needs signatures.",
            fix="tuneworthy gate policy",
        )
    return laxer_changes.propose(
        runtime, by, reason, before=standing.digest, after=wanted.digest, less=less, key=key
    )


def confirm(runtime: Runtime, by: str, reason: str, key: Path | None = None) -> PolicyState:
    """A second person's word for the proposed policy; it counts from then on.

    Raises UsageProblem when nothing waits, BlockedProblem or NeedsPersonProblem.
    """
    wanted = of_file(runtime)
    after = wanted.digest if wanted and in_force(runtime).digest != wanted.digest else ""
    laxer_changes.confirm(runtime, by, reason, after=after, show="tuneworthy gate policy", key=key)
    take_up(runtime)
    return state(runtime)


def _may_follow(runtime: Runtime, standing: Policy, wanted: Policy) -> bool:
    """Whether a project may go over from one policy to another: it is no laxer, or signed."""
    return not laxer(standing, wanted) or laxer_changes.signed(
        runtime, standing.digest, wanted.digest
    )
