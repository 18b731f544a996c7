"""What eval errors prints: the sum, what changed, kinds, clusters, parts, labels and calls."""

from collections.abc import Sequence

from tuneworthy.cli.render import table
from tuneworthy.core.nouns.failures import (
    FailureAnalysis,
    FailureCluster,
    FailureSlice,
    RunChanges,
    Shown,
)
from tuneworthy.methods.visible import visible

CASES = 5
ROWS = 10
_WIDE = 90


def failure_lines(found: FailureAnalysis) -> list[str]:
    """The analysis as plain lines; everything cut short is counted."""
    share = found.share
    return [
        f"{found.run}: {found.n_failed:,} of {found.n:,} cases fail ({share.value:.0%}, 95 % "
        f"interval {share.low:.0%} to {share.high:.0%}). A case passes at {found.pass_at:g}.",
        *(_changed(found.changes) if found.changes else []),
        *_part("Kinds of error", ["Kind", "Cases", "Share", "For example"], _kinds(found)),
        *_clusters(found),
        *_slices(found.slices),
        *_part(
            "Labels taken for others",
            ["Expected", "Said", "Cases", "For example"],
            [[_one(c.expected, 40), _one(c.said, 40), str(c.n), _one(c.examples[0])]
             for c in found.confusions],
        ),
        *_part(
            "Tool calls",
            ["Function", "Argument", "Fault", "Cases", "For example"],
            [
                [_one(c.function, 40), _one(c.argument, 30) or "the call", _one(c.fault, 40),
                 str(c.n), _one(c.examples[0])]
                for c in found.calls
            ],
        ),
    ]  # fmt: skip


def _changed(changed: RunChanges) -> list[str]:
    moved = [
        f"{n:,} scored {name}"
        for n, name in ((changed.lower, "lower"), (changed.higher, "higher"))
        if n
    ]
    lines = [
        f"Against {changed.against}: newly broken {changed.broken:,}, newly fixed "
        f"{changed.fixed:,}, unchanged {changed.same:,}" + "".join(f", {one}" for one in moved)
    ]
    for title, n, cases in (
        ("Newly broken", changed.broken, changed.broken_cases),
        ("Newly fixed", changed.fixed, changed.fixed_cases),
    ):
        if cases:
            lines += ["", title, *(line for one in cases[:CASES] for line in _case(one))]
            lines += _more(n, CASES)
    return lines


def _case(one: Shown) -> list[str]:
    told = f" ({_one(one.kind)})" if one.kind else ""
    lines = [f"  {_one(one.id)}{told}: {_one(one.request, _WIDE)}"]
    lines += [f"      expected: {_one(one.expected, _WIDE)}"] if one.expected else []
    if one.base_output is not None:
        lines.append(f"      before:   {_one(one.base_output, _WIDE) or '(nothing)'}")
    return [*lines, f"      now:      {_one(one.output, _WIDE) or '(nothing)'}"]


def _kinds(found: FailureAnalysis) -> list[list[str]]:
    return [
        [_one(one.kind, 60), str(one.n), f"{one.share:.0%}", _one(one.examples[0])]
        for one in found.kinds
    ]


def _clusters(found: FailureAnalysis) -> list[str]:
    if not found.clusters:
        return []
    lines = ["", f"Clusters of failures, by {found.vectors} ({found.rule})"]
    return lines + [line for one in found.clusters for line in _cluster(one)]


def _cluster(one: FailureCluster) -> list[str]:
    words = ", ".join(_one(word, 30) for word in one.words) or "no word sets it apart"
    broken = f", {one.newly_broken:,} newly broken" if one.newly_broken else ""
    lines = [
        f"  {one.number}. {one.n:,} cases ({one.share:.0%}){broken}; mostly: {_one(one.kind, 60)}",
        f"     words: {words}",
    ]
    for case in one.examples:
        lines.append(f"     {_one(case.id)}: {_one(case.request, _WIDE)}")
        lines.append(f"        -> {_one(case.output, _WIDE) or '(nothing)'}")
    return lines


def _slices(found: Sequence[FailureSlice]) -> list[str]:
    rows = [
        [
            f"{one.family}: {_one(one.name, 40)}",
            str(one.n),
            f"{one.share.value:.0%}",
            f"{one.share.low:.0%} to {one.share.high:.0%}",
            f"{one.difference.value * 100:+.0f} points",
            f"{one.p_holm:.2g}",
            one.verdict,
        ]
        for one in found
    ]
    head = ["Part", "Cases", "Fail", "95 %", "Against the rest", "p (Holm)", "Verdict"]
    return _part("Parts of the cases", head, rows, most=len(rows))


def _part(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], most: int = ROWS
) -> list[str]:
    if not rows:
        return []
    return ["", title, *table(head, rows[:most]), *_more(len(rows), most)]


def _more(n: int, most: int) -> list[str]:
    return [f"  and {n - most:,} more (--json has them)"] if n > most else []


def _one(text: str, most: int = 60) -> str:
    return visible(text, most)
