"""Which gaps can be closed now: what stands in the way of a command, read off the record."""

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Literal

from tuneworthy.assess import Predicate, Rubric, is_itemised, read_costs
from tuneworthy.assess.conditions import parse
from tuneworthy.config.project_file import load_people
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.document import SIGNERS, signers, signing_role
from tuneworthy.core.nouns.gate import GateName, GateState
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.way import Way
from tuneworthy.lifecycle import ceiling, incumbent, people
from tuneworthy.lifecycle.documents import BREAK_EVEN
from tuneworthy.lifecycle.money import SUM
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

_GROUNDS = frozenset({"licence_coverage", "legal_basis_coverage"})
_TO_WRITE = {
    "prompt_variants": "add further prompts to {prompts}, until there are five different ones",
    "few_shot": "add a prompt of kind few_shot to {prompts}",
    "retrieval": "add a prompt of kind retrieval to {prompts}",
    "structured": "add a prompt to {prompts} with a filled-in line each for Persona, Context, Task "
    "and Format",
    "models": "name a second model under 'models' in tuneworthy.yaml",
}
"""What a person writes where every prompt of the file has been run already."""


def ways(
    runtime: Runtime, rubric: Rubric, decision: Decision, states: Sequence[GateState]
) -> dict[str, Way]:
    """For every predicate of the rubric, by id: does its command close it now, and if not, why.

    Args:
        runtime: The project.
        rubric: The rubric in force.
        decision: The verdict as evidenced.
        states: All gates as they are now.
    """
    look = _Look(runtime, decision, states)
    found = {predicate.id: look.way(predicate) for predicate in rubric.predicates}
    return {id_: way for id_, way in found.items() if way.first}


def opens(states: Sequence[GateState]) -> dict[str, str]:
    """The first shut gate that lacks the evidence, by the fact's name."""
    found: dict[str, str] = {}
    for state in (s for s in states if not s.open):
        for lack in state.missing_evidence:
            found.setdefault(lack.partition(": ")[0], state.gate.value)
        found.setdefault(f"gate.{state.gate.value}", state.gate.value)
    return found


