"""What must hold of a small company at random, judged by rules that were written a second time.

No signature is looked at and nothing is replayed: only what the world remembers of what it did, and
brute force over who may fill which role of a gate.
"""

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from tuneworthy.core.nouns.gate import GateName, GateState
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern import load_policy

POLICY = load_policy()
S = ModelState
CURRENT = {"dataset": "sha256:d", "suite": "sha256:s", "model": "sha256:m"}
ASKED = {
    gate: tuple(
        r.about
        for r in POLICY.gates[gate].requires
        if r.subject in CURRENT or r.subject == "project"
    )
    for gate in GateName
}
ABOUTS = sorted({about for names in ASKED.values() for about in names})
FIRM = {
    "people.named", "people.operators", "train.run", "eval.proof", "document.labelling_guide",
    "document.retention_class",
}  # fmt: skip
UNCONDITIONAL = {(GateName.BUILD, "data.version")}
"""Asked for at a gate whatever it says; at another gate it must say something."""
TRAINER_BARRED = (GateName.PROOF, GateName.RELEASE)
LAST = {GateName.RELEASE: Role.GOVERNANCE_OWNER}
SPONSORS = {Role.GOVERNANCE_OWNER, Role.BUSINESS_OWNER, Role.COMPLIANCE_REVIEWER}
OFFICERS = {Role.GOVERNANCE_OWNER, Role.COMPLIANCE_REVIEWER}
WAYS: dict[ModelState, dict[ModelState, str]] = {
    # From a state: to which, with the first letters of the gates that it takes.
    S.DRAFT: {S.REGISTERED: "s"},
    S.REGISTERED: {S.TRAINED: "sb"},
    S.TRAINED: {S.VALIDATED: "p"},
    S.VALIDATED: {S.APPROVED: "pr"},
    S.APPROVED: {S.SHADOW: "sbpr", S.CANARY: "sbpr"},
    S.SHADOW: {S.CANARY: "sbpr", S.ROLLED_BACK: ""},
    S.CANARY: {S.PRODUCTION: "sbpr", S.ROLLED_BACK: ""},
    S.PRODUCTION: {S.SUPERSEDED: "", S.ROLLED_BACK: ""},
    S.SUPERSEDED: {S.PRODUCTION: "sbpr", S.RETIRED: ""},
    S.ROLLED_BACK: {S.APPROVED: "sbpr", S.RETIRED: ""},
    S.QUARANTINED: {S.VALIDATED: "p", S.RETIRED: ""},
    S.RETIRED: {},
}


class Said(NamedTuple):
    """A decision as the world remembers it: genuine, by whom, on what, when."""

    gate: GateName
    person: str
    role: Role
    approves: bool
    at: datetime
    until: datetime
    saw: tuple[tuple[str, str], ...]
    genuine: bool


class Excuse(NamedTuple):
    """An exception as the world remembers it."""

    id: str
    gate: GateName
    about: str
    by: str
    owner: str
    at: datetime
    until: datetime
    genuine: bool


