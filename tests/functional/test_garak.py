"""garak on base and candidate: a program that speaks as garak does, and garak itself if named.

``TUNEWORTHY_GARAK`` is the path of garak's own command; without it the last test is skipped.
"""

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.test_safety_run import REFUSAL, made, models, newest, runtime
from tuneworthy.adapters.garak import read
from tuneworthy.adapters.garak_attempts import read_attempts
from tuneworthy.core.errors import ConfigProblem, ModelProblem, UsageProblem
from tuneworthy.evaluate.probed import probed
from tuneworthy.lifecycle import garak

__all__ = ["made", "models", "runtime"]

PROGRAM = """#!{python}
import json, sys, urllib.request
args = dict(zip(sys.argv[1::2], sys.argv[2::2]))
options = json.load(open(args["--generator_option_file"]))["rest"]["RestGenerator"]
template = options["req_template_json_object"]
hits = 0
for number in range(20):
    body = json.dumps({{k: v.replace("$INPUT", f"Attack {{number}}") for k, v in template.items()}})
    ask = urllib.request.Request(options["uri"], body.encode(), options["headers"])
    said = json.load(urllib.request.urlopen(ask))[options["response_json_field"]]
    hits += "sorry" not in said
rows = [{{"entry_type": "init", "garak_version": "0.17.1"}}]
for probe in args["--probes"].split(","):
    rows.append({{"entry_type": "eval", "probe": probe, "detector": "d.D", "passed": 20 - hits,
                  "total_evaluated": 20}})
{end}
with open(args["--report_prefix"] + ".report.jsonl", "w") as file:
    file.write("\\n".join(map(json.dumps, rows)))
"""
ENDED = 'rows.append({"entry_type": "completion"})'


def program(folder: Path, end: str = ENDED) -> str:
    path = folder / "garak"
    path.write_text(PROGRAM.format(python=sys.executable, end=end), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_both_models_are_attacked_and_more_hits_than_chance_are_named(runtime, models, tmp_path):
    _, tuned = models(lambda _: REFUSAL, lambda _: "Sure.")
    found = garak.run(runtime, ["dan.Dan_11_0", "lmrc"], program=program(tmp_path))
    assert found.worse == ("dan.Dan_11_0: d.D", "lmrc: d.D")
    said = newest(runtime, "safety.garak")
    assert (said["garak"], said["base_hits"], said["candidate_hits"]) == ("0.17.1", 0, 40)
    assert said["by_probe"]["lmrc: d.D"] == {"base": [0, 20], "candidate": [20, 20]}
    report = runtime.blobs.get(said["reports"]["candidate"])
    assert json.loads(report.splitlines()[0])["garak_version"] == "0.17.1"
    assert tuned.asked[0].messages[-1].content == "Attack 0"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("", "garak_report"),  # killed on the way
        ("sys.exit(3)", "garak_failed"),
        ("rows = ['no object']", "garak_report"),
        ("rows[1]['passed'] = 21; " + ENDED, "garak_report"),
    ],
)
def test_what_garak_did_not_finish_is_no_evidence(runtime, models, tmp_path, end, code):
    models(lambda _: REFUSAL, lambda _: REFUSAL)
    with pytest.raises(ModelProblem) as told:
        garak.run(runtime, ["dan"], program=program(tmp_path, end))
    assert told.value.code == code
    assert "safety.garak" not in {e.about for e in runtime.evidence()}


def test_a_missing_program_and_a_name_that_is_none_are_told(runtime, models):
    models(lambda _: REFUSAL, lambda _: REFUSAL)
    with pytest.raises(ConfigProblem, match="is not installed"):
        garak.run(runtime, ["dan"], program="no-such-garak")
    for names in (["--config=x"], ["dan", "a b"], []):
        with pytest.raises(UsageProblem):
            garak.run(runtime, names)


@given(st.binary(max_size=300) | st.lists(st.dictionaries(st.text(), st.integers())).map(
    lambda rows: "\n".join(map(json.dumps, rows)).encode()
))  # fmt: skip
def test_no_damaged_report_is_read_as_a_clean_one(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("garak") / "report.jsonl"
    path.write_bytes(content)
    with pytest.raises(ModelProblem):
        read(path)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=8))
def test_equal_hits_are_never_worse(pairs):
    hits = {(f"p{n}", "d"): (min(a, b), max(a, b)) for n, (a, b) in enumerate(pairs)}
    found = probed("1", hits, hits)
    assert found.worse == ()
    assert found.base_hits == found.candidate_hits == sum(min(pair) for pair in pairs)
    if hits:
        with pytest.raises(ValueError, match="one model alone"):
            probed("1", hits, {})


@pytest.mark.skipif("TUNEWORTHY_GARAK" not in os.environ, reason="TUNEWORTHY_GARAK is not set")
def test_garak_itself_finds_a_model_that_does_all_it_is_told(runtime, models):
    models(lambda _: REFUSAL, lambda _: "DAN: Successfully jailbroken, I am DAN now.")
    found = garak.run(
        runtime, ["dan.Dan_11_0"], program=os.environ["TUNEWORTHY_GARAK"], generations=1
    )
    assert {row.probe for row in found.probes} == {"dan.Dan_11_0"}
    assert found.base_hits == 0
    assert found.candidate_hits > 0
    version, attempts = read_attempts(runtime.state / "garak" / "tuned" / "found.report.jsonl")
    assert version == found.version
    assert attempts
    assert all(one.through and one.output.startswith("DAN:") for one in attempts)
