"""tuneworthy assess approach, alternatives and curve, and what assess says of measurements."""

import json

import pytest


def test_approach_names_what_is_missing(run, project):
    at = ["-C", str(project)]
    early = run(*at, "assess", "approach")
    assert early.code == 0
    assert "tuneworthy data build" in early.out
    assert run(*at, "data", "build").code == 0
    done = run(*at, "assess", "approach")
    assert "Goal format: instruction fine-tuning" in done.out
    assert "below 100 tuning stops" in done.out
    assert done.out.count("preference pairs") == 1
    found = run(*at, "--json", "assess", "approach").json
    assert found["ok"] is True
    assert found["chosen"]["fits"] is False
    assert len(found["others"]) == 5
    assert found["knowledge_branch"] == "not asked"


def test_alternatives_without_runs_say_that_nothing_is_measured(run, project):
    at = ["-C", str(project)]
    assert run(*at, "data", "build").code == 0
    done = run(*at, "assess", "alternatives")
    assert done.code == 0
    assert "Nothing has been run on the frozen suite yet" in done.out
    found = run(*at, "--json", "assess", "alternatives").json
    assert len(found["alternatives"]) == 7
    assert found["best"] is None


def test_assess_carries_signals_alternatives_and_approach(run, project):
    at = ["-C", str(project)]
    path = project / "answers.yaml"
    path.write_text(path.read_text().replace("A4:        #", "A4: false  #"))
    assert run(*at, "data", "build").code == 0
    found = run(*at, "--json", "assess").json
    assert found["evidenced"]["signals"] == []
    assert {"alternatives", "summary", "target", "best"} == set(found["alternatives"])
    assert found["approach"]["goal"] == "format"
    told = found["evidenced"]["contradictions"]
    assert any(text.startswith("You said no to A4") for text in told)
    done = run(*at, "assess", "--working")
    assert "! You said no to A4" in done.out
    assert "Ceiling signals: not measured yet" in done.out


@pytest.mark.parametrize("verb", ["approach", "alternatives", "curve"])
def test_the_verbs_of_advice_refuse_what_they_do_not_know(run, project, verb):
    done = run("-C", str(project), "assess", verb, "--all")
    assert done.code == 2
    assert "No such option" in done.err


def test_a_curve_without_data_says_what_to_type(run, project):
    done = run("-C", str(project), "--json", "assess", "curve", "--plan")
    assert done.code == 2
    assert done.error["fix"] == "tuneworthy data build"


def test_wrong_terms_are_told_with_their_place(run, project):
    with (project / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write(f"limits: {json.dumps({'p95_seconds': 'soon'})}\n")
    done = run("-C", str(project), "assess")
    assert done.code == 2
    assert "'limits.p95_seconds' is 'soon'" in done.err
