"""Which evidence must not count: changed, unsigned, or about things that are no longer here."""

from collections.abc import Iterator, Sequence

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.scorecard import Uncounted
from tuneworthy.core.nouns.serving import Rollout, ServingManifest
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import gates
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

DOCUMENT = "document."
DIGEST = "sha256:"
UNNAMED = "no event of the audit chain names it"


def unsound(runtime: Runtime, evidence: Sequence[Evidence]) -> dict[str, Uncounted]:
    """Evidence that is shown and not counted, by id."""
    forged = gates.forged(runtime, evidence)
    known = set(_subjects(runtime))
    gone = _rows_gone(runtime)
    found = [_fault(runtime, item, forged, known, gone) for item in evidence]
    found += [_uncounted(item, UNNAMED) for item in runtime.unnamed_evidence()]
    return {fault.evidence: fault for fault in found if fault}


def _fault(
    runtime: Runtime, item: Evidence, forged: set[str], known: set[str], gone: str
) -> Uncounted | None:
    if digest(item.model_dump(mode="json", exclude={"id"})) != item.id:
        return _uncounted(item, "its content is not what its digest says")
    if item.id in forged:
        return _uncounted(item, "its signer did not sign it")
    if item.about.startswith(DOCUMENT) and not item.signer:
        return _uncounted(item, "nobody signed it")
    named = [subject for subject in item.subjects if subject.startswith(DIGEST)]
    if named and not known & set(item.subjects):
        return _uncounted(item, "what it is about is not in the store any more", "subject")
    if gone and gone in item.subjects and item.about.startswith("data."):
        return _uncounted(item, "the rows of its dataset are not kept any more", "subject")
    return _document_gone(runtime, item)


def _document_gone(runtime: Runtime, item: Evidence) -> Uncounted | None:
    kept = item.result.get("sha256")
    if not item.about.startswith(DOCUMENT) or not isinstance(kept, str) or runtime.blobs.has(kept):
        return None
    return _uncounted(item, "the document itself is not kept any more", "subject")


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


def _rows_gone(runtime: Runtime) -> str:
    """The dataset in use, if rows of it are missing from the blobs; else empty."""
    dataset = runtime.store.get(DatasetVersion, runtime.head.dataset)
    if dataset is None or all(runtime.blobs.has(blob) for blob in dataset.records.values()):
        return ""
    return dataset.id
