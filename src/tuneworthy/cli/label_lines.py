"""How labelling looks on a terminal."""

from collections.abc import Sequence

from tuneworthy.cli.render import table
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.labelling import Handed, LabelQueue, LabelReport, WeakReport


def queue_rows(queues: Sequence[LabelQueue]) -> list[list[str]]:
    """One table row a queue."""
    return [
        [q.id, str(q.items), q.scale, str(q.annotators), f"{q.overlap:.0%}", q.source, q.guide]
        for q in queues
    ]


def handed_lines(found: Handed, person: str) -> list[str]:
    """The item, the question and how to answer."""
    if found.choices:
        may = "One of: " + ", ".join(found.choices)
    elif found.scale == "interval":
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (("from", found.low), ("to", found.high))
            if bound is not None
        ]
        may = " ".join(["A number", *bounds])
    else:
        may = "Write the answer."
    return [
        found.item.text,
        "",
        f"{found.question} {may}  (guide: {found.guide})",
        f"tuneworthy label submit {found.queue} {found.item.id} VALUE --by {person}",
        f"Yours until {found.until}. To pass it on: tuneworthy label skip {found.queue} "
        f"{found.item.id} --reason WHY --by {person}",
    ]


def report_lines(found: LabelReport) -> list[str]:
    """Where the queue stands, then one line a person."""
    signed = "signed" if found.guide_signed else "not signed"
    lines = [
        f"Queue {found.queue}: {found.finished} of {found.items} rows finished, "
        f"{found.annotations} labels under this guide ({signed}).",
        f"  agreement  {_alpha(found)}",
        f"  conflicts  {found.open_conflicts} open, {found.adjudicated} adjudicated",
    ]
    if found.older_guide:
        lines.append(
            f"  older guide  {found.older_guide} labels do not count; if they stand: tuneworthy "
            f"label still-valid {found.queue} --reason WHY --by LEAD"
        )
    rows = [
        [a.person, str(a.labelled), str(a.skipped), str(a.shared), _share(a.same),
         "-" if a.alpha is None else f"{a.alpha:.3f}", _interval(a.gold)]
        for a in found.annotators
    ]  # fmt: skip
    head = ["Person", "Labels", "Skips", "Shared", "Same", "Alpha", "Known answers right"]
    return [*lines, *table(head, rows)] if rows else lines


def weak_lines(found: WeakReport) -> list[str]:
    """One line a labelling function."""
    rows = [
        [r.name, f"{r.covered:.1%}", f"{r.overlaps:.1%}", f"{r.conflicts:.1%}",
         "unknown" if r.accuracy is None else _interval(r.accuracy), _interval(r.checked)]
        for r in found.rules
    ]  # fmt: skip
    head = ["Function", "Covered", "Overlaps", "Conflicts", "Estimated right", "Checked right"]
    return [
        *table(head, rows),
        *_unknown([r.name for r in found.rules if r.accuracy is None]),
        f"Together they cover {found.covered:.1%} of the rows; of those whose label people "
        f"decided they hit {_interval(found.checked)}.",
        "Estimated from agreement alone, as if functions erred independently; few checked rows "
        "say more.",
    ]


def _unknown(alone: Sequence[str]) -> list[str]:
    if not alone:
        return []
    return [
        f"Unknown for {', '.join(alone)}: no other function votes on the same rows, so there is no "
        "agreement to estimate from."
    ]


def _alpha(found: LabelReport) -> str:
    if found.alpha is None or found.alpha_low is None or found.alpha_high is None:
        return f"not known: {found.overlapping} rows were judged by two or more, and must differ"
    return (
        f"alpha ({found.scale}) {found.alpha:.3f} [{found.alpha_low:.3f}, {found.alpha_high:.3f}] "
        f"over {found.overlapping} rows"
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _interval(found: Interval) -> str:
    if found.n == 0:
        return "-"
    return f"{found.value:.0%} [{found.low:.0%}, {found.high:.0%}] n={found.n}"
