"""A small company at random: people, gates, a version and its exposure, and a second opinion.

``World`` takes random steps through the product's own functions, honest and not: rows are put in
unasked, with keys of others, by people who may not. Beside it the world keeps what it did in plain
lists, from which ``second_opinion`` judges.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.fakes.second_opinion import (
    ABOUTS,
    ASKED,
    CURRENT,
    OFFICERS,
    POLICY,
    SPONSORS,
    TRAINER_BARRED,
    WAYS,
    Excuse,
    S,
    Said,
    SecondOpinion,
)
from tests.fakes.small_project import BETTER
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.gate import Approval, Bundle, GateName, GateState
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.words import Ask, AskReply, Confirmation, GateException, PersonChange
from tuneworthy.govern import (
    Action,
    Allowed,
    Matter,
    advance,
    ask_states,
    authorise,
    exception_fault,
    gate_state,
    make_approval,
    make_bundle,
    make_word,
    people_at,
)
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.signing import generate

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ("ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal")
KEYS = {name: generate() for name in (*NAMES, "thief")}
GOOD: dict[str, dict[str, Any]] = {
    "decision.verdict": {"allows_tuning": True},
    "data.version": {"licence_coverage": 1.0, "legal_basis_coverage": 1.0},
    "data.pii": {"unresolved_high": 0},
    "data.leakage": {"exact": 0, "near": 0},
    "data.poison_screen": {"blocking": 0},
    "suite.frozen": {"n": 50},
    "ceiling.summary": {"prompt_variants": 5},
    "eval.proof": {"passed": True},
    "eval.comparison": BETTER,
    "eval.base_comparison": BETTER,
    "safety.suite": {"n": 20},
    "eval.red_team": {"attempts": 20},
    "people.operators": {"n": 2},
}


class World(SecondOpinion):
    """One company; ``step`` does something at random and gives what is wrong afterwards."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - steps of a walk, not secrets
        self.now = BEGIN
        self.founders = self.staffed() if self.chance.random() < 0.7 else self.at_random()
        self.names = [person.id for person in self.founders]
        self.trainer = self.chance.choice(self.names)
        self.ledger = [evidence(about, GOOD.get(about, {}), BEGIN) for about in ABOUTS]
        self.approvals: list[Approval] = []
        self.changes: list[PersonChange] = []
        self.confirmations: list[Confirmation] = []
        self.exceptions: list[GateException] = []
        self.asks: list[Ask] = []
        self.replies: list[AskReply] = []
        self.version = version(self.chance.choice(list(S)))
        self.moved = self.opened = 0
        self.asked: tuple[datetime, int, int] | None = None
        self.found: list[Person] = []
        # What was done, in plain words, for the second opinion.
        self.said = []
        self.excuses = []
        self.holds = {p.id: set(p.roles) for p in self.founders}
        self.active = dict.fromkeys(self.names, True)
        self.proposed: dict[str, tuple[str, str, Role]] = {}
        self.coming: list[tuple[datetime, str, Role]] = []
        self.newest = {item.about: (item.id, True) for item in self.ledger}
        self.questions = {}
        self.steps: list[tuple[int, Callable[[], None]]] = [
            (24, self.decide), (12, self.decide_all), (4, self.forge), (3, self.measure),
            (5, self.grant), (5, self.confirm), (2, self.take_away), (3, self.excuse),
            (2, self.ask), (3, self.close), (24, self.move), (4, self.wait),
        ]  # fmt: skip

    def staffed(self) -> list[Person]:
        """Every role is held, by somebody."""
        names = self.chance.sample(NAMES, self.chance.randint(4, len(NAMES)))
        held: dict[str, list[Role]] = {name: [] for name in names}
        for number, role in enumerate(self.chance.sample(list(Role)[:-1], 9)):
            held[names[number % len(names)]].append(role)
        return [founder(name, held[name]) for name in names]

    def at_random(self) -> list[Person]:
        names = self.chance.sample(NAMES, self.chance.randint(2, len(NAMES)))
        return [
            founder(name, self.chance.sample(list(Role), self.chance.randint(1, 3)))
            for name in names
        ]

    def step(self) -> list[str]:
        """Do one thing; what is wrong then, in words, for people, gates and version."""
        self.now += timedelta(seconds=1)
        self.come_due()
        weights = [weight for weight, _ in self.steps]
        self.chance.choices([do for _, do in self.steps], weights)[0]()
        return list(self.faults())

    # -- what people do ---------------------------------------------------------------------------

    def anyone(self) -> str:
        return self.chance.choice(self.names)

    def people(self) -> list[Person]:
        """As the product has them now; asked once for as long as nothing has happened."""
        at = (self.now, len(self.changes), len(self.confirmations))
        if self.asked != at:
            found = people_at(self.founders, self.changes, self.confirmations, self.now)
            self.asked, self.found = at, list(found.people)
        return self.found

    def decide(self) -> None:
        """Somebody who may, mostly; the product is asked first."""
        gate = self.chance.choice(list(GateName))
        role = self.chance.choice(POLICY.roles(gate))
        able = [p for p in self.people() if role in p.roles]
        person = self.chance.choice(able or self.people())
        matter = Matter(gate=gate, role=role, maker=self.trainer)
        approves = self.chance.random() < 0.93
        action = Action.APPROVE if approves else Action.REJECT
        if isinstance(authorise(person, action, matter), Allowed):
            self.sign(gate, person.id, role, approves=approves)

    def decide_all(self) -> None:
        """Whoever may, signs, one after another: the way in which gates do open."""
        gate = self.chance.choice(list(GateName))
        taken: dict[Role, str] = {}
        for role in POLICY.roles(gate):
            self.now += timedelta(seconds=1)
            self.come_due()
            for person in self.chance.sample(self.people(), len(self.people())):
                matter = Matter(gate=gate, role=role, maker=self.trainer, approvers=taken)
                if isinstance(authorise(person, Action.APPROVE, matter), Allowed):
                    self.sign(gate, person.id, role)
                    taken[role] = person.id
                    break

    def forge(self) -> None:
        """A row put in unasked: by one who may not, or with a key that is not theirs.

        Who has a key of another signs for a role that is still missing, as one who holds it.
        """
        gate = self.chance.choice(list(GateName))
        key = self.chance.choice(("own", "thief"))
        person, role = self.anyone(), self.chance.choice(list(Role))
        missing = self.state(gate).missing_roles
        if key == "thief" and missing:
            role = self.chance.choice(missing)
            able = [p.id for p in self.people() if role in p.roles]
            person = self.chance.choice(able or self.names)
        self.sign(gate, person, role, key=key)

    def sign(
        self, gate: GateName, person: str, role: Role, *, approves: bool = True, key: str = "own"
    ) -> None:
        current = self.bundle(gate)
        until = self.now + timedelta(days=self.chance.choice((1, 30, 180, 181)))
        approval = make_approval(
            current, role=role, person=person, decision="approve" if approves else "reject",
            reason="r", created_at=self.now.isoformat(), expires_at=until.isoformat(),
            policy=POLICY, private_pem=KEYS[person if key == "own" else key][0],
        )  # fmt: skip
        self.approvals.append(approval)
        self.said.append(
            Said(gate, person, role, approves, self.now, until, self.sees(gate), key == "own")
        )

    def measure(self) -> None:
        about = self.chance.choice(ABOUTS)
        good = about not in GOOD or self.chance.random() < 0.9
        result = {"at": self.now.isoformat()} | (GOOD.get(about, {}) if good else {})
        item = evidence(about, result, self.now)
        self.ledger = [old for old in self.ledger if old.about != about] + [item]
        self.newest[about] = (item.id, good)

    def word(self, kind: Any, by: str, *, genuine: bool = True, **facts: Any) -> Any:
        base = {"project": "p", "by": by, "reason": "r", "created_at": self.now.isoformat()}
        return make_word(kind, {**base, **facts}, KEYS[by if genuine else "thief"][0])

    def grant(self) -> None:
        by, person, role = self.anyone(), self.anyone(), self.chance.choice(list(Role))
        genuine = self.chance.random() < 0.9
        row = self.word(PersonChange, by, genuine=genuine, what="grant", person=person, role=role)
        self.changes.append(row)
        may = bool(self.holds[by] & (SPONSORS | {Role.PLATFORM_ADMIN})) and self.active[by]
        if genuine and may and by != person and self.active[person]:
            self.proposed[row.id] = (by, person, role)

    def confirm(self) -> None:
        if not self.proposed:
            return
        id_ = self.chance.choice(sorted(self.proposed))
        proposer, person, role = self.proposed[id_]
        by, genuine = self.anyone(), self.chance.random() < 0.5
        self.confirmations.append(self.word(Confirmation, by, genuine=genuine, of=id_))
        admin = Role.PLATFORM_ADMIN in self.holds[by]
        may = bool(self.holds[by] & SPONSORS) and self.active[by] and not admin
        if genuine and may and by not in (proposer, person):
            del self.proposed[id_]
            self.coming.append((self.now + timedelta(hours=24), person, role))

    def take_away(self) -> None:
        by, person = self.anyone(), self.anyone()
        role = self.chance.choice(sorted(self.holds[person]) or list(Role))
        what = "deactivate" if self.chance.random() < 0.1 else "revoke"
        facts: dict[str, Any] = {
            "what": what,
            "person": person,
            "role": role if what == "revoke" else None,
        }
        self.changes.append(self.word(PersonChange, by, **facts))
        may = bool(self.holds[by] & (SPONSORS | {Role.PLATFORM_ADMIN})) and self.active[by]
        if not may or not self.active[person]:
            return
        if what == "deactivate":
            self.active[person] = False
        self.holds[person] -= {role} if what == "revoke" else set()

        def over(whom: str, which: Role) -> bool:
            return whom == person and (what == "deactivate" or which == role)

        self.coming = [c for c in self.coming if not over(c[1], c[2])]
        self.proposed = {i: p for i, p in self.proposed.items() if not over(p[1], p[2])}

    def come_due(self) -> None:
        for at, person, role in self.coming:
            if at <= self.now:
                self.holds[person].add(role)
        self.coming = [c for c in self.coming if c[0] > self.now]

    def excuse(self) -> None:
        gate = self.chance.choice(list(GateName))
        about, by, owner = self.chance.choice(ASKED[gate]), self.anyone(), self.anyone()
        until = self.now + timedelta(days=self.chance.choice((1, 10, 30, 31)))
        genuine = self.chance.random() < 0.8
        if not genuine:
            # Who forges one names an officer, for what is lacking where least is.
            lacking = {
                g: [name for name in ASKED[g] if not self.stands_for(g, name)] for g in GateName
            }
            shut = [g for g in GateName if lacking[g]]
            gate = min(shut, key=lambda g: len(lacking[g]), default=gate)
            about = self.chance.choice(lacking[gate] or [about])
            officers = [p.id for p in self.people() if OFFICERS & set(p.roles)]
            by = self.chance.choice(officers or self.names)
        subject = CURRENT[POLICY.gates[gate].subject]
        facts = {"gate": gate, "about": about, "subject": subject, "owner": owner}
        row = self.word(GateException, by, genuine=genuine, until=until.isoformat(), **facts)
        self.exceptions.append(row)
        self.excuses.append(Excuse(row.id, gate, about, by, owner, self.now, until, genuine))

    def ask(self) -> None:
        if sum(closed is None for *_, closed in self.questions.values()) > 2:
            return
        gate, by = self.chance.choice(list(GateName)), self.anyone()
        genuine = self.chance.random() < 0.8
        row = self.word(
            Ask, by, genuine=genuine, gate=gate, subject=CURRENT[POLICY.gates[gate].subject]
        )
        self.asks.append(row)
        if genuine:
            self.questions[row.id] = (gate, by, self.now, None)

    def close(self) -> None:
        still = [id_ for id_, (*_, closed) in self.questions.items() if closed is None]
        if not still:
            return
        id_ = self.chance.choice(still)
        gate, asker, at, _ = self.questions[id_]
        by = asker if self.chance.random() < 0.8 else self.anyone()
        self.replies.append(self.word(AskReply, by, of=id_, closes=True))
        self.questions[id_] = (gate, asker, at, self.now if by == asker else None)
        if by != asker:  # Whether that counts depends on the day: it is taken back at once.
            self.replies.pop()

    def move(self) -> None:
        """A random step of the version, to anywhere, by anybody."""
        likely = list(WAYS[self.version.state])
        to = self.chance.choice(likely if likely and self.chance.random() < 0.5 else list(S))
        before = self.version.state
        # What no gate could allow is mostly tried without asking the gates: it must fail anyway.
        asked = to in WAYS[before] or self.chance.random() < 0.1
        gates_open = [state.gate for state in self.states() if state.open] if asked else []
        person = self.chance.choice(self.people())
        if to in (S.SHADOW, S.CANARY, S.PRODUCTION) and before in (S.APPROVED, S.SHADOW, S.CANARY):
            matter = Matter(state=before, open_gates=frozenset(gates_open))
            if not isinstance(authorise(person, Action.RAISE_EXPOSURE, matter), Allowed):
                return
            able = {Role.TECHNICAL_OWNER, Role.MODEL_OWNER} & self.holds[person.id]
            assert able, f"{person.id} raised exposure without a role for it"
            assert self.active[person.id], f"{person.id} raised exposure and is not active"
        try:
            self.version = advance(self.version, to, gates_open)
        except BlockedProblem:
            return
        self.moved += 1
        letters = WAYS[before].get(to) if to != S.QUARANTINED else ""
        assert letters is not None, f"{before} became {to}"
        model_open = {gate.value[0] for gate in GateName if self.may_be_open(gate)}
        assert set(letters) <= model_open, f"{before} became {to} past a shut gate"
        if self.version.state in (S.RETIRED, S.QUARANTINED) and self.chance.random() < 0.7:
            self.version = version(S.DRAFT)

    def wait(self) -> None:
        self.now += timedelta(hours=self.chance.choice((1, 6, 12, 24, 48, 24 * 20)))
        self.come_due()

    # -- the product's opinion --------------------------------------------------------------------

    def bundle(self, gate: GateName) -> Bundle:
        people = {person.id: person for person in self.people()}
        subject = CURRENT[POLICY.gates[gate].subject]
        excused = {
            one.about: one.id
            for one in self.exceptions
            if one.gate == gate
            and not exception_fault(
                one, people, POLICY, subject=subject, submitted_by=self.trainer, now=self.now
            )
        }
        return make_bundle(
            gate, "p", subject, self.ledger, POLICY, current=CURRENT, now=self.now,
            exceptions=excused,
        )  # fmt: skip

    def state(self, gate: GateName) -> GateState:
        people = self.people()
        known = {person.id: person for person in people}
        subject = CURRENT[POLICY.gates[gate].subject]
        own = [ask for ask in self.asks if ask.gate == gate]
        return gate_state(
            self.bundle(gate), [a for a in self.approvals if a.gate == gate], people,
            submitted_by=self.trainer if gate in TRAINER_BARRED else "", now=self.now,
            policy=POLICY, asks=ask_states(own, self.replies, known, subject=subject),
        )  # fmt: skip

    def states(self) -> list[GateState]:
        return [self.state(gate) for gate in GateName]


