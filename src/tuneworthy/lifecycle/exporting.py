"""Takes a dataset version out: files in a known format, its card, a trainer's configuration."""

import csv
import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path

import orjson

from tuneworthy.core.errors import ConfigProblem, DataProblem, UsageProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.exported import Export, ExportedFile, FilePreview
from tuneworthy.data import preview as looks
from tuneworthy.data.card import CardFile, croissant, markdown
from tuneworthy.data.card_columns import Column, columns_of
from tuneworthy.data.formats.out import WRITERS, export
from tuneworthy.data.trainers import NEEDS, TRAINERS, Files, configuration
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.label_results import labelling
from tuneworthy.lifecycle.wiring import Runtime

REFUSED_SHOWN = 100
TOLD = 5_000
"""Rows written between two words of progress."""


def preview_file(path: str | Path) -> FilePreview:
    """Look at the first rows of a file: its format, and the mapping that a source needs.

    Raises:
        ConfigProblem: No such file, or one of an unknown kind.
        DataProblem: The file itself is broken.
    """
    seen = looks.preview(Path(path))
    found = seen.detection
    return FilePreview(
        file=str(path),
        format=found.format,
        share=found.share,
        rows=seen.rows,
        fields=seen.fields,
        mapping=found.mapping,
        turns=found.preview,
        reasons=(*found.reasons, *seen.faults),
    )


def export_data(runtime: Runtime, folder: Path, form: str = "", trainer: str = "") -> Export:
    """Write the current version's splits, its card, and a trainer's configuration if one is named.

    Args:
        runtime: The project.
        folder: Made when it is not there; files of the same names are written anew.
        form: A format; by default the one the trainer wants, or ``openai_chat``.
        trainer: A trainer to write a configuration for; none when empty.

    Raises:
        UsageProblem: No such format or trainer, or a format that the trainer does not read.
        ConfigProblem: There is no dataset yet, or the folder cannot be written to.
        DataProblem: No row fits the format; with a trainer, no training row.
    """
    version = datasets.current(runtime)
    wanted = form or (NEEDS[trainer]["sft"] if trainer in NEEDS else "openai_chat")
    _check(wanted, trainer)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = tuple(_split(runtime, version, split, wanted, folder) for split in version.records)
        _require_rows(runtime, version, files, wanted, trainer)
        others = _others(runtime, version, files, wanted, trainer, folder)
    except OSError as fault:
        raise ConfigProblem(
            "not_written",
            f"{folder} cannot be written to: {fault.strerror}.",
            fix="Name a folder where this user may write.",
        ) from fault
    return Export(dataset=version.id, format=wanted, files=files, others=others)


def _check(form: str, trainer: str) -> None:
    if form not in WRITERS:
        raise UsageProblem(
            "no_such_format",
            f"There is no format '{form}' to write.",
            fix=f"Use one of: {', '.join(WRITERS)}",
        )
    if trainer and trainer not in TRAINERS:
        raise UsageProblem(
            "no_such_trainer",
            f"There is no trainer '{trainer}' here.",
            fix=f"Use one of: {', '.join(TRAINERS)}",
        )
    if trainer and form not in NEEDS[trainer].values():
        raise UsageProblem(
            "wrong_format",
            f"{trainer} does not read the format '{form}'.",
            fix=f"Leave --format out, or use one of: {', '.join(NEEDS[trainer].values())}",
        )


def _split(
    runtime: Runtime, version: DatasetVersion, split: str, form: str, folder: Path
) -> ExportedFile:
    path = folder / f"{split}{'.csv' if form == 'csv' else '.jsonl'}"
    with path.open("wb") as out:
        counts = export(_examples(runtime, version, split), form, out)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ExportedFile(
        split=split,
        path=str(path),
        sha256=sha256,
        written=counts.written,
        refused={row.place: row.reason for row in counts.refused[:REFUSED_SHOWN]},
        refused_count=len(counts.refused),
        losses=counts.losses,
    )


def _examples(runtime: Runtime, version: DatasetVersion, split: str) -> Iterator[Example]:
    total = version.split.sizes[split]
    for done, line in enumerate(runtime.blobs.lines(version.records[split])):
        if done % TOLD == 0:
            runtime.progress("export", done, total, split)
        yield Example.model_validate_json(line)
    runtime.progress("export", total, total, split)


def _others(
    runtime: Runtime,
    version: DatasetVersion,
    files: tuple[ExportedFile, ...],
    form: str,
    trainer: str,
    folder: Path,
) -> tuple[str, ...]:
    project = runtime.project
    texts = {"README.md": markdown(project, version)}
    cards = {file.split: _card_file(file) for file in files if file.written}
    told = croissant(project, version, cards, labelling(runtime, version))
    texts["croissant.json"] = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    if trainer:
        _check_train(runtime, version, files, form, trainer)
        paths = {file.split: Path(file.path).name for file in files if file.written}
        method = next(m for m, needed in NEEDS[trainer].items() if needed == form)
        told_files = Files(
            train=paths["train"],
            model=str(runtime.base_path) if project.base.at == "embedded" else project.base.at,
            validation=paths.get("validation", ""),
            method=method,
            tools=frozenset(
                paths[split] for split, card in cards.items() if "tools" in card.columns
            ),
        )
        texts |= configuration(trainer, project.training, told_files)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(str(folder / name) for name in texts)


def _card_file(file: ExportedFile) -> CardFile:
    """The file with every column that one of its rows has."""
    path = Path(file.path)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as rows:
            columns = dict.fromkeys(next(csv.reader(rows)), Column())
    else:
        with path.open("rb") as rows:
            columns = columns_of(map(orjson.loads, rows))
    return CardFile(path.name, file.sha256, columns)


def _require_rows(
    runtime: Runtime,
    version: DatasetVersion,
    files: tuple[ExportedFile, ...],
    form: str,
    trainer: str,
) -> None:
    """Raise DataProblem when every row of every split was refused."""
    refused = next((file for file in files if file.refused), None)
    if refused and not any(file.written for file in files):
        place, reason = next(iter(refused.refused.items()))
        fitting = _fitting(runtime, version, refused.split, trainer)
        raise DataProblem(
            "no_row_fits",
            f"No row of this version can be written as '{form}'; the files are empty.",
            why=f"{Path(refused.path).name}: {place} {reason}",
            fix=f"--format {fitting}" if fitting else "tuneworthy data show",
        )


def _check_train(
    runtime: Runtime,
    version: DatasetVersion,
    files: tuple[ExportedFile, ...],
    form: str,
    trainer: str,
) -> None:
    """Whether there is anything to train on. Raises DataProblem."""
    train = next((file for file in files if file.split == "train"), None)
    if train is not None and train.written:
        return
    refused = train.refused if train is not None else {}
    first = next((f"{place}: {reason}" for place, reason in refused.items()), "The split is empty.")
    fitting = _fitting(runtime, version, "train", trainer)
    raise DataProblem(
        "no_row_fits",
        f"No row of the training split can be written as '{form}', so {trainer} gets no"
        " configuration.",
        why=first,
        fix=f"--format {fitting}" if fitting else "Use another trainer.",
    )


def _fitting(runtime: Runtime, version: DatasetVersion, split: str, trainer: str) -> str:
    """The formats that the first row of a split fits, of those that the trainer reads."""
    forms = NEEDS[trainer].values() if trainer else WRITERS
    rows = list(islice(_examples(runtime, version, split), 1)) if split in version.records else []
    return " or ".join(form for form in forms if export(rows, form, BytesIO()).written)
