"""tuneworthy drift answers, and where people read what it found."""

from pathlib import Path
from typing import Any

import tuneworthy
from tests.fakes.live_shop import Shop
from tuneworthy.web.report import render_report


def test_the_command_line_and_the_report_say_it(run: Any, tmp_path: Path) -> None:
    with Shop(tmp_path / "project") as shop:
        shop.release(score=0.9, liked=0.8)
        shop.days(21, {"check": 0.7, "user": 0.8, "override": 0.7}, n=20)
    done = run("-C", str(shop.home), "drift", "answers")
    assert done.code == 0, done.err
    assert "Alert for ed: Live accuracy has fallen since release: 0.7000" in done.out
    assert "Proposal (investigate): Answers are worse than at release" in done.out
    told = run("--json", "-C", str(shop.home), "drift", "report").json
    assert [a["about"] for a in told["alerts"]] == ["decay.accuracy", "overrides"]
    assert told["overrides"]["triggered"] is True
    assert [q["measure"] for q in told["quality"]] == ["accuracy", "satisfaction"]
    with tuneworthy.open(shop.home) as work:
        page = render_report([work.report()])
        (document,) = work.deliverables(["deployment-and-monitoring-plan"])
    (watched,) = (section for section in document.sections if section.id == "monitors")
    plan = {item.id: item for item in watched.items}
    assert "✕ fallen</span> Accuracy: 0.7000 over the last 7 days" in page
    assert "✓ held</span> Satisfaction: 0.8000" in page
    assert "✕ risen</span> Overrides a week: 30.0%" in page
    assert plan["overrides"].tone == "bad"
    assert plan["overrides"].evidence[0].about == "monitor.overrides"
    assert plan["accuracy"].tone == "bad"
    assert plan["satisfaction"].evidence[0].about == "monitor.quality"
    assert len(page.encode()) <= 60_000


def test_without_a_release_it_says_so(run: Any, project: Path) -> None:
    done = run("-C", str(project), "drift", "answers")
    assert done.code == 0, done.err
    assert "No tuned version is in production" in done.out
    assert run("--json", "-C", str(project), "drift", "answers").json["live"] is None
    told = run("-C", str(project), "drift", "report")
    assert told.out.strip() == "No alert and no proposal."