class _Look:
    """One look at the project; what many predicates ask for is found once."""

    def __init__(self, runtime: Runtime, decision: Decision, states: Sequence[GateState]) -> None:
        self.runtime = runtime
        self.verdict = decision.verdict
        self.gates = {state.gate: state for state in states}

    def way(self, predicate: Predicate) -> Way:
        """What stands in the way of one predicate's command."""
        if blocked := next(self._blocks(predicate), ""):
            return Way(first=blocked, reachable=False)
        return Way(first=next(self._steps(predicate), ""))

    def _blocks(self, predicate: Predicate) -> Iterator[str]:
        """What must happen elsewhere before the command can work at all."""
        command, head = predicate.command, self.runtime.head
        if command.startswith("tuneworthy gate approve"):
            gate = self.gates[GateName(command.split()[3])]
            if gate.missing_evidence:
                yield from self._verdict()
                yield f"not reachable while the {gate.gate.value} gate lacks evidence: " + (
                    ", ".join(lack.partition(": ")[0] for lack in gate.missing_evidence)
                )
        elif command.startswith("tuneworthy train start"):
            yield from self._shut(GateName.START, GateName.BUILD)
        elif command.startswith(("tuneworthy eval run --tuned", "tuneworthy eval run --safety")):
            if not head.version:
                yield from self._verdict()
                yield "not reachable before a version is trained: tuneworthy train start"
        elif command.startswith("tuneworthy serve"):
            yield from self._unserved()
        elif command.startswith("tuneworthy drift"):
            if not self._traffic:
                yield "not reachable without live requests: tuneworthy serve start takes them"
        elif command.startswith(("tuneworthy eval", "tuneworthy train plan")) and not head.dataset:
            yield "needs a dataset first: tuneworthy data build"

    def _verdict(self) -> Iterator[str]:
        if not self.verdict.allows_tuning:
            yield f"not reachable while the verdict is {self.verdict.value}"

    def _unserved(self) -> Iterator[str]:
        """A drill takes the version in production where that is another one, else the current."""
        if incumbent.incumbent(self.runtime) is None:
            yield from self._shut(*GateName)

    def _shut(self, *names: GateName) -> Iterator[str]:
        for name in (n for n in names if not self.gates[n].open):
            yield from self._verdict()
            yield f"not reachable while the {name.value} gate is shut"

    def _steps(self, predicate: Predicate) -> Iterator[str]:
        """What a person does first; the command closes the gap then."""
        command, project = predicate.command, self.runtime.project
        fields = {condition.field for text in predicate.where for condition in parse(text)}
        if command.startswith("tuneworthy gate approve"):
            roles = self.gates[GateName(command.split()[3])].missing_roles
            yield "once for each of: " + ", ".join(role.replace("_", " ") for role in roles)
        elif fields & _GROUNDS and self._no_ground:
            yield (
                "write 'licence:' and 'legal_basis:' under sources in tuneworthy.yaml: "
                + ", ".join(self._no_ground)
            )
        elif any("@approach_minimum" in text for text in predicate.where):
            yield "add rows to the files under sources in tuneworthy.yaml"
        elif (name := _signed(command)) is not None:
            yield from self._signing(name)
        elif predicate.about == SUM and not self._itemised:
            yield self._rows()
        elif predicate.about == "ceiling.summary" and self._all_ran:
            texts = (text for field, text in _TO_WRITE.items() if field in fields)
            yield from (text.format(prompts=project.prompts) for text in texts)
        else:
            yield from self._of_runs(predicate, fields)

    def _of_runs(self, predicate: Predicate, fields: Collection[str]) -> Iterator[str]:
        """The same for what runs of the model show."""
        command = predicate.command
        if predicate.about == "suite.frozen" and (cases := self._cases_short(predicate)):
            yield (
                f"add rows to the files under sources in tuneworthy.yaml, until {cases} are in the "
                f"test part; it has {self._cases}"
            )
        elif predicate.about == "data.poison_screen" and self._measured(predicate.about, "dataset"):
            yield "leave out the rows that the build names: tuneworthy data fix"
        elif predicate.about == "train.run" and (often := predicate.count) > 1:
            yield f"{often} runs are needed, each over other rows or settings"
        elif "resumed" in fields:
            yield "stop a training with Ctrl+C; the command goes on from where it was"
        elif command.startswith("tuneworthy eval run --tuned") and self._measured(predicate.about):
            yield "this version was measured and does not reach it; train another one"
        elif command.startswith("tuneworthy eval judge") and not self.runtime.project.judges:
            yield "name a model under 'judges' in tuneworthy.yaml"

    def _signing(self, document: str) -> Iterator[str]:
        if document == BREAK_EVEN and not self._itemised:
            yield self._rows()
        if document in SIGNERS and not any(signing_role(document, r) for r in self._held):
            role = SIGNERS[document][0].value
            yield (
                f"nobody is the {signers(document)}: tuneworthy people add PERSON NAME "
                f"--role {role}"
            )

    def _rows(self) -> str:
        return (
            f"write rows under 'costs:' in {self.runtime.project.answers}, such as "
            "upfront: [{name: prepare data, hours: {low: 20, high: 40}}] and "
            "returns: [{name: calls saved, spend: 2000}]"
        )

    def _measured(self, about: str, of: Literal["dataset", "model"] = "model") -> bool:
        """Whether today's has been measured already: typing it again says the same."""
        now = getattr(self.runtime.head, of)
        return any(e.about == about and now in e.subjects for e in self.runtime.evidence())

    def _cases_short(self, predicate: Predicate) -> int:
        """How many cases a suite must have, where today's dataset cannot give as many; else 0."""
        wanted = [
            condition.value
            for text in predicate.where
            for condition in parse(text)
            if (condition.field, condition.op) == ("n", ">=") and not condition.named
        ]
        most, held = max(wanted, default=0), self._cases
        return most if held is not None and held < most else 0

    @cached_property
    def _cases(self) -> int | None:
        """Rows that today's dataset holds out for tests; None where it is not kept any more."""
        version = self.runtime.store.get(DatasetVersion, self.runtime.head.dataset)
        return None if version is None else version.split.sizes.get("test", 0)

    @cached_property
    def _traffic(self) -> bool:
        return self.runtime.store.interaction_count(self.runtime.project.id) > 0

    @cached_property
    def _itemised(self) -> bool:
        costs = read_costs(self.runtime.answers.costs)
        return bool(costs.upfront or costs.returns) and is_itemised(costs)

    @cached_property
    def _no_ground(self) -> list[str]:
        """The sources that say not on what licence or legal basis they are held."""
        sources = self.runtime.project.sources
        return [s.path for s in sources if not (s.licence.strip() and s.legal_basis.strip())]

    @cached_property
    def _held(self) -> list[tuple[Role, ...]]:
        """The roles of everybody who is known, or will be with the next command."""
        listed = load_people(self.runtime.folder, self.runtime.project)
        return [tuple(p.roles) for p in (*people.everyone(self.runtime), *listed)]

    @cached_property
    def _all_ran(self) -> bool:
        """Whether every prompt of the file has been run on today's suite."""
        if not self.runtime.head.suite:
            return False
        ran = {digest(run.arm) for run in ceiling.alternatives(self.runtime)}
        arms = [arm for arm in self.runtime.arms if arm.arm != "tuned"]
        return bool(ran) and all(digest(arm) in ran for arm in arms)


def _signed(command: str) -> str | None:
    """The document that a command signs."""
    words = command.split()
    return words[3] if words[:3] == ["tuneworthy", "people", "attest"] else None
