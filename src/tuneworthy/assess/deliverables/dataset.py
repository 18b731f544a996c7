"""The dataset specification and its quality checklist."""

from collections.abc import Iterator

from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.parts import (
    blank,
    code,
    count,
    known,
    number,
    share,
    short,
    signed,
    table,
    word,
)
from tuneworthy.assess.deliverables.quality import checklist
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.deliverable import Cell, Item, Row, Section, Tone
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.project import Source

BUILD = "tuneworthy data build"


def sections(facts: Facts) -> tuple[Section, ...]:
    """All that the document says, in order."""
    data = facts.report.dataset
    return (
        Section(id="sources", title="Sources", items=tuple(_sources(facts, data))),
        Section(
            id="rows",
            title="Rows in, rows kept",
            intro="Each row left out has its place and reason: tuneworthy data fates.",
            items=tuple(_rows(facts, data)) if data else (_none(facts, "version", "Dataset"),),
        ),
        Section(
            id="split",
            title="Split and leakage",
            items=tuple(_split(facts, data)) if data else (_none(facts, "split", "Split"),),
        ),
        Section(
            id="private",
            title="Personal data and secrets",
            items=tuple(_private(facts, data)) if data else (_none(facts, "pii", "Scan"),),
        ),
        Section(
            id="profile",
            title="Profile",
            items=tuple(_profile(facts, data)) if data else (_none(facts, "profile", "Profile"),),
        ),
        Section(id="approach", title="The approach and its data", items=tuple(_approach(facts))),
        Section(id="labelling", title="Labelling and handling", items=tuple(_papers(facts))),
        checklist(facts),
    )


def _none(facts: Facts, id_: str, label: str) -> Item:
    missing = "No dataset version has been built."
    return blank(id_, label, missing, facts.owner(Role.DATA_STEWARD), BUILD)


def _sources(facts: Facts, data: DatasetVersion | None) -> Iterator[Item]:
    digests = data.source_digests if data else {}
    found = facts.of_dataset("data.version")
    refs = facts.ref(found)
    rows = [
        Row(
            cells=(
                code(name),
                short(sha256),
                Cell(value=source.licence or None, text=source.licence or "not stated"),
                Cell(value=source.legal_basis or None, text=source.legal_basis or "not stated"),
                Cell(
                    value=_columns(source) or None,
                    text=_columns(source) or "the file's own names",
                ),
            ),
        )
        for source in facts.project.sources
        for name, sha256 in source.files_among(digests)
    ]
    columns = ("File", "Digest", "Licence", "Legal basis", "Columns (ours: the file's)")
    yield table("sources", "Sources", columns, rows, source="settings")
    for number_, source in enumerate(facts.project.sources, 1):
        for field, label in (("licence", "Licence"), ("legal_basis", "Legal basis")):
            if not getattr(source, field):
                yield blank(
                    f"{field}-{number_}",
                    f"{label} of {source.path}",
                    f"Not stated: '{field}' under 'sources' in tuneworthy.yaml.",
                    facts.owner(Role.SOURCE_OWNER),
                    BUILD,
                    source="settings",
                )
    if data is None:
        yield _none(facts, "coverage", "Rows with licence and legal basis")
        return
    for id_, label, value in (
        ("licence-coverage", "Rows with a licence", data.licence_coverage),
        ("basis-coverage", "Rows with a legal basis", data.legal_basis_coverage),
    ):
        tone: Tone = "ok" if value >= 1 else "bad"
        yield known(id_, label, share(value, tone), evidence=refs)


def _columns(source: Source) -> str:
    return ", ".join(f"{ours}: {theirs}" for ours, theirs in source.columns.items())


def _rows(facts: Facts, data: DatasetVersion) -> Iterator[Item]:
    refs = facts.ref(facts.of_dataset("data.version"))
    yield known("version", "Dataset version", code(data.id), evidence=refs)
    yield known("built", "Built", word(data.created_at))
    yield known("rows-in", "Rows read", count(data.rows_in), evidence=refs)
    yield known("rows-out", "Rows kept", count(data.rows_out), evidence=refs)
    if data.dropped:
        ordered = sorted(data.dropped.items(), key=lambda pair: (-pair[1], pair[0]))
        rows = [(code(reason), count(n)) for reason, n in ordered]
        yield table("dropped", "Rows left out, by reason", ("Reason", "Rows"), rows)
    else:
        yield known("dropped", "Rows left out, by reason", word("none"))
    if data.findings:
        tones: dict[str, Tone] = {"info": "", "warning": "warn", "block": "bad"}
        found = [
            (
                word(f.severity, tones[f.severity]),
                word(f.message),
                count(f.count),
                Cell(value=f.fix or None, text=f.fix or "nothing to do"),
            )
            for f in data.findings
        ]
        columns = ("How bad", "What", "Rows", "To do")
        yield table("findings", "What the checks found", columns, found)