class SecondOpinion:
    """The world's memory in plain lists, and what follows from it; ``World`` fills it."""

    chance: random.Random
    now: datetime
    names: list[str]
    trainer: str
    opened: int
    said: list[Said]
    excuses: list[Excuse]
    holds: dict[str, set[Role]]
    active: dict[str, bool]
    newest: dict[str, tuple[str, bool]]
    questions: dict[str, tuple[GateName, str, datetime, datetime | None]]

    def people(self) -> list[Person]:
        """As the product has them."""
        raise NotImplementedError

    def state(self, gate: GateName) -> GateState:
        """As the product has it."""
        raise NotImplementedError

    def faults(self) -> Iterator[str]:
        for person in self.people():
            if (set(person.roles), person.active) != (
                self.holds[person.id],
                self.active[person.id],
            ):
                yield f"{person.id} is {person.roles}, not {self.holds[person.id]}"
        gate = self.chance.choice(list(GateName))
        state = self.state(gate)
        self.opened += state.open
        missing = {line.partition(":")[0] for line in state.missing_evidence}
        lacking = {about for about, id_ in self.sees(gate) if not id_}
        if missing != lacking:
            yield f"the {gate} gate lacks {missing}, and must lack {lacking}"
        if state.open and not self.may_be_open(gate):
            yield f"the {gate} gate is open and must not be"
        if not state.open and self.must_be_open(gate):
            yield f"the {gate} gate is shut and must not be: {state.void}"

    def sees(self, gate: GateName) -> tuple[tuple[str, str], ...]:
        """What stands for each requirement now; an empty string where nothing does."""
        return tuple((about, self.stands_for(gate, about)) for about in ASKED[gate])

    def stands_for(self, gate: GateName, about: str) -> str:
        id_, good = self.newest[about]
        if good or (gate, about) in UNCONDITIONAL:
            return id_
        excuses = [e.id for e in self.excuses if (e.gate, e.about) == (gate, about)]
        return next((i for i in reversed(excuses) if self.excuses_now(i)), "")

    def excuses_now(self, id_: str) -> bool:
        one = next(e for e in self.excuses if e.id == id_)
        return (
            one.genuine
            and one.about not in FIRM
            and self.now < one.until
            and one.until.date() - one.at.date() <= timedelta(days=30)
            and self.active[one.by]
            and self.active[one.owner]
            and bool(self.holds[one.by] & OFFICERS)
            and Role.PLATFORM_ADMIN not in self.holds[one.by]
            and one.by != self.trainer
        )

    def counts(self, said: Said) -> bool:
        asked_over = said.approves and any(
            gate == said.gate
            and at <= said.at
            and (closed is None or said.at < closed)
            and self.active[by]
            and self.holds[by] - {Role.PLATFORM_ADMIN}
            for gate, by, at, closed in self.questions.values()
        )
        return (
            said.genuine
            and not asked_over
            and said.saw == self.sees(said.gate)
            and said.role in POLICY.roles(said.gate)
            and self.active[said.person]
            and said.role in self.holds[said.person]
            and Role.PLATFORM_ADMIN not in self.holds[said.person]
            and not (said.gate in TRAINER_BARRED and said.person == self.trainer)
            and self.now < said.until
            and said.until - said.at <= timedelta(days=180)
        )

    def standing(self, gate: GateName) -> dict[Role, list[Said]]:
        newest: dict[tuple[Role, str], Said] = {}
        for said in self.said:
            if said.gate == gate and self.counts(said):
                newest[said.role, said.person] = said
        refused = {said.role for said in newest.values() if not said.approves}
        return {
            role: [s for s in newest.values() if s.role == role and role not in refused]
            for role in POLICY.roles(gate)
        }

    def may_be_open(self, gate: GateName) -> bool:
        """Whether any way of filling the roles is allowed; every one is tried."""
        if not all(standing for _, standing in self.sees(gate)):
            return False
        roles = self.standing(gate)
        deciders = sum(
            self.active[name]
            and bool(held)
            and Role.PLATFORM_ADMIN not in held
            and not (gate in TRAINER_BARRED and name == self.trainer)
            for name, held in self.holds.items()
        )
        least = len(roles) if deciders >= 3 else 2
        return any(
            len({said.person for said in choice}) >= least and self.in_order(gate, choice)
            for choice in itertools.product(*roles.values())
        )

    def in_order(self, gate: GateName, choice: tuple[Said, ...]) -> bool:
        last = [said for said in choice if said.role == LAST.get(gate)]
        return all(said.at <= one.at for one in last for said in choice)

    def must_be_open(self, gate: GateName) -> bool:
        """Whether no two opinions are possible: one decision a role, by different people."""
        if not all(standing for _, standing in self.sees(gate)):
            return False
        given = list(self.standing(gate).values())
        if any(len(said) != 1 for said in given):
            return False
        choice = tuple(said[0] for said in given)
        return len({s.person for s in choice}) == len(choice) and self.in_order(gate, choice)
