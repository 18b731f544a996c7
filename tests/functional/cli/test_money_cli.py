"""tuneworthy assess money, and what assess keeps of it."""

from pathlib import Path

import pytest

import tuneworthy

COSTS = """\
factors: {}
strategic_value: 5
costs:
  rate: 100
  currency: EUR
  upfront:
    - {name: "data, evaluation, deployment", hours: 60}
    - {name: training, kind: training, cpu_hour_rate: 0.05, runs: 4}
  ongoing:
    - {name: inference, spend: {low: 200, high: 1000}}
    - {name: monitoring, hours: {low: 5, high: 10}}
    - {name: retraining, hours: {low: 10, high: 20}, per: quarter}
  returns:
    - {name: API savings, spend: 1500}
    - {name: quality, spend: 500}
"""


def write(project: Path, text: str = COSTS) -> tuple[str, str]:
    (project / "answers.yaml").write_text(text, encoding="utf-8")
    return "-C", str(project)


def test_k12_the_command_shows_rows_scenarios_tornado_and_band(run, project):
    at = write(project)
    done = run(*at, "assess", "money")
    assert done.code == 0, done.err
    for said in ("1,033.33", "6.21", "40.00", "2,666.67", "never", "seed 7", "money in EUR"):
        assert said in done.out
    rows = [line for line in done.out.splitlines() if line.startswith("  inference")]
    assert rows[0].endswith("10.9 to never")
    assert "o" in rows[0].split("[")[1]
    assert ">]" in rows[0]
    assert "not estimated yet: tuneworthy train plan" in done.out


def test_json_has_the_whole_account_and_the_sdk_the_same(run, project):
    at = write(project)
    found = run("--json", *at, "assess", "money").json
    assert found.pop("ok") is True
    assert (found["months"], found["missing"]) == (40, ["training"])
    assert found["scenarios"]["high"]["months"] is None
    assert found["tornado"]["swings"][0]["name"] == "inference"
    assert found["band"]["draws"] == 10_000
    with tuneworthy.open(project) as workspace:
        assert workspace.money().model_dump(mode="json") == found


def test_assess_keeps_the_scenarios_as_declared_evidence(run, project):
    at = write(project)
    assert run("--json", *at, "assess").code == 0
    with tuneworthy.open(project) as workspace:
        (kept,) = (e for e in workspace.evidence() if e.about == "costs.break_even")
    assert kept.grade == "declared"
    assert (kept.result["months"], kept.result["never"], kept.result["net"]) == (40, False, 150)
    assert kept.result["text"]
    assert kept.result["scenarios"]["high"]["never"] is True
    assert kept.result["moves_most"] == ["inference", "monitoring", "retraining"]
    assert kept.result["band"]["seed"] == 7


def test_without_rows_a_person_must_fill_them_in(run, project):
    done = run("--json", "-C", str(project), "assess", "money")
    assert done.code == 4
    assert done.error["code"] == "no_costs"
    assert "answers.yaml" in done.error["message"]


@pytest.mark.parametrize("verb", [("assess", "money"), ("assess",), ("config", "check")])
def test_a_wrong_row_is_told_with_its_place(run, project, verb):
    at = write(project, COSTS.replace("{low: 200, high: 1000}", "{low: 2000, high: 1000}"))
    done = run("--json", *at, *verb)
    assert done.code == 2
    assert done.error["code"] == "costs_wrong"
    assert "costs.ongoing.0.spend ('inference')" in done.error["message"]
    assert done.out == ""


def test_the_examples_come_with_ranges(run, tmp_path):
    for example in ("services", "tools"):
        folder = tmp_path / example
        assert run("init", str(folder), "--example", example).code == 0
        found = run("--json", "-C", str(folder), "assess", "money").json
        assert found["months"] == 5.05
        assert found["band"]["ranged"] == 5


def test_the_report_draws_what_moves_the_break_even_most(run, project, tmp_path):
    at = write(project)
    out = tmp_path / "report.html"
    done = run(*at, "report", "-o", str(out))
    assert done.code == 0, done.err
    page = out.read_text(encoding="utf-8").replace("\u00a0", " ").replace("&nbsp;", " ")
    part = page.split('id="money"')[1].split("</section>")[0]
    for said in ("40.0 months", "inference", "○ low: 10.9 months", "● high: ▶ never", "seed 7"):
        assert said in part
    assert len(page.encode()) <= 60_000
    write(project, "factors: {}\n")
    assert run(*at, "report", "-o", str(out)).code == 0
    assert "No prices are on record" not in part
    assert 'id="money"' not in out.read_text(encoding="utf-8")
