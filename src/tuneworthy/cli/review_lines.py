"""How blind reviews look on a terminal."""

from tuneworthy.cli.render import table
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.online import OnlineAgreement
from tuneworthy.core.nouns.review import Handed, HandedPair, Review, ReviewStatus
from tuneworthy.core.nouns.review_result import Agreed, PairsResult, RaterFigures, RatingsResult


def opened_lines(found: Review) -> list[str]:
    """What was drawn, and what to type next."""
    lines = [f"Review {found.id}: {found.items} items to judge, each by {found.raters}."]
    if found.task == "pairs":
        lines.append(
            f"  {found.cases} cases; in {found.equal} both answers are equal, and count as ties."
        )
        short = found.needed > found.items
        lines.append(
            f"  A preference of {found.gain:g} needs {found.needed} pairs for 80 % power"
            + (f"; there are only {found.items}." if short else ".")
        )
    if found.makers:
        names = ", ".join(found.makers)
        may = f"may judge: {found.makers_allowed}" if found.makers_allowed else "may not judge"
        lines.append(f"  Trained by {names}, who {may}.")
    lines.append(f"Next: tuneworthy eval {found.task} next {found.id} --by PERSON")
    return lines


def review_rows(found: list[Review]) -> list[list[str]]:
    """One table row a review."""
    return [
        [r.id, str(r.items), str(r.raters), r.baseline_name or "-", r.candidate_name,
         f"closed {r.closed_at[:10]}" if r.closed_at else "open"]
        for r in found
    ]  # fmt: skip


def handed_lines(found: Handed, person: str) -> list[str]:
    """The item and how to answer."""
    lines = ["Request", found.request, ""]
    if found.reference:
        lines += ["Expected", found.reference, ""]
    if isinstance(found, HandedPair):
        task, words = "pairs", "left, right, tie or both_bad"
        lines += ["Left", found.left, "", "Right", found.right, ""]
        how = "VERDICT"
    else:
        task, words = "ratings", "a score for each criterion"
        lines += ["Answer", found.answer, ""]
        for one in found.criteria:
            lines.append(f"{one.name}: {one.asks}")
            lines += [f"  {score} {text}" for score, text in sorted(one.anchors.items())]
        how = " ".join(f"{one.name}=N" for one in found.criteria)
    return [
        *lines,
        f"{found.question} ({words})",
        f"tuneworthy eval {task} submit {found.review} {found.item} {how} --by {person}",
        f"Yours until {found.until}. To pass it on: tuneworthy eval {task} skip {found.review} "
        f"{found.item} --reason WHY --by {person}",
    ]


def status_lines(found: ReviewStatus) -> list[str]:
    """How far it is."""
    state = "closed" if found.closed else "open"
    each = ", ".join(f"{who} {count}" for who, count in found.by_person.items()) or "nobody yet"
    return [
        f"Review {found.review} ({state}): {found.finished} of {found.items} items are judged by "
        f"{found.raters}.",
        f"  judgements {found.judgements}, passed on {found.skipped}; {each}",
    ]


def pairs_lines(found: PairsResult) -> list[str]:
    """The win rate first, then what it rests on."""
    sides = found.sides
    lines = [
        f"{found.candidate} against {found.baseline}: {found.verdict}.",
        f"  win rate  {_interval(found.win)}, ties half, over all {found.cases} cases "
        f"({found.equal} equal); bounds {found.basis}",
        f"  judged    {found.n} of {found.items} pairs: {sides['candidate']} for the candidate, "
        f"{sides['baseline']} for the baseline, {sides['tie']} ties, {sides['both_bad']} both bad",
        f"  test      p = {found.p_value:.4g} ({found.test})",
        f"  agreement {_alpha(found.agreement)}",
        f"  {found.sequential.words}",
    ]
    worse = [one.segment for one in found.segments if one.verdict == "clearly worse"]
    if worse:
        lines.append(f"  clearly worse in: {', '.join(worse)}")
    return [*lines, *_makers(found.makers_among_raters), *_rater_lines(found.raters)]


def ratings_lines(found: RatingsResult) -> list[str]:
    """One line a criterion."""
    two = bool(found.baseline)
    against = f" against {found.baseline}" if two else ""
    rows = []
    for one in found.criteria:
        row = [one.criterion, f"1-{one.highest}", _interval(one.mean)]
        if two:
            p = "-" if one.p_holm is None else f"{one.p_holm:.3g}"
            row += [
                _interval(one.baseline) if one.baseline else "-",
                _interval(one.delta) if one.delta else "-",
                p,
                one.verdict or "-",
            ]
        rows.append([*row, _alpha(one.agreement)])
    head = ["Criterion", "Scale", "Mean"]
    head += ["Baseline", "Difference", "p (Holm)", "Verdict"] if two else []
    lines = [
        f"{found.candidate}{against}: {found.n} of {found.items} answers are rated.",
        f"  overall   {_interval(found.score)} from 0 (all 1) to 1 (all at the highest)",
        *table([*head, "Agreement"], rows),
    ]
    return [*lines, *_makers(found.makers_among_raters), *_rater_lines(found.raters)]


def online_lines(found: OnlineAgreement) -> list[str]:
    """One line a version."""
    rows = [
        [one.version, _interval(one.offline), _interval(one.online), str(one.online.n),
         _interval(one.gap), str(one.matched), "-" if one.same is None else f"{one.same:.0%}"]
        for one in found.versions
    ]  # fmt: skip
    head = ["Version", "On the suite", "Live", "n", "Live less suite", "Same request", "Agree"]
    lines = [*table(head, rows), found.words]
    if found.ordered:
        lines.append(f"{found.same_order} of {found.ordered} pairs of versions stand alike.")
    return lines


def _rater_lines(raters: tuple[RaterFigures, ...]) -> list[str]:
    rows = [
        [
            r.person,
            str(r.judged),
            str(r.skipped),
            "-" if r.same is None else f"{r.same:.0%}",
            "-" if r.alpha is None else f"{r.alpha:.3f}",
            _interval(r.left) if r.left and r.left.n else "-",
        ]
        for r in raters
    ]
    head = ["Person", "Judged", "Passed on", "Same", "Alpha", "Chose left"]
    return table(head, rows) if rows else []


def _makers(names: tuple[str, ...]) -> list[str]:
    return [f"  Not independent: {', '.join(names)} trained it and judged."] if names else []


def _alpha(found: Agreed) -> str:
    if found.value is None or found.low is None or found.high is None:
        return f"not known ({found.items} items by two or more, which must differ)"
    return f"alpha {found.value:.3f} [{found.low:.3f}, {found.high:.3f}] over {found.items}"


def _interval(found: Interval) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
