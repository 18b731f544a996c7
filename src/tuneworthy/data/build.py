"""From read sources to a frozen dataset version."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tuneworthy.core.errors import ConfigProblem, DataProblem
from tuneworthy.core.nouns.dataset import DatasetVersion, Fate, Finding, SplitName
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.ports import Progress
from tuneworthy.data.checks import ROW_CHECKS, WHOLE_CHECKS, Setting
from tuneworthy.data.clean import clean, scan_report
from tuneworthy.data.fates import fates_of
from tuneworthy.data.make_up import make_up_notes
from tuneworthy.data.plant import Planted, plant
from tuneworthy.data.profile import profile_of
from tuneworthy.data.readers import ReadResult
from tuneworthy.data.screen import SHOWN, screen
from tuneworthy.data.split import Kept, Split, split_rows
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods import merkle
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.lines import dump_lines
from tuneworthy.methods.neardup import CROWD

DEFAULT_SETTING = Setting()
_SETTLED = ("exact_duplicate", "near_duplicate", "pii", "secret", "leakage")
"""What cleaning and the split have taken out already, and measured."""
OPEN = tuple(c.code for c in (*ROW_CHECKS, *WHOLE_CHECKS) if c.code not in _SETTLED)
"""What is left to say of the rows that are kept."""
STEPS = 5
"""Copies, split, write, check, profile."""
MOST_BROKEN = 0.1
"""Share of rows that may be broken before a check blocks."""


@dataclass(frozen=True)
class BuiltDataset:
    """A version, and where its rows stand in the table of all that was read."""

    version: DatasetVersion
    table: Table
    rows: dict[SplitName, Rows]
    fates: list[Fate]

    @property
    def parts(self) -> dict[SplitName, Table]:
        """The rows of each split, as a copy."""
        return {name: self.table.take(rows) for name, rows in self.rows.items()}

    @property
    def splits(self) -> dict[SplitName, list[Example]]:
        """The examples of each split."""
        return {name: list(self.table.examples(rows)) for name, rows in self.rows.items()}


def build_dataset(
    project: Project,
    reads: Sequence[ReadResult],
    *,
    created_at: str,
    put: Callable[[bytes], str],
    setting: Setting = DEFAULT_SETTING,
    progress: Progress | None = None,
    canary_key: bytes = b"",
    kept: Kept = MappingProxyType({}),
) -> BuiltDataset:
    """Clean, split, check and freeze what was read.

    Every row read or planted is either in a split or has a fate: ``rows_in == rows_out +
    sum(dropped)``.
    The same files and settings give the same id, in whatever order the sources are listed; a row's
    number is part of where it comes from, so a file with its rows in another order is another
    version.

    Args:
        project: Names the split settings, and how many canaries are planted.
        reads: One result a source.
        created_at: ISO 8601.
        put: Keeps bytes and returns their digest.
        setting: What the checks may be told.
        progress: Hears which step is next.
        canary_key: What canaries are made from; needed where the project wants some.
        kept: Where the requests of an earlier version stood; then the same files and settings give
            the same id over the same earlier version.

    Raises:
        ConfigProblem: A source stands there twice.
        DataProblem: Nothing is left to train or to test on.
    """
    _check_sources(reads)
    tell = _Steps(progress)
    table = Table.join([read.table for read in reads])
    tell("personal data and copies")
    cleaned = clean(table)
    broken = list(fates_of(table))
    if not len(cleaned.kept):
        raise _nothing_left([*broken, *cleaned.fates])
    tell("split")
    # Records are written from the one table; the steps look at the rows without them.
    split = split_rows(table.slim.take(cleaned.kept), project.split, kept)
    parts = {name: cleaned.kept[rows] for name, rows in split.parts.items()}
    tell("write")
    fates = sorted([*broken, *cleaned.fates, *split.fates], key=_fate_order)
    rows = table.slim.take(np.concatenate(list(parts.values())))
    planted = _planted(table, parts, project, canary_key)
    parts["train"] = planted.train
    records = {name: put(planted.table.lines(part)) for name, part in parts.items()}
    tell("check")
    hits = screen(rows, setting, only=OPEN, heard=tell.part)
    rows = Table(rows.columns)  # Without the lists that the checks made of it.
    tell("profile")
    more = len(planted.canaries)
    version = DatasetVersion(
        id=_id_of(planted.table, parts),
        project=project.id,
        source_digests={read.source.path: read.sha256 for read in reads},
        rows_in=len(table) + more,
        rows_out=len(rows) + more,
        dropped=dict(sorted(Counter(fate.code for fate in fates).items())),
        records=records,
        fates=put(dump_lines(fates)),
        findings=(
            *_read_notes(reads),
            *_broken_notes(len(table), broken),
            *_ground_notes(rows),
            *_crowd_notes(cleaned.crowded),
            *(found.finding(rows) for found in hits if len(found.rows)),
            *_split_notes(split, project),
        ),
        profile=profile_of(rows, table.text("request", cleaned.unique)),
        pii=scan_report(rows),
        split=split.report.model_copy(
            update={"sizes": {name: len(part) for name, part in parts.items()}}
        ),
        canaries=planted.canaries,
        licence_coverage=_share(rows, "licence"),
        legal_basis_coverage=_share(rows, "legal_basis"),
        created_at=created_at,
    )
    tell("done")
    return BuiltDataset(version, planted.table, parts, fates)


def _planted(
    table: Table, parts: Mapping[SplitName, Rows], project: Project, key: bytes
) -> Planted:
    """The table with as many canaries as the project wants among its training rows."""
    if not project.canaries:
        return Planted(table, parts["train"], ())
    return plant(table, parts["train"], _id_of(table, parts), project.canaries, key)


def _id_of(table: Table, parts: Mapping[SplitName, Rows]) -> str:
    return version_id({name: table.slim.take(part) for name, part in parts.items()})


class _Steps:
    """Tells which step of a build is next, and which check."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._done = -1

    def __call__(self, step: str) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress("build", self._done, STEPS, step)

    def part(self, done: int, total: int, code: str) -> None:
        """A check among all."""
        if self._progress is not None:
            self._progress("build", self._done, STEPS, f"check {done + 1} of {total}: {code}")


