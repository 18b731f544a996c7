"""What the labels of a queue come to: evidence, a file of labelled rows, labels by rules."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuneworthy.config.typed_file import read_typed
from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.new_file import new_file
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.labelling import LabelConflict, LabelledFile, LabelReport, WeakReport
from tuneworthy.data.labelling import (
    LabellingFunction,
    Quality,
    RuleFile,
    compiled,
    conflicting,
    labelled_lines,
    labels_of,
    newest,
    quality,
    resolve,
    standing,
    weak_labels,
)
from tuneworthy.lifecycle.label_ledger import (
    QueueState,
    find_queue,
    folder_path,
    labelled_files,
    lead,
    read_queue,
    signed_guides,
    with_guide,
)
from tuneworthy.lifecycle.labelling import source_of
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_bytes, digest_file


def report(runtime: Runtime, name: str) -> LabelReport:
    """How the queue stands; what it says is kept as the claim ``data.labels``."""
    state, found = _measured(runtime, name)
    queue = state.queue
    counted = standing(queue, state.annotations)
    labels = labels_of(counted)
    open_labels = {item: given for item, given in labels.items() if item not in state.gold}
    need = {item.id: item.need for item in state.items}
    settled = resolve(queue, state.items, counted, state.gold, state.adjudicated)
    alpha = found.alpha
    made = LabelReport(
        queue=name,
        scale=queue.scale,
        guide=queue.guide_digest,
        guide_signed=queue.guide_digest in signed_guides(runtime),
        items=queue.items,
        finished=sum(len(given) >= need[item] for item, given in open_labels.items()),
        labelled=len(labels),
        overlapping=alpha.units,
        annotations=sum(len(given) for given in labels.values()),
        older_guide=sum(o.guide not in queue.valid_guides for o in newest(state.annotations)),
        alpha=alpha.value,
        alpha_low=alpha.low,
        alpha_high=alpha.high,
        annotators=found.annotators,
        open_conflicts=len(conflicting(queue, open_labels, settled)),
        adjudicated=sum(one.how == "adjudicated" for one in settled.values()),
        gold=len(state.gold),
    )
    subjects = [runtime.project.id, f"{queue.kind}:{name}"]
    facts = made.model_dump(mode="json")
    facts |= {"annotators": len(made.annotators), "people": facts["annotators"]}
    runtime.record(runtime.claim("data.labels", subjects, facts))
    return made


def conflicts(runtime: Runtime, name: str) -> list[LabelConflict]:
    """The items that people judged differently and that nobody has settled."""
    state = read_queue(runtime, name)
    queue = with_guide(runtime, state.queue)
    counted = standing(queue, state.annotations)
    labels = labels_of(counted)
    settled = resolve(queue, state.items, counted, state.gold, state.adjudicated)
    items = {item.id: item for item in state.items}
    return [
        LabelConflict(item=items[one], labels=labels[one])
        for one in conflicting(queue, labels, settled)
    ]


def apply(
    runtime: Runtime, name: str, person: str, *, out: str = "", by_majority: bool = False
) -> LabelledFile:
    """Write the rows that have one label, with it as their target, beside the queue's file.

    Raises:
        BlockedProblem: No item has one label yet.
        DataProblem: The queue's file is another one now.
        UsageProblem: A file that is not ours stands in the place.
    """
    lead(runtime, person, "apply labels")
    state, found = _measured(runtime, name)
    queue = state.queue
    counted = standing(queue, state.annotations)
    labels = resolve(
        queue, state.items, counted, state.gold, state.adjudicated, by_majority=by_majority
    )
    if not labels:
        raise BlockedProblem(
            "nothing_settled",
            f"No item of '{name}' has one label yet.",
            why=f"{len(labels_of(counted))} of {queue.items} items were judged.",
            fix=f"tuneworthy label agreement {name}",
        )
    source = folder_path(runtime, queue.source)
    target = folder_path(runtime, out) if out else source.with_name(f"{source.stem}.labelled.jsonl")
    lines = labelled_lines(source, source_of(runtime, queue.source), queue, labels)
    content = "".join(lines).encode("utf-8", "replace")
    _write(runtime, target, content)
    made = LabelledFile(
        id=digest_bytes(content),
        project=runtime.project.id,
        queue=name,
        path=_from(runtime.folder, target),
        guide=queue.guide_digest,
        rows=len(lines),
        unresolved=queue.items - len(lines),
        how=dict(sorted(Counter(one.how for one in labels.values()).items())),
        overlapping=found.alpha.units,
        alpha=found.alpha.value,
        alpha_low=found.alpha.low,
        alpha_high=found.alpha.high,
        scale=queue.scale,
        annotators=tuple(sorted({who for one in labels.values() for who in one.annotators})),
        created_at=runtime.now(),
    )
    with runtime.change("label.apply", (LabelledFile.kind, made.id, ""), actor=person) as change:
        change.put(made)
    return made


def guide_signed(runtime: Runtime, name: str) -> bool:
    """Whether somebody has signed the guide under which the queue stands."""
    return find_queue(runtime, name).guide_digest in signed_guides(runtime)


def weak(
    runtime: Runtime, name: str, functions: Path | Mapping[str, LabellingFunction]
) -> WeakReport:
    """What labelling functions say of the queue's items; kept as the claim ``data.weak_labels``.

    Args:
        runtime: The project.
        name: The queue.
        functions: A file of functions, or Python functions by name.

    Raises:
        ConfigProblem: The file is wrong, or a function votes for something that is no choice.
    """
    state = read_queue(runtime, name)
    if isinstance(functions, Path):
        rules = read_typed(
            RuleFile, functions, make="'functions:' with a name, 'label:' and 'words:' or "
            "'pattern:' for each", fix="See docs/how-to/label.md.",
        )  # fmt: skip
        functions = compiled(rules, str(functions))
    queue = state.queue
    counted = standing(queue, state.annotations)
    known = resolve(queue, state.items, counted, state.gold, state.adjudicated)
    decided = {item: str(label.value) for item, label in known.items()}
    found = weak_labels(queue, state.items, functions, decided)
    facts = found.model_dump(mode="json", exclude={"labels"})
    subjects = [runtime.project.id, f"{queue.kind}:{name}"]
    runtime.record(runtime.claim("data.weak_labels", subjects, facts))
    return found


def claims(runtime: Runtime, version: DatasetVersion) -> list[Evidence]:
    """The claim ``data.agreement`` over a dataset version, if people labelled a part of it.

    It rests on the files of labels that the version was built from, byte for byte, with the
    agreement as it was when they were written; of several files the lowest agreement counts.
    """
    used = set(version.source_digests.values())
    files = [one for one in labelled_files(runtime) if one.id in used]
    alphas = [one.alpha for one in files if one.alpha is not None]
    if not alphas or len(alphas) < len(files):
        return []
    items = sum(one.overlapping for one in files)
    facts = {
        "items": items,
        "share": min(1.0, items / version.rows_out) if version.rows_out else 0.0,
        "alpha": min(alphas),
        "alpha_low": min(one.alpha_low for one in files if one.alpha_low is not None),
        "annotators": sorted({person for one in files for person in one.annotators}),
        "queues": sorted({one.queue for one in files}),
        "guides": sorted({one.guide for one in files}),
        "files": sorted(one.id for one in files),
    }
    return [runtime.claim("data.agreement", [version.id], facts)]


def labelling(runtime: Runtime, version: DatasetVersion) -> dict[str, Any]:
    """How people agreed on what they labelled of a dataset version; empty where nobody did."""
    return next((dict(claim.result) for claim in claims(runtime, version)), {})


def _measured(runtime: Runtime, name: str) -> tuple[QueueState, Quality]:
    state = read_queue(runtime, name)
    queue = with_guide(runtime, state.queue)
    state = QueueState(queue, state.items, state.annotations, state.gold, state.adjudicated)
    return state, quality(queue, state.annotations, state.gold)


def _write(runtime: Runtime, path: Path, content: bytes) -> None:
    """Put the file in its place whole, over an earlier one of ours at most."""
    if path.exists() and digest_file(path) not in {
        *(one.id for one in labelled_files(runtime)),
        digest_bytes(content),
    }:
        raise UsageProblem(
            "file_exists",
            f"{path} exists and was not written by 'label apply'.",
            why="Nobody's file is overwritten.",
            fix="Name another place: --out FILE",
        )
    try:
        with new_file(path) as file:
            file.write(content)
    except OSError as fault:
        raise UsageProblem(
            "not_writable", f"{path} cannot be written.", why=str(fault.strerror)
        ) from fault


def _from(folder: Path, path: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
