"""Signed documents and the model card."""

from pathlib import Path
from typing import Any

from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import BlockedProblem, ConfigProblem
from tuneworthy.core.nouns.document import signers, signing_role
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.lifecycle import (
    datasets,
    evaluation,
    hands,
    known_documents,
    money,
    people,
    safety_card,
    training,
)
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.document_text import in_markdown
from tuneworthy.methods.signing import sign_statement

BREAK_EVEN = "break_even"
"""The document that somebody stands for a sum by."""


def attest(
    runtime: Runtime, name: str, path: Path, person_id: str, *, key: Path | None = None
) -> Evidence:
    """Keep a document with a named person's signature over its digest.

    A break-even is signed together with the sum that was worked out from the cost rows.

    Raises UsageProblem for a name that nothing asks for, BlockedProblem when the person's roles do
    not allow it, ConfigProblem when the file cannot be read, NeedsPersonProblem when the key is not
    here, or when there are no cost rows for a break-even.
    """
    person = people.find(runtime, person_id)
    known_documents.require_known(runtime, name)
    role = _role(name, person)
    require_file(path, "Write the document first, or name the right file.")
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise ConfigProblem(
            "no_document", f"{path} cannot be read.", why=str(fault.strerror)
        ) from fault
    if not content.strip():
        raise ConfigProblem(
            "document_blank",
            f"{path} is blank.",
            why="A signature under nothing is no evidence.",
            fix="Write the document, then sign it again.",
        )
    if b"PRIVATE KEY-----" in content:
        raise ConfigProblem(
            "holds_a_key",
            f"{path} holds a private key and is not kept.",
            why="What is attested lies in the blob store for good.",
            fix="Name the document; a key goes with --key FILE.",
        )
    stands_for = _sum(runtime) if name == BREAK_EVEN else {}
    sha256 = runtime.blobs.put(content)
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": sha256.removeprefix("sha256:")}}],
        "predicateType": "https://tuneworthy.dev/document/v1",
        "predicate": {
            "person": person.id,
            "project": runtime.project.id,
            **stands_for,
            **hands.dated(),
        },
    }
    pem = people.private_key(runtime, person, key)
    claim = runtime.claim(
        f"document.{name}",
        [runtime.project.id, sha256],
        {
            "path": path.name,
            "sha256": sha256,
            "role": role.value,
            **stands_for,
            "envelope": sign_statement(statement, pem, person.id),
        },
        grade=Grade.ATTESTED,
        signer=person.id,
    )
    runtime.record(claim)
    return claim


def _role(name: str, person: Person) -> Role:
    """The role in which the person signs. Raises BlockedProblem."""
    role = signing_role(name, person.roles)
    if role is None:
        held = ", ".join(item.value.replace("_", " ") for item in person.roles) or "no role"
        raise BlockedProblem(
            "not_a_signer",
            f"{person.name} cannot sign '{name}'.",
            why=f"It needs the {signers(name)}; {person.name} holds {held}.",
            fix=f"tuneworthy people list shows who does, then: tuneworthy people attest {name} "
            "FILE --by PERSON",
        )
    return role


def _sum(runtime: Runtime) -> dict[str, Any]:
    """The break-even that is worked out now, kept as evidence. Raises NeedsPersonProblem."""
    account = money.money(runtime)
    money.record(runtime)
    return {"net": account.net, "months": account.months}


def model_card(runtime: Runtime) -> str:
    """The card of the current version as Markdown, kept as evidence for the Release gate."""
    text = _card(runtime)
    runtime.record(
        runtime.claim(
            "card.model",
            [runtime.head.model],
            {"sha256": runtime.blobs.put(text.encode()), "bytes": len(text.encode())},
        )
    )
    return text


def _card(runtime: Runtime) -> str:
    version = training.current_version(runtime)
    run = training.run_of(runtime, version)
    data = datasets.current(runtime)
    judged = evaluation.tuned_run(runtime)
    settings = "\n".join(
        f"- `{name}`: {value}" for name, value in run.manifest.settings.model_dump().items()
    )
    compared = "\n".join(
        f"- against {in_markdown(c.against_name)}: {c.delta.value:+.3f} "
        f"(95 % interval {c.delta.low:+.3f} to {c.delta.high:+.3f}, n = {c.delta.n}, "
        f"{c.test or 'exact McNemar'} p = {c.p_value:.2g}): {c.verdict}"
        + (f"; clearly worse in {in_markdown(', '.join(c.vetoes))}" if c.vetoes else "")
        + "".join(f"; {one.name} {one.why}" for one in c.broken)
        for c in evaluation.comparisons(runtime)
    )
    score = f"{judged.score} on suite `{judged.suite}`" if judged else "not judged yet"
    sources = "\n".join(
        f"- {in_markdown(source.path)}: licence {in_markdown(source.licence or 'not stated')}; "
        f"{in_markdown(source.legal_basis or 'no legal basis stated')}"
        for source in runtime.project.sources
    )
    return f"""# Model card: {version.id}

{in_markdown(runtime.project.use_case)}.

## What it is
- Base `{version.base}`, LoRA adapter `{version.adapter}`
- Tokenizer `{version.tokenizer}`, chat template `{version.template}`
- Submitted by {in_markdown(run.submitted_by)}, trained on dataset `{version.dataset}`

## Training
{settings}
- FLOP (estimate): {run.actual.flop:.3g}; tokens: {run.actual.tokens}

## Data
{sources}
- {data.rows_in} rows in, {data.rows_out} kept, test rows with a twin in training: \
{data.split.leakage_exact} exact, {data.split.leakage_near} near

## Evaluation
- Score: {score}
{compared}
{safety_card.scored(runtime)}

## Limits
The score is over held-out cases of the same source alone. Not measured:
{safety_card.not_scored(runtime)}. The score says nothing of those.
"""