def _split(facts: Facts, data: DatasetVersion) -> Iterator[Item]:
    split = data.split
    yield known("method", "Rows that must stay in one split, by", word(split.by), source="settings")
    yield known("seed", "Seed", Cell(value=split.seed, text=str(split.seed)), source="settings")
    rows = [(word(name), count(size)) for name, size in split.sizes.items()]
    yield table("sizes", "Sizes", ("Split", "Rows"), rows)
    yield known("groups", "Groups that stay whole", count(split.groups))
    refs = facts.ref(facts.of_dataset("data.leakage"))
    for id_, label, n in (
        ("leakage-exact", "Test rows with an equal row in training", split.leakage_exact),
        ("leakage-near", "Test rows with a near twin in training", split.leakage_near),
    ):
        yield known(id_, label, count(n, "ok" if n == 0 else "bad"), evidence=refs)


def _private(facts: Facts, data: DatasetVersion) -> Iterator[Item]:
    refs = facts.ref(facts.of_dataset("data.pii"))
    pii = data.pii
    yield known("scanned", "Rows scanned", count(pii.scanned), evidence=refs)
    high = count(pii.unresolved_high, "ok" if pii.unresolved_high == 0 else "bad")
    yield known("unresolved", "Serious findings left in the rows", high, evidence=refs)
    yield known("detectors", "Version of the detectors", word(pii.detector_version), evidence=refs)
    if pii.counts:
        rows = [(code(kind), count(n)) for kind, n in sorted(pii.counts.items())]
        yield table("kinds", "Found, by kind", ("Kind", "Findings"), rows)


def _profile(facts: Facts, data: DatasetVersion) -> Iterator[Item]:
    refs = facts.ref(facts.of_dataset("data.profile"))
    profile = data.profile
    figures = (
        ("rows", "Rows", count(profile.rows)),
        ("median", "Length of a row, median", number(profile.characters_median, "characters")),
        ("p95", "Length of a row, 95th percentile", number(profile.characters_p95, "characters")),
        ("longest", "Longest row", number(profile.characters_max, "characters", 6)),
        (
            "target",
            "Length of a target, median",
            number(profile.target_characters_median, "characters"),
        ),
        ("targets", "Different targets", count(profile.distinct_targets)),
    )
    for id_, label, cell in figures:
        yield known(id_, label, cell, evidence=refs)
    if not profile.segments:
        yield blank(
            "segments",
            "Segments",
            "No row names its segment: map a column to 'segment' under 'sources'.",
            facts.owner(Role.DATA_STEWARD),
            BUILD,
        )
        return
    ordered = sorted(profile.segments.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(word(name), count(n)) for name, n in ordered]
    yield table("segments", "Segments", ("Segment", "Rows"), rows)


def _approach(facts: Facts) -> Iterator[Item]:
    chosen, data = facts.approach.chosen, facts.report.dataset
    yield known("goal", "Goal", word(facts.approach.goal), source="settings")
    yield known("approach", "Way of tuning", word(chosen.approach), source="rules")
    least = Cell(value=chosen.minimum, text=f"{chosen.minimum:,} {chosen.unit}")
    yield known("minimum", "Fewest that it needs", least, source="rules")
    if data is None:
        yield _none(facts, "have", "Rows at hand after cleaning")
    else:
        tone: Tone = "ok" if data.rows_out >= chosen.minimum else "bad"
        refs = facts.ref(facts.of_dataset("data.profile"))
        yield known(
            "have", "Rows at hand after cleaning", count(data.rows_out, tone), evidence=refs
        )
    rows = [
        (
            word(r.text),
            word(r.needed),
            word(r.found),
            word({True: "yes", False: "no", None: "not known"}[r.held]),
        )
        for r in chosen.requirements
    ]
    if rows and data is not None:
        refs = facts.ref(facts.of_dataset("data.shape"))
        columns = ("What it asks for", "Needed", "Found", "Holds")
        yield table("requirements", "The data's shape against it", columns, rows, evidence=refs)


def _papers(facts: Facts) -> Iterator[Item]:
    for id_, label, missing, role in (
        (
            "labelling_guide",
            "Labelling guide",
            "No labelling guide is signed.",
            Role.ANNOTATION_OWNER,
        ),
        (
            "policy",
            "Policy on training use and sensitive records",
            "No policy is signed.",
            Role.COMPLIANCE_REVIEWER,
        ),
        (
            "retention_class",
            "How long rows are kept",
            "No retention class is signed.",
            Role.COMPLIANCE_REVIEWER,
        ),
    ):
        yield signed(facts, id_, label, missing, (id_, role))
    for id_, label, role in (
        ("steward", "Data steward", Role.DATA_STEWARD),
        ("source-owner", "Source owner", Role.SOURCE_OWNER),
        ("annotation-owner", "Annotation owner", Role.ANNOTATION_OWNER),
    ):
        yield named(facts, id_, label, role)


def named(facts: Facts, id_: str, label: str, role: Role) -> Item:
    """Who holds a role; a blank unless it is exactly one person."""
    holders = facts.holders(role)
    if len(holders) == 1:
        refs = facts.ref(facts.newest("people.named", facts.project.id))
        demo = ("Made up for a demonstration.",) if holders[0].demonstration else ()
        return known(id_, label, word(holders[0].name), evidence=refs, lines=demo)
    words = role.value.replace("_", " ")
    missing = (
        f"{len(holders)} people are {words}: {', '.join(p.name for p in holders)}. Name one."
        if holders
        else f"Nobody is named {words}."
    )
    command = f"tuneworthy people add PERSON NAME --role {role.value}"
    return blank(id_, label, missing, facts.owner(Role.GOVERNANCE_OWNER), command)
