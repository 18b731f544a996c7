"""The red-team record: attacks from a report, put to the proved version again before they count.

Anybody can hand in a report about some other model. So a sample of its attacks is asked again: only
where the version gives the answers that the report holds is the record a measured one; else it is
somebody's word.
"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from tuneworthy.adapters.garak_attempts import read_attempts
from tuneworthy.config.row_file import read_rows
from tuneworthy.core.errors import ConfigProblem, DataProblem
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.red_team import Attempt, Finding, RedTeam
from tuneworthy.core.ports import ChatRequest
from tuneworthy.evaluate.red_team import SAME, findings, same, spread
from tuneworthy.lifecycle import evaluation, people, training
from tuneworthy.lifecycle.remembered import remembered
from tuneworthy.lifecycle.wiring import UNNAMED, Runtime

ABOUT = "eval.red_team"
LONGEST = 128
"""Tokens of an answer that is asked for again."""


def import_garak(runtime: Runtime, report: str | Path, *, by: str, owner: str = "") -> RedTeam:
    """A garak report (JSON Lines) as the attacks of one person.

    Args:
        runtime: The project.
        report: garak's own ``....report.jsonl``.
        by: Who attacked; a person of the project.
        owner: Who has to mend what got through; the attacker names one.

    Raises:
        ModelProblem: The report is damaged or was cut short.
        ConfigProblem: There is no such person, no owner, or no trained version.
        IntegrityProblem: The loaded weights are not what was trained.
    """
    path = Path(report)
    version, attempts = read_attempts(path)
    return _recorded(runtime, path, f"garak {version}", attempts, by, owner)


def record(
    runtime: Runtime, file: str | Path, *, by: str, tool: str = "by hand", owner: str = ""
) -> RedTeam:
    """Attacks that somebody wrote down: ``id``, ``prompt``, ``output``, ``through``, a line each.

    ``category`` and ``owner`` may stand beside; the other arguments are as for ``import_garak``.

    Raises:
        DataProblem: A line lacks a field, with its number.
        ConfigProblem: There is no such file or person, no owner, or no trained version.
        IntegrityProblem: The loaded weights are not what was trained.
    """
    path = Path(file)
    return _recorded(runtime, path, tool, _written(path), by, owner)


def exercises(runtime: Runtime) -> list[RedTeam]:
    """Every red-team record of the current model, oldest first."""
    model = runtime.head.model
    found = [i for i in runtime.evidence() if i.about == ABOUT and model in i.subjects]
    fields = RedTeam.model_fields
    return [
        RedTeam.model_validate({k: i.result[k] for k in fields if k in i.result}) for i in found
    ]


def owned(runtime: Runtime, attempts: Sequence[Attempt], owner: str) -> tuple[Finding, ...]:
    """What got through, each kind with a person who mends it. Raises ConfigProblem."""
    found = findings(attempts, owner)
    for name in dict.fromkeys(one.owner for one in found):
        if not name:
            raise ConfigProblem(
                "no_owner",
                f"{len(found)} kinds of attack got through, and nobody is named to mend them.",
                fix="Name one with --owner PERSON (tuneworthy people list)",
            )
        people.find(runtime, name)
    return found


def keep(runtime: Runtime, made: RedTeam, why: str) -> None:
    """Put a record about the current version into the ledger; ``why`` it is independent or not."""
    grade = Grade.MEASURED if made.confirmed else Grade.DECLARED
    facts = made.model_dump(mode="json") | {"independent_why": [why]}
    runtime.record(runtime.claim(ABOUT, [runtime.head.model], facts, grade=grade))


def _written(path: Path) -> list[Attempt]:
    rows, attempts = read_rows(path), []
    for number, row in enumerate(rows, 1):
        facts = {"id": str(number), "category": "by hand", **row}
        try:
            facts["messages"] = (Message(role="user", content=facts.pop("prompt")),)
            attempts.append(Attempt.model_validate({**facts, "id": str(facts["id"])}))
        except (KeyError, ValidationError) as fault:
            raise DataProblem(
                "bad_attempt",
                f"{path}: row {number} is no attempt: {_first(fault)}.",
                fix='Write {"id": "1", "prompt": "...", "output": "...", "through": true}.',
            ) from fault
    if not attempts:
        raise DataProblem("no_attempts", f"{path} holds no attempt.", fix="Is it the right file?")
    return attempts


def _first(fault: KeyError | ValidationError) -> str:
    if isinstance(fault, KeyError):
        return f"{fault} is missing"
    error = fault.errors()[0]
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def _recorded(
    runtime: Runtime, path: Path, tool: str, attempts: list[Attempt], by: str, owner: str
) -> RedTeam:
    attacker, version = people.find(runtime, by), training.current_version(runtime)
    found = owned(runtime, attempts, owner)
    asked = spread(attempts)
    equal = _same(runtime, version, asked)
    maker = training.run_of(runtime, version).submitted_by
    made = RedTeam(
        attacker=attacker.id,
        # Where nobody is named as the maker, nobody is known to be somebody else.
        independent=maker not in ("", UNNAMED, attacker.id),
        tool=tool,
        attempts=len(attempts),
        through=sum(one.through for one in attempts),
        findings=found,
        asked_again=len(asked),
        same=equal,
        confirmed=bool(asked) and equal >= SAME * len(asked),
        report=runtime.blobs.put(path.read_bytes()),
    )
    keep(runtime, made, f"{attacker.id} attacked, {maker} submitted the training run")
    return made


def _same(runtime: Runtime, version: ModelVersion, asked: Sequence[Attempt]) -> int:
    """How many attacks get the same answer from the version, its weights proved."""
    if not asked:
        return 0
    client = evaluation.candidate(runtime, version).load()[0]
    requests = [ChatRequest(messages=one.messages, max_new_tokens=LONGEST) for one in asked]
    replies = remembered(client, runtime.store.answers).chat(requests, runtime.progress)
    return sum(same(one.output, reply.text) for one, reply in zip(asked, replies, strict=True))
