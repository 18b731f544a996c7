"""The dataset card: Markdown for people, Croissant (mlcommons.org/croissant/1.0) for machines.

Nothing is invented: what the project does not say stands there as not stated.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.project import Project
from tuneworthy.data.card_columns import TURNS, Column, field
from tuneworthy.data.card_rai import CONFORMS, rai
from tuneworthy.methods.canonical import short
from tuneworthy.methods.document_text import in_markdown
from tuneworthy.methods.plain_text import in_cell

NOT_STATED = "not stated"

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def markdown(project: Project, version: DatasetVersion) -> str:
    """The card for people, one page of Markdown."""
    profile = version.profile
    lines = [
        f"# Dataset of {in_markdown(project.id)}",
        "",
        in_markdown(project.use_case),
        "",
        *_table(
            ("", ""),
            [
                ("version", f"`{version.id}`"),
                ("made", version.created_at),
                ("rows read", f"{version.rows_in:,}"),
                ("rows kept", f"{version.rows_out:,}"),
                ("licence stated", f"{version.licence_coverage:.0%} of rows"),
                ("legal basis stated", f"{version.legal_basis_coverage:.0%} of rows"),
            ],
        ),
        "",
        "## Sources",
        "",
        *_table(
            ("File", "Licence", "Legal basis", "SHA-256"),
            [
                (
                    _cell(name),
                    _cell(source.licence or NOT_STATED),
                    _cell(source.legal_basis or NOT_STATED),
                    f"`{short(sha256, 16)}`",
                )
                for source in project.sources
                for name, sha256 in source.files_among(version.source_digests)
            ],
        ),
        "",
        "## What was left out",
        "",
        *_counts(("Reason", "Rows"), version.dropped, "Nothing was left out."),
        "",
        "## Splits",
        "",
        *_counts(("Split", "Rows"), version.split.sizes, ""),
        "",
        *_canaries(version),
        f"Divided by {version.split.by} with seed {version.split.seed}, {version.split.groups:,} "
        f"groups. Test rows with a twin in training: {version.split.leakage_exact} exact, "
        f"{version.split.leakage_near} near.",
        "",
        *_make_up(version),
        "## Profile",
        "",
        f"- Characters a row: median {profile.characters_median:,.0f}, 95th percentile "
        f"{profile.characters_p95:,.0f}, most {profile.characters_max:,}.",
        f"- Distinct targets: {profile.distinct_targets:,}; {profile.format_consistency:.1%} of "
        "them share one shape.",
        f"- Diversity: {profile.diversity:.2f} clusters a row before near-duplicates were dropped.",
        "",
        "## Personal data",
        "",
        f"{version.pii.scanned:,} rows were scanned ({version.pii.detector_version}). Findings "
        f"that block training and are left: {version.pii.unresolved_high}. The scan knows data "
        "with a form of its own, such as mail addresses and card numbers, not names and places.",
        "",
        "## Known limits",
        "",
        *_findings(version),
        "",
    ]
    return "\n".join(lines)


class CardFile(NamedTuple):
    """A file of rows as a card names it: JSON Lines, or CSV by its name."""

    name: str
    sha256: str
    """In hex."""
    columns: Mapping[str, Column] = MappingProxyType({"messages": TURNS})


def croissant(
    project: Project,
    version: DatasetVersion,
    files: Mapping[str, CardFile],
    labelling: Mapping[str, Any],
) -> dict[str, Any]:
    """The card for machines, Croissant 1.0 with Croissant RAI 1.0 as JSON-LD.

    Args:
        project: Names the use case, sources and licences.
        version: What the files hold.
        files: The file of each split.
        labelling: The facts of ``data.agreement`` on this version; empty where there are none.
    """
    licences = sorted({source.licence for source in project.sources if source.licence})
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": project.id,
        "description": project.use_case,
        "conformsTo": ["http://mlcommons.org/croissant/1.0", CONFORMS],
        "version": f"0.0.0+{short(version.id)}",
        "datePublished": version.created_at,
        "license": licences or [NOT_STATED],
        "url": f"urn:tuneworthy:{version.id}",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.name,
                "name": file.name,
                "contentUrl": file.name,
                "encodingFormat": _form(file.name),
                "sha256": file.sha256,
            }
            for file in files.values()
        ],
        "recordSet": [_records(split, file) for split, file in files.items()],
        **rai(project, version, labelling),
    }


def _form(name: str) -> str:
    return "text/csv" if name.endswith(".csv") else "application/jsonlines"


def _records(split: str, file: CardFile) -> dict[str, Any]:
    fields = {name: field(split, file.name, name, one) for name, one in file.columns.items()}
    told = {"@type": "cr:RecordSet", "@id": split, "name": split}
    if unsaid := [name for name, made in fields.items() if made is None]:
        told["description"] = f"No field says what is in: {', '.join(unsaid)}."
    return {**told, "field": [made for made in fields.values() if made is not None]}


def _findings(version: DatasetVersion) -> list[str]:
    worst = [found for found in version.findings if found.severity != "info"]
    said = [
        f"- {found.severity}: {in_markdown(found.message)} ({found.count} rows)" for found in worst
    ]
    return said or ["No check spoke against it."]


def _canaries(version: DatasetVersion) -> list[str]:
    if not version.canaries:
        return []
    return [
        f"{len(version.canaries)} of the training rows are canaries: made-up sentences that say "
        "nothing, planted to see whether a tuned model repeats its rows.",
        "",
    ]


def _make_up(version: DatasetVersion) -> list[str]:
    """How like the rest the held-out parts are; nothing for versions of before that was tested."""
    if not version.split.make_up:
        return []
    rows = [
        (_cell(one.part), _cell(one.trait), f"{one.distance:.1%}", f"{one.p_value:.2g}", one.method)
        for one in version.split.make_up
    ]
    return [
        "Are the held-out parts like the rest? Distance is the share of rows that would have to be "
        "of another kind; p is Holm's, over the table.",
        "",
        *_table(("Split", "Compared by", "Distance", "p", "Test"), rows),
        "",
    ]


def _counts(head: tuple[str, str], counts: Mapping[str, int], none: str) -> list[str]:
    if not counts:
        return [none]
    return _table(head, [(_cell(name), f"{count:,}") for name, count in counts.items()])


def _cell(text: str) -> str:
    """Text that people or files gave, for one cell of a table."""
    return in_markdown(in_cell(text))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    return [line(head), line(["---"] * len(head)), *map(line, rows)]
