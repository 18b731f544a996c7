"""What is watched in production, what was seen, and what it may lead to."""

from collections.abc import Iterator

from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.parts import (
    blank,
    count,
    known,
    share,
    table,
    word,
    words,
    yes_no,
)
from tuneworthy.core.nouns.deliverable import Cell, Item, Tone
from tuneworthy.core.nouns.people import Role

WATCH = "tuneworthy drift check"
ANSWERS = "tuneworthy drift answers"


def monitors(facts: Facts) -> Iterator[Item]:
    """What is watched, how often, and what was seen last."""
    watch, schedule = facts.watch, facts.project.monitor.schedule
    when = f"after every {watch.window} requests" + (
        f", and by '{schedule}' (cron, UTC)" if schedule else "; no clock is set"
    )
    yield known("schedule", "Drift is tested", word(when), source="settings")
    alarm = Cell(value=watch.alpha, text=f"p below {watch.alpha:g}")
    least = f"The newest {watch.window} requests; from {watch.least} on."
    yield known("drift-alpha", "Drift threshold", alarm, lines=(least,), source="rules")
    yield _heartbeat(facts)
    drift = facts.report.drift
    if drift is None:
        missing = "Live requests have never been compared with the tested ones."
        yield blank("drift", "Newest drift test", missing, facts.owner(Role.MODEL_OWNER), WATCH)
    else:
        tone: Tone = "bad" if drift.drifted else "ok"
        yield known(
            "drift",
            "Newest drift test",
            yes_no(drift.drifted).model_copy(update={"tone": tone}),
            lines=(
                f"{drift.window:,} live requests against {drift.reference:,}, "
                f"p = {drift.p_value:.3g}, {drift.novel_share:.1%} of them novel.",
            ),
            evidence=facts.ref(facts.newest("monitor.drift")),
        )
    yield from _quality(facts)
    yield _overrides(facts)
    alerts = facts.report.alerts
    yield known("alerts", "Alerts so far", count(len(alerts)))
    rows = [
        (
            word(a.created_at),
            word(a.severity),
            word(a.message),
            word(facts.name(a.owner)),
            word(a.state),
        )
        for a in alerts
        if a.state != "closed"
    ]
    if rows:
        yield table("open-alerts", "Open", ("Raised", "How bad", "What", "For", "State"), rows)


def _quality(facts: Facts) -> Iterator[Item]:
    """Live answers against the release, by each measure."""
    owner = facts.owner(Role.MODEL_OWNER)
    if not facts.report.quality:
        missing = "Live answers have never been compared with the release."
        yield blank("quality", "Answers since release", missing, owner, ANSWERS)
    for one in facts.report.quality:
        label = f"Live {one.measure}"
        if one.decay is None or one.decay.level is None:
            yield blank(one.measure, label, one.text, owner, ANSWERS)
            continue
        cell = share(one.decay.level.value, "bad" if one.decay.alert else "ok")
        refs = facts.ref(facts.newest("monitor.quality"))
        yield known(one.measure, label, cell, lines=(one.text,), evidence=refs)


def _overrides(facts: Facts) -> Item:
    """Answers that people replaced, week by week."""
    found = facts.report.overrides
    weeks = [week for week in found.weeks if week.n] if found else []
    if found is None or found.baseline is None or not weeks:
        missing = found.text if found else "Replaced answers were never counted."
        owner = facts.owner(Role.REVIEW_LEAD)
        return blank("overrides", "Replaced answers", missing, owner, ANSWERS)
    return known(
        "overrides",
        "Replaced answers, newest week",
        share(weeks[-1].value, "bad" if found.triggered else "ok"),
        lines=(found.text,),
        evidence=facts.ref(facts.newest("monitor.overrides")),
    )


def _heartbeat(facts: Facts) -> Item:
    found = facts.newest("monitor.heartbeat")
    if found is None:
        missing = "The monitors have never reported."
        return blank("heartbeat", "Last report", missing, facts.owner(Role.TECHNICAL_OWNER), WATCH)
    return known("heartbeat", "Last report", word(found.created_at), evidence=facts.ref(found))


def triggers(facts: Facts) -> Iterator[Item]:
    """What opens a proposal, and the proposals that wait."""
    watch = facts.watch
    rows = [
        (
            word("What people ask has changed"),
            word(f"drift at p of {watch.alpha:g} or less, or in two of the newest three windows"),
            word("retrain"),
        ),
        (
            word("The service fails"),
            word(f"lower 95 % bound of failed requests above {watch.most_errors:.0%}"),
            word("investigate"),
        ),
        (
            word("People replace answers"),
            word(f"lower 95 % bound of replaced answers above {watch.most_overrides:.0%}"),
            word("repair the prompt"),
        ),
        (
            word("Feedback has fallen"),
            word("its 95 % interval lies below the version's before"),
            word("roll back"),
        ),
        (
            word("Answers are worse than at release"),
            word(
                f"seven days of accuracy below {watch.least_accuracy:.0%}, or of satisfaction "
                f"below {watch.least_satisfaction:.0%}, of that at release; 95 % interval below it"
            ),
            word("repair the prompt, or investigate"),
        ),
        (
            word("People replace more answers than at release"),
            word(
                f"two weeks in a row {watch.override_rise:.0%} or more above the share at "
                "release, and their 95 % intervals above it"
            ),
            word("repair the prompt, or investigate"),
        ),
    ]
    lines = (f"The same is not proposed again within {watch.cool_down_days:g} days.",)
    columns = ("Trigger", "When", "What is proposed")
    yield table("triggers", "Triggers", columns, rows, source="rules", lines=lines)
    proposals = facts.report.proposals
    yield known("proposals", "Proposals so far", count(len(proposals)))
    open_ = [p for p in proposals if p.state == "open"]
    if open_:
        rows = [(word(p.created_at), word(words(p.action)), word(p.reason)) for p in open_]
        yield table("open-proposals", "Waiting for a decision", ("Made", "What", "Why"), rows)
