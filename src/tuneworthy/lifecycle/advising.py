"""Alternatives and the approach, from what the ledger and the dataset say now."""

import json

from tuneworthy.assess.alternatives import QUALITY, advise
from tuneworthy.assess.approach_check import check_approach
from tuneworthy.assess.data_shape import shape_of
from tuneworthy.assess.measured import measure
from tuneworthy.core.nouns.alternative import Advice
from tuneworthy.core.nouns.approach_check import ApproachCheck, DataShape
from tuneworthy.core.nouns.dataset import DatasetVersion, SplitName
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.evaluate import Retriever
from tuneworthy.evaluate.recall import retrieval_quality
from tuneworthy.lifecycle import ceiling, counted, datasets
from tuneworthy.lifecycle.wiring import Runtime

SHAPE = "data.shape"
_SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


def alternatives(runtime: Runtime, *, measure_search: bool = False) -> Advice:
    """What else could help, with reasons.

    Args:
        runtime: The project.
        measure_search: Measure how well the search finds right answers first; it embeds the
            training and the held-out requests once, and is remembered.
    """
    if measure_search and runtime.head.suite:
        _measure_search(runtime)
    return advise(_now(runtime), runtime.project)


def approach(runtime: Runtime) -> ApproachCheck:
    """The goal's way of tuning against the data's real shape; the shape is kept as evidence."""
    evidence = _now(runtime)
    known = {id_: answer for id_, (answer, _) in measure(evidence, runtime.project).items()}
    estimates = [e.result for e in evidence if e.about == "train.estimate"]
    return check_approach(
        runtime.project,
        _shape(runtime),
        {**runtime.answers.factors, **known},
        estimates[-1] if estimates else None,
    )


def _shape(runtime: Runtime) -> DataShape | None:
    version = runtime.store.get(DatasetVersion, runtime.head.dataset)
    if version is None:
        return None

    def work() -> str:
        rows = [example for split in _SPLITS for example in datasets.examples(runtime, split)]
        return shape_of(rows).model_dump_json()

    shape = DataShape.model_validate_json(runtime.once(SHAPE, {"records": version.records}, work))
    runtime.record(runtime.claim(SHAPE, [version.id], shape.model_dump(mode="json")))
    return shape


def _measure_search(runtime: Runtime) -> None:
    suite, cases = ceiling.current_suite(runtime)
    train = datasets.examples(runtime, "train")

    def work() -> str:
        runtime.progress("embed training requests", 0, 1)
        retriever = Retriever(train, runtime.embedder)
        return json.dumps(retrieval_quality(retriever, train, cases))

    inputs = {
        "cases": suite.cases,
        "train": datasets.current(runtime).records["train"],
    }
    result = json.loads(runtime.once(QUALITY, inputs, work))
    runtime.record(runtime.claim(QUALITY, [suite.id, suite.dataset], result))


def _now(runtime: Runtime) -> list[Evidence]:
    head = runtime.head
    current = {head.dataset, head.suite, runtime.project.id}
    return [e for e in counted.counted(runtime) if current & set(e.subjects)]
