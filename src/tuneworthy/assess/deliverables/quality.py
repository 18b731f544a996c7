"""The quality checklist: each criterion, what was measured, against what, and the result."""

from collections.abc import Iterator
from typing import NamedTuple

from tuneworthy.assess.deliverables.facts import Facts, figure
from tuneworthy.assess.deliverables.parts import (
    NOT_MEASURED,
    blank,
    count,
    fixed,
    share,
    table,
    word,
)
from tuneworthy.core.nouns.deliverable import Cell, EvidenceRef, Item, Row, Section
from tuneworthy.core.nouns.people import Role

LEAST_DIVERSITY = 0.5
LEAST_CONSISTENCY = 0.9
MOST_ERRORS = 0.05

_BUILD = "tuneworthy data build"


class Check(NamedTuple):
    """One line of the checklist. Without a measured value it is open, and ``missing`` says why."""

    id: str
    criterion: str
    what: str
    measured: Cell
    threshold: Cell
    passed: bool | None
    evidence: tuple[EvidenceRef, ...]
    missing: str = ""
    command: str = _BUILD
    role: Role = Role.DATA_STEWARD


def checklist(facts: Facts) -> Section:
    """Relevance, diversity, volume, quality, recency and format, measured or named as not."""
    checks = [
        _relevance(facts),
        *_profile(facts),
        *_quality(facts),
        _labels(facts),
        _recency(facts),
    ]
    rows = [_row(check) for check in checks]
    columns = ("Criterion", "What is looked at", "Measured", "Threshold", "Result")
    items: list[Item] = [table("checklist", "Checklist", columns, rows)]
    for check in checks:
        if check.measured.value is None:
            label = f"{check.criterion}: {check.what}"
            owner = facts.owner(check.role)
            items.append(blank(check.id, label, check.missing, owner, check.command))
    return Section(
        id="checklist",
        title="Quality checklist",
        intro="What nobody has measured is said to be so. It is neither passed nor failed.",
        items=tuple(items),
    )


def _row(check: Check) -> Row:
    if check.measured.value is None:
        result = Cell(value=None, text=NOT_MEASURED)
    elif check.passed is None:
        result = Cell(value=None, text="measured, no threshold")
    else:
        result = word("pass", "ok") if check.passed else word("fail", "bad")
    measured = check.measured
    if measured.value is None:
        measured = Cell(value=None, text=NOT_MEASURED)
    cells = (word(check.criterion), word(check.what), measured, check.threshold, result)
    return Row(cells=cells, evidence=check.evidence)


def _relevance(facts: Facts) -> Check:
    found = facts.of_dataset("monitor.drift")
    result = found.result if found else {}
    novel = figure(result, "novel_share")
    drifted = result.get("drifted")
    return Check(
        "relevance",
        "Relevance",
        "share of live requests unlike every known one; drift test against the rows",
        share(novel),
        word("no drift"),
        None if novel is None else drifted is False,
        facts.ref(found),
        missing="Live requests have not been compared with these rows.",
        command="tuneworthy drift check",
        role=Role.MODEL_OWNER,
    )


def _profile(facts: Facts) -> Iterator[Check]:
    data = facts.report.dataset
    profile = data.profile if data else None
    refs = facts.ref(facts.of_dataset("data.profile"))
    none = "No dataset version has been built."
    least = facts.approach.chosen.minimum
    yield Check(
        "diversity",
        "Diversity",
        "clusters of near-duplicates over rows, before they were dropped",
        fixed(profile.diversity if profile else None, decimals=3),
        Cell(value=LEAST_DIVERSITY, text=f"{LEAST_DIVERSITY:g} or more"),
        profile.diversity >= LEAST_DIVERSITY if profile else None,
        refs,
        missing=none,
    )
    yield Check(
        "volume",
        "Volume",
        "rows after cleaning and removing duplicates",
        count(data.rows_out) if data else Cell(value=None, text=NOT_MEASURED),
        Cell(value=least, text=f"{least:,} or more"),
        data.rows_out >= least if data else None,
        refs,
        missing=none,
    )
    yield Check(
        "format",
        "Format consistency",
        "share of targets with the commonest form",
        share(profile.format_consistency if profile else None),
        Cell(value=LEAST_CONSISTENCY, text=f"{LEAST_CONSISTENCY:.0%} or more"),
        profile.format_consistency >= LEAST_CONSISTENCY if profile else None,
        refs,
        missing=none,
    )


def _quality(facts: Facts) -> Iterator[Check]:
    data = facts.report.dataset
    version = facts.of_dataset("data.version")
    valid = figure(version.result, "valid_share") if version else None
    none = "No dataset version has been built."
    yield Check(
        "quality-form",
        "Quality",
        "share of the rows read that fit the schema",
        share(valid),
        Cell(value=1.0, text="100 %"),
        None if valid is None else valid >= 1,
        facts.ref(version),
        missing=none,
    )
    for id_, what, about, value in (
        (
            "quality-leakage",
            "test rows with an equal or near twin in training",
            "data.leakage",
            data.split.leakage_exact + data.split.leakage_near if data else None,
        ),
        (
            "quality-private",
            "serious personal data or secrets left",
            "data.pii",
            data.pii.unresolved_high if data else None,
        ),
    ):
        yield Check(
            id_,
            "Quality",
            what,
            Cell(value=None, text=NOT_MEASURED) if value is None else count(value),
            Cell(value=0, text="0"),
            None if value is None else value == 0,
            facts.ref(facts.of_dataset(about)),
            missing=none,
        )


def _labels(facts: Facts) -> Check:
    found = facts.of_dataset("data.audit")
    worst = figure(found.result, "upper_error") if found else None
    return Check(
        "quality-labels",
        "Quality",
        "wrong labels in an audit of 200 rows or more, upper 95 % bound",
        share(worst),
        Cell(value=MOST_ERRORS, text=f"{MOST_ERRORS:.0%} or less"),
        None if worst is None else worst <= MOST_ERRORS,
        facts.ref(found),
        missing="Nobody has audited the labels; no command of this version does. A signed account "
        "of an audit may be kept.",
        command="tuneworthy people attest label_audit FILE --by PERSON",
        role=Role.REVIEW_LEAD,
    )


def _recency(facts: Facts) -> Check:
    times = facts.times
    if times is None:
        missing = "No dataset version has been built."
        measured = Cell(value=None, text=NOT_MEASURED)
    elif not times.dated:
        missing = "No row names its time: map a column to 'timestamp' under 'sources'."
        measured = Cell(value=None, text=NOT_MEASURED)
    else:
        missing = ""
        said = f"{times.oldest} to {times.newest}, {times.dated:,} of {times.rows:,} rows dated"
        measured = Cell(value=times.newest, text=said)
    return Check(
        "recency",
        "Recency",
        "time of the oldest and the newest row",
        measured,
        Cell(value=None, text="none is set"),
        None,
        facts.ref(facts.of_dataset("data.version")) if times and times.dated else (),
        missing=missing,
    )