def founder(name: str, roles: Sequence[Role]) -> Person:
    """One of those who are there from the beginning."""
    return Person(id=name, name=name, roles=tuple(roles), public_key=KEYS[name][1])


def evidence(about: str, result: dict[str, Any], at: datetime) -> Evidence:
    """A claim that meets its requirement's subject, grade and signature."""
    wanted = next(r for rule in POLICY.gates.values() for r in rule.requires if r.about == about)
    subjects = {CURRENT.get(r.subject) or "p" for rule in POLICY.gates.values()
                for r in rule.requires if r.about == about}  # fmt: skip
    facts = {
        "about": about, "project": "p", "grade": Grade(wanted.grade).value,
        "subjects": tuple(sorted(subjects)), "producer": "job", "producer_version": "0",
        "result": result, "created_at": at.isoformat(), "stale_after_days": None,
        "signer": "ann" if wanted.signed else "",
    }  # fmt: skip
    return Evidence.model_validate({"id": digest(facts), **facts})


def version(state: ModelState) -> ModelVersion:
    """A version in a state."""
    return ModelVersion(
        id="p-1", project="p", state=state, base="b", base_path="", adapter="a", tokenizer="t",
        template="c", prompt="q", dataset="sha256:d", training_run="r",
        created_at=BEGIN.isoformat(),
    )  # fmt: skip


class Walked(NamedTuple):
    """How many steps were taken, what was wrong, and how much of it was worth looking at."""

    steps: int
    faults: list[str]
    moves: int
    """Times that a version changed its state."""
    open: int
    """Looks at a gate that found it open."""


def walk(steps: int, seed: int, length: int = 60) -> Walked:
    """Steps through companies of at most ``length`` steps each."""
    faults: list[str] = []
    moves = opened = taken = number = 0
    while taken < steps:
        world = World(seed * 1_000_003 + number)
        for at in range(min(length, steps - taken)):
            try:
                faults += [f"world {number}, step {at}: {one}" for one in world.step()]
            except AssertionError as fault:
                faults.append(f"world {number}, step {at}: {fault}")
            taken += 1
        moves, opened, number = moves + world.moved, opened + world.opened, number + 1
    return Walked(taken, faults, moves, opened)
