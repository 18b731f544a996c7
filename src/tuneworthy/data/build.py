"""From read sources to a frozen dataset version."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tuneworthy.core.errors import ConfigProblem, DataProblem
from tuneworthy.core.nouns.dataset import DatasetVersion, Fate, Finding, SplitName
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Project
from tuneworthy.data.checks import run_checks
from tuneworthy.data.clean import clean, scan_report
from tuneworthy.data.profile import profile_of
from tuneworthy.data.readers import ReadResult
from tuneworthy.data.split import Split, split_examples
from tuneworthy.methods import merkle
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.lines import dump_lines

MOST_BROKEN = 0.1
"""Share of rows that may be broken before the check says error."""


@dataclass(frozen=True)
class BuiltDataset:
    """A version with its rows at hand."""

    version: DatasetVersion
    splits: dict[SplitName, list[Example]]
    fates: list[Fate]


def build_dataset(
    project: Project,
    reads: Sequence[ReadResult],
    *,
    created_at: str,
    put: Callable[[bytes], str],
) -> BuiltDataset:
    """Clean, split, check and freeze what was read.

    Every row read is either in a split or has a fate: ``rows_in == rows_out + sum(dropped)``.
    The same files and settings give the same id, in whatever order the sources are listed; a row's
    number is part of where it comes from, so a file with its rows in another order is another
    version.

    Args:
        project: Names the split settings.
        reads: One result a source.
        created_at: ISO 8601.
        put: Keeps bytes and returns their digest.

    Raises:
        ConfigProblem: A source stands there twice.
        DataProblem: Nothing is left to train or to test on.
    """
    _check_sources(reads)
    cleaned = clean([example for read in reads for example in read.examples])
    dropped_early = [fate for read in reads for fate in read.fates]
    if not cleaned.kept:
        raise _nothing_left([*dropped_early, *cleaned.fates])
    split = split_examples(cleaned.kept, project.split)
    fates = sorted([*dropped_early, *cleaned.fates, *split.fates], key=_fate_order)
    kept = [example for rows in split.parts.values() for example in rows]
    version = DatasetVersion(
        id=version_id(split.parts),
        project=project.id,
        source_digests={read.source.path: read.sha256 for read in reads},
        rows_in=sum(read.rows for read in reads),
        rows_out=len(kept),
        dropped=dict(sorted(Counter(fate.code for fate in fates).items())),
        records={name: put(dump_lines(rows)) for name, rows in split.parts.items()},
        fates=put(dump_lines(fates)),
        findings=(
            *_read_notes(reads),
            *_broken_notes(reads),
            *_licence_notes(kept),
            *run_checks(kept),
            *_split_notes(split, project),
        ),
        profile=profile_of(kept, cleaned.unique),
        pii=scan_report(kept),
        split=split.report,
        licence_coverage=_share(kept, "licence"),
        legal_basis_coverage=_share(kept, "legal_basis"),
        created_at=created_at,
    )
    return BuiltDataset(version, split.parts, fates)


def version_id(splits: Mapping[SplitName, Sequence[Example]]) -> str:
    """Merkle root (RFC 6962) over one leaf a record, ``{"record": id, "split": name}``, sorted."""
    leaves = sorted(
        canonical({"record": example.id, "split": name})
        for name, rows in splits.items()
        for example in rows
    )
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


def _share(examples: Sequence[Example], field: str) -> float:
    return sum(bool(getattr(e.provenance, field)) for e in examples) / len(examples)


def _read_notes(reads: Sequence[ReadResult]) -> tuple[Finding, ...]:
    ordered = sorted(reads, key=lambda read: read.source.path)
    return tuple(finding for read in ordered for finding in read.findings)


def _broken_notes(reads: Sequence[ReadResult]) -> Iterator[Finding]:
    """An error when so many rows are broken that the file, not a row, must be at fault."""
    broken = [fate for read in reads for fate in read.fates]
    rows = sum(read.rows for read in reads)
    if len(broken) > MOST_BROKEN * rows:
        yield Finding(
            code="many_broken",
            severity="error",
            message=f"{len(broken)} of {rows} rows could not be used as they stand.",
            rows=tuple(f"{fate.source}:{fate.row}" for fate in broken[:20]),
            count=len(broken),
            fix="Look at their reasons: tuneworthy data fates",
        )


def _licence_notes(kept: Sequence[Example]) -> Iterator[Finding]:
    lacking = [e for e in kept if not e.provenance.licence]
    if lacking:
        yield Finding(
            code="no_licence",
            severity="warning",
            message=f"{len(lacking)} rows come without a licence; the Start gate needs one.",
            rows=tuple(f"{e.provenance.source}:{e.provenance.row}" for e in lacking[:20]),
            count=len(lacking),
            fix="Write it under 'sources' in tuneworthy.yaml.",
        )


def _split_notes(split: Split, project: Project) -> list[Finding]:
    notes = []
    leaks = split.report.leakage_exact + split.report.leakage_near
    if leaks:
        message = "Rows of the test split have a twin in training."
        notes.append(Finding(code="leakage", severity="error", message=message, count=leaks))
    wanted = project.split.by == "declared" or project.split.validation > 0
    if wanted and not split.parts["validation"]:
        message = "The validation split is empty; training cannot choose its best checkpoint."
        notes.append(Finding(code="no_validation", severity="warning", message=message))
    return notes
