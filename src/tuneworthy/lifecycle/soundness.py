"""Which evidence must not count: changed, unsigned, or about things that are no longer here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from tuneworthy.core.clock import time_doubt
from tuneworthy.core.errors import StoreProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.document import DOCUMENT, signers
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.scorecard import Uncounted
from tuneworthy.core.nouns.serving import Rollout, ServingManifest
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import signed_claims
from tuneworthy.lifecycle.named_evidence import is_itself
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short

DIGEST = "sha256:"
NOT_KEPT = "not kept any more, or other bytes stand in their place"
UNNAMED = "no event of the audit chain names it"


class Kept(Protocol):
    """Whether bytes are here and unchanged."""

    def __call__(self, digest: str, *, tree: bool = False) -> bool:
        """Of one blob, or of every file of a kept folder."""
        ...


class Lost(NamedTuple):
    """Bytes that are gone or changed: which facts rested on them, and what they were."""

    facts: tuple[str, ...]
    what: str


def unsound(runtime: Runtime, evidence: Sequence[Evidence]) -> dict[str, Uncounted]:
    """Evidence that is shown and not counted, by id."""
    forged, unfit = signed_claims.forged(runtime, evidence), signed_claims.unfit(runtime, evidence)
    known = set(_subjects(runtime))
    gone = _gone(runtime, runtime.blobs.intact)
    found = [_fault(runtime, item, forged, unfit, known, gone) for item in evidence]
    found += [_uncounted(item, UNNAMED) for item in runtime.unnamed_evidence()]
    return {fault.evidence: fault for fault in found if fault}


def without_bytes(runtime: Runtime, evidence: Sequence[Evidence]) -> dict[str, Uncounted]:
    """Evidence that was found in bytes that are lost, or not those bytes any more, by id.

    Rows that people had taken out are no loss: what is left of them stands under another digest.
    """
    gone = _gone(runtime, _standing(runtime))
    found = (_bytes_gone(item, gone) or _document_gone(runtime, item) for item in evidence)
    return {fault.evidence: fault for fault in found if fault}


def _standing(runtime: Runtime) -> Kept:
    def kept(digest: str, *, tree: bool = False) -> bool:
        try:
            return runtime.blobs.intact(runtime.blobs.standing(digest), tree=tree)
        except StoreProblem:
            return True  # every row of it was erased

    return kept


def _fault(
    runtime: Runtime,
    item: Evidence,
    forged: set[str],
    unfit: set[str],
    known: set[str],
    gone: Mapping[str, Lost],
) -> Uncounted | None:
    if not is_itself(item):
        return _uncounted(item, "its content is not what its digest says")
    if item.id in forged:
        return _uncounted(item, "its signer did not sign it")
    if item.about.startswith(DOCUMENT) and not item.signer:
        return _uncounted(item, "nobody signed it")
    if item.id in unfit:
        name = item.about.removeprefix(DOCUMENT)
        return _uncounted(item, f"it must be signed by the {signers(name)}; its signer is none")
    named = [subject for subject in item.subjects if subject.startswith(DIGEST)]
    if named and not known & set(item.subjects):
        return _uncounted(item, "what it is about is not in the store any more", "subject")
    return _bytes_gone(item, gone) or _document_gone(runtime, item)


def _bytes_gone(item: Evidence, gone: Mapping[str, Lost]) -> Uncounted | None:
    for subject in item.subjects:
        if (lost := gone.get(subject)) and item.about.startswith(lost.facts):
            return _uncounted(item, f"{lost.what} {NOT_KEPT}", "subject")
    return None


def _document_gone(runtime: Runtime, item: Evidence) -> Uncounted | None:
    kept = item.result.get("sha256")
    if not item.about.startswith(DOCUMENT) or not isinstance(kept, str):
        return None
    if runtime.blobs.intact(kept):
        return None
    return _uncounted(item, f"the document itself is {NOT_KEPT}", "subject")


def _uncounted(item: Evidence, why: str, doubt: str = "content") -> Uncounted:
    facts = {"evidence": item.id, "about": item.about, "why": why, "doubt": doubt}
    return Uncounted.model_validate(facts)


def _subjects(runtime: Runtime) -> Iterator[str]:
    """Every digest that evidence can be about, as the store has it now."""
    store = runtime.store
    yield runtime.project.id
    yield from (dataset.id for dataset in store.list(DatasetVersion))
    yield from (suite.id for suite in store.list(Suite))
    for version in store.list(ModelVersion):
        yield version_digest(version)
        yield from (version.id, version.base, version.adapter)
    for run in store.list(TrainingRun):
        yield from (run.id, run.adapter)
    for judged in store.list(EvaluationRun):
        yield from (judged.id, judged.model, digest(judged.arm))
    yield from (rollout.id for rollout in store.list(Rollout))
    yield from (manifest.id for manifest in store.list(ServingManifest))


def _gone(runtime: Runtime, kept: Kept) -> dict[str, Lost]:
    """What is in use and has lost the bytes that facts about it were found in."""
    head, store = runtime.head, runtime.store
    found: dict[str, Lost] = {}
    dataset = store.get(DatasetVersion, head.dataset)
    if dataset is not None and not all(kept(blob) for blob in dataset.records.values()):
        found[dataset.id] = Lost(("data.",), "the rows of its dataset are")
    judged = (run.results for run in store.list(EvaluationRun) if run.suite == head.suite)
    if not all(kept(answers) for answers in judged if answers):
        found[head.suite] = Lost(("ceiling.", "eval."), "answers that it was counted from are")
    version = store.get(ModelVersion, head.version)
    if version is not None and not kept(version.adapter, tree=True):
        found[version.adapter] = Lost(("train.run",), "the adapter is")
        found[version_digest(version)] = Lost(("eval.", "card."), "the adapter is")
    return found


def all_out_of_time(runtime: Runtime) -> list[str]:
    """All evidence that is dated after now, each with its date, whatever asks for it."""
    now = runtime.clock.now()
    doubts = ((item, time_doubt(item.created_at, now)) for item in runtime.evidence())
    return [f"{item.about} ({short(item.id)}): {doubt}" for item, doubt in doubts if doubt]


def all_without_bytes(runtime: Runtime) -> list[str]:
    """All evidence whose rows, answers, adapter or document are lost or changed, with which."""
    lost = without_bytes(runtime, runtime.evidence()).values()
    return [f"{one.about} ({short(one.evidence)}): {one.why}" for one in lost]
