"""The gates' policy in force: the product's, or the project's own file, stricter at will."""

from pathlib import Path

from tuneworthy.config.text_file import read_text
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import Confirmation, KeptPolicy, PolicyChange, PolicyState
from tuneworthy.govern import (
    Action,
    Denied,
    Matter,
    Policy,
    authorise,
    laxer,
    load_policy,
    read_policy,
    shipped_policy,
)
from tuneworthy.lifecycle import people, words
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
    """The policy that the project went over to last; each asked for as much, or was signed."""
    standing = load_policy()
    for kept in runtime.store.list(KeptPolicy):
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
    if not path.exists():
        return None
    try:
        return read_policy(read_text(path, "tuneworthy gate policy --print"))
    except ValueError as fault:
        raise ConfigProblem(
            "bad_policy",
            f"{path} is no policy of gates.",
            why=str(fault).splitlines()[0],
            fix="tuneworthy gate policy --print > gates.toml gives one to start from.",
        ) from fault


def text(runtime: Runtime) -> str:
    """The file of the policy in force, to start from."""
    standing, wanted = in_force(runtime), of_file(runtime)
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
    proposal = next((c for c in _proposals(runtime) if c.after == after), None)
    return PolicyState(
        digest=standing.digest,
        version=standing.version,
        source="project" if follows else "product" if shipped else "kept",
        file_digest=after,
        laxer=less,
        proposed_by=proposal.by if proposal and less else "",
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
    _require(runtime, people.find(runtime, by), Action.CHANGE_POLICY, Matter())
    facts = words.draft(
        runtime, by, reason, before=standing.digest, after=wanted.digest, laxer=less
    )
    word = words.sign(runtime, PolicyChange, facts, key)
    words.keep(runtime, "policy.propose", word, after=f"{wanted.digest}: {'; '.join(less)}")
    return word


def confirm(runtime: Runtime, by: str, reason: str, key: Path | None = None) -> PolicyState:
    """A second person's word for the proposed policy; it counts from then on.

    Raises UsageProblem when nothing waits, BlockedProblem or NeedsPersonProblem.
    """
    wanted = of_file(runtime)
    waiting = [c for c in _proposals(runtime) if wanted and c.after == wanted.digest]
    if not waiting or wanted is None or in_force(runtime).digest == wanted.digest:
        raise UsageProblem(
            "nothing_to_confirm",
            "No proposed policy waits for a confirmation.",
            fix="tuneworthy gate policy",
        )
    proposal = waiting[-1]
    matter = Matter(maker=proposal.by)
    _require(runtime, people.find(runtime, by), Action.CONFIRM_POLICY, matter)
    word = words.sign(runtime, Confirmation, words.draft(runtime, by, reason, of=proposal.id), key)
    words.keep(runtime, "policy.confirm", word, after=proposal.after)
    take_up(runtime)
    return state(runtime)


def _may_follow(runtime: Runtime, standing: Policy, wanted: Policy) -> bool:
    """Whether a project may go over from one policy to another: it is no laxer, or signed."""
    if not laxer(standing, wanted):
        return True
    known = {person.id: person for person in people.everyone(runtime)}
    said = words.genuine(runtime, Confirmation)
    return any(
        (change.before, change.after) == (standing.digest, wanted.digest)
        and any(
            one.of == change.id
            and _may(known[one.by], Action.CONFIRM_POLICY, Matter(maker=change.by))
            for one in said
        )
        for change in _proposals(runtime)
    )


def _proposals(runtime: Runtime) -> list[PolicyChange]:
    known = {person.id: person for person in people.everyone(runtime)}
    return [
        change
        for change in words.genuine(runtime, PolicyChange)
        if _may(known[change.by], Action.CHANGE_POLICY, Matter())
    ]


def _may(person: Person, action: Action, on: Matter) -> bool:
    return not isinstance(authorise(person, action, on), Denied)


def _require(runtime: Runtime, person: Person, action: Action, on: Matter) -> None:
    verdict = authorise(person, action, on)
    if isinstance(verdict, Denied):
        what = ("action", action.value, "")
        more = {"actor": person.id, "decision": "deny", "reason": verdict.reason}
        runtime.store.note(runtime.event("access.refuse", what, **more))
        raise BlockedProblem(
            "not_allowed",
            f"{person.name} may not {action.value.replace('_', ' ')}.",
            why=f"{verdict.reason[0].upper()}{verdict.reason[1:]}.",
            fix="tuneworthy people list",
        )