def version_id(parts: Mapping[SplitName, Table]) -> str:
    """Merkle root (RFC 6962) over one leaf a record, ``{"record": id, "split": name}``, sorted."""
    members = sorted((record, name) for name, rows in parts.items() for record in rows.values("id"))
    leaves = (canonical({"record": record, "split": name}) for record, name in members)
    return "sha256:" + merkle.root(leaves).hex()


def _check_sources(reads: Sequence[ReadResult]) -> None:
    often = Counter(read.source.path for read in reads)
    twice = sorted(path for path, count in often.items() if count > 1)
    if twice:
        raise ConfigProblem(
            "source_twice",
            f"The source {twice[0]} stands in tuneworthy.yaml twice.",
            fix="Leave it there once.",
        )


def _nothing_left(fates: Sequence[Fate]) -> DataProblem:
    often = Counter(fate.code for fate in fates).most_common()
    told = ", ".join(f"{count} {code}" for code, count in often)
    return DataProblem(
        "nothing_left",
        "No row is left after cleaning.",
        why=f"Dropped: {told}. First: {fates[0].reason}" if fates else "No row was read.",
        fix="Mend the rows named in the reasons, and build again.",
    )


def _fate_order(fate: Fate) -> tuple[str, int]:
    return (fate.source, fate.row)


def _share(rows: Table, field: str) -> float:
    return float(rows.array(field).mean())


def _read_notes(reads: Sequence[ReadResult]) -> tuple[Finding, ...]:
    ordered = sorted(reads, key=lambda read: read.source.path)
    return tuple(finding for read in ordered for finding in read.findings)


def _broken_notes(rows: int, broken: Sequence[Fate]) -> Iterator[Finding]:
    """Blocks when so many rows are broken that the file, not a row, must be at fault."""
    if len(broken) > MOST_BROKEN * rows:
        yield Finding(
            code="many_broken",
            severity="block",
            message=f"{len(broken)} of {rows} rows could not be used as they stand.",
            rows=tuple(f"{fate.source}:{fate.row}" for fate in broken[:SHOWN]),
            count=len(broken),
            fix="Look at their reasons: tuneworthy data fates",
        )


def _ground_notes(rows: Table) -> Iterator[Finding]:
    """Rows that say not on what licence, or not on what legal basis, they are held."""
    for code, field in (("no_licence", "licence"), ("no_ground", "legal_basis")):
        lacking = np.flatnonzero(~rows.array(field))
        if len(lacking):
            word = field.replace("_", " ")
            yield Finding(
                code=code,
                severity="warning",
                message=f"{len(lacking)} rows come without a {word}; the Start gate needs one.",
                rows=tuple(rows.places[at] for at in lacking[:SHOWN].tolist()),
                count=len(lacking),
                fix=f"Write '{field}:' under 'sources' in tuneworthy.yaml.",
            )


def _crowd_notes(crowded: int) -> Iterator[Finding]:
    if crowded:
        yield Finding(
            code="crowded",
            severity="info",
            message=f"{crowded:,} rows share their wording with over {CROWD} others, as rows of "
            "one template do; each was compared with the likeliest of them, so a near copy may be "
            "left.",
            count=crowded,
        )


def _split_notes(split: Split, project: Project) -> list[Finding]:
    notes = []
    leaks = split.report.leakage_exact + split.report.leakage_near
    if leaks:
        message = "Rows of the test split have a twin in training."
        notes.append(Finding(code="leakage", severity="block", message=message, count=leaks))
    wanted = project.split.by == "declared" or project.split.validation > 0
    if wanted and not len(split.parts["validation"]):
        message = "The validation split is empty; training cannot choose its best checkpoint."
        notes.append(Finding(code="no_validation", severity="warning", message=message))
    return [*notes, *make_up_notes(split.report.make_up)]
