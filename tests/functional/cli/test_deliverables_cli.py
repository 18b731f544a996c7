"""tuneworthy assess deliverables: the files, what is refused, and that nothing is half-written."""

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tuneworthy.cli.deliverable_files import is_ours, seal, write_all
from tuneworthy.core.errors import ConflictProblem, StoreProblem
from tuneworthy.core.nouns.deliverable import SCHEMA
from tuneworthy.web.deliverable import MOST_BYTES

NAMES = [
    "scorecard-and-gaps",
    "dataset-specification",
    "benchmark-and-thresholds",
    "training-plan",
    "deployment-and-monitoring-plan",
]
FORMATS = ["html", "json", "md"]


@pytest.fixture
def services(run: Any, tmp_path: Path) -> Path:
    """The shipped example with its dataset built; no model is run."""
    pytest.importorskip("awscli")
    folder = tmp_path / "services"
    assert run("init", str(folder), "--example", "services").code == 0
    assert run("-C", str(folder), "data", "build").code == 0
    return folder


def make(run: Any, project: Path, out: Path, *more: str) -> Any:
    return run("-C", str(project), "assess", "deliverables", "-o", str(out), *more)


def items(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return {(s["id"], i["id"]): i for s in told["sections"] for i in s["items"]}


def test_the_example_gives_five_documents_in_three_formats(run, services, tmp_path):
    out = tmp_path / "out"
    done = make(run, services, out)
    assert done.code == 0, done.err
    assert "Wrote 15 files" in done.out
    assert sorted(p.name for p in out.iterdir()) == sorted(
        f"{name}.{suffix}" for name in NAMES for suffix in FORMATS
    )
    for name in NAMES:
        told = json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
        assert told["schema"] == SCHEMA
        assert told["project"] == "services"
        html = (out / f"{name}.html").read_text(encoding="utf-8")
        markdown = (out / f"{name}.md").read_text(encoding="utf-8")
        assert len(html.encode()) <= MOST_BYTES
        for subject in ("report", "dataset", "rubric"):
            assert told["subjects"][subject].startswith("sha256:")
            assert told["subjects"][subject] in html
            assert told["subjects"][subject] in markdown
        assert told["subjects"]["suite"] == told["subjects"]["model"] == ""


def test_the_example_is_told_as_it_is(run, services, tmp_path):
    out = tmp_path / "out"
    assert make(run, services, out, "--format", "json").code == 0
    data = run("-C", str(services), "--json", "data", "show").json
    told = items(out / "dataset-specification.json")
    assert told["rows", "rows-in"]["value"] == data["rows_in"]
    assert told["rows", "rows-out"]["value"] == data["rows_out"]
    assert told["split", "leakage-exact"]["value"] == data["split"]["leakage_exact"]
    assert told["labelling", "labelling_guide"]["blank"]["command"] == (
        "tuneworthy people attest labelling_guide FILE --by PERSON"
    )
    plan = items(out / "training-plan.json")
    assert plan["money", "break-even"]["source"] == "answers"
    assert plan["curve", "curve"]["blank"]["command"] == "tuneworthy assess curve"
    runs = items(out / "benchmark-and-thresholds.json")
    assert runs["runs", "runs"]["blank"]["command"] == "tuneworthy eval run"
    card = items(out / "scorecard-and-gaps.json")
    assert card["verdict", "declared"]["value"] == "PILOT"
    assert card["verdict", "evidenced"]["value"] is None
    assert "KEEP_OPTIMISING_PROMPTS" in card["verdict", "evidenced"]["blank"]["missing"]


def test_only_and_format_choose(run, project, tmp_path):
    out = tmp_path / "deep" / "out"
    done = make(run, project, out, "--only", "training-plan", "--format", "md", "--format", "json")
    assert done.code == 0
    assert sorted(p.name for p in out.iterdir()) == ["training-plan.json", "training-plan.md"]
    found = run("-C", str(project), "--json", "assess", "deliverables", "-o", str(out)).json
    assert found["ok"] is True
    assert [d["name"] for d in found["documents"]] == NAMES
    assert len(found["files"]) == 15


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--only", "plan"), "'plan' is not one of"),
        (("--format", "pdf"), "'pdf' is not one of"),
        (("--all",), "No such option"),
    ],
)
def test_slips_are_told(run, project, tmp_path, more, said):
    done = make(run, project, tmp_path / "out", *more)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "out").exists()


def test_without_a_project_the_error_says_what_to_type(run, tmp_path):
    done = make(run, tmp_path, tmp_path / "out")
    assert done.code == 2
    assert "tuneworthy init" in done.err


def test_the_json_has_the_fields_that_the_page_documents(run, project, tmp_path):
    out = tmp_path / "out"
    assert make(run, project, out, "--format", "json").code == 0
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "assess.md").read_text(encoding="utf-8")
    page = page[page.index("## Five documents to send around") :]
    documented = set(re.findall(r"`([a-z_]+)`", page))
    used: set[str] = set()

    def look(value: object) -> None:
        if isinstance(value, dict):
            used.update(value)
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    for path in out.iterdir():
        look(json.loads(path.read_text(encoding="utf-8")))
    assert used - documented == {"schema"}


# -- what a person edited -------------------------------------------------------------------


def test_what_a_person_edited_is_not_overwritten(run, project, tmp_path):
    out = tmp_path / "out"
    assert make(run, project, out).code == 0
    assert make(run, project, out).code == 0, "files that nobody touched are replaced"
    path = out / "training-plan.md"
    edited = path.read_text(encoding="utf-8").replace("## Risks", "## Risks and my own words")
    path.write_text(edited, encoding="utf-8")
    before = {p: p.read_bytes() for p in out.iterdir()}
    done = make(run, project, out)
    assert done.code == 1
    assert "1 file is not as it was made" in done.err
    assert str(path) in done.err
    assert "--force" in done.err
    assert {p: p.read_bytes() for p in out.iterdir()} == before
    assert make(run, project, out, "--force").code == 0
    assert "my own words" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"", b"my plan\n", b"\xff\xfe\x00", b'{"schema": 1}\n'])
def test_a_file_that_was_not_made_here_is_not_overwritten(run, project, tmp_path, content):
    out = tmp_path / "out"
    out.mkdir()
    (out / "training-plan.json").write_bytes(content)
    done = make(run, project, out)
    assert done.code == 1
    assert (out / "training-plan.json").read_bytes() == content
    assert len(list(out.iterdir())) == 1


def test_line_ends_that_a_program_changed_are_no_edit(run, project, tmp_path):
    out = tmp_path / "out"
    assert make(run, project, out).code == 0
    for path in out.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert make(run, project, out).code == 0


@pytest.mark.parametrize("suffix", ["md", "html", "json"])
def test_a_seal_holds_against_any_change(suffix):
    text = '{\n "a": "b"\n}\n' if suffix == "json" else "# a\n\nb <!-- tuneworthy-file x -->\n"
    sealed = seal(text, suffix)
    assert is_ours(sealed, suffix)
    assert suffix != "json" or set(json.loads(sealed)) == {"a", "file"}
    for place in range(len(sealed)):
        assert not is_ours(sealed[:place] + "~" + sealed[place + 1 :], suffix), place
    assert not is_ours(sealed + "more\n", suffix)
    assert not is_ours(text, suffix)
    assert not is_ours("", suffix)


# -- nowhere to write -----------------------------------------------------------------------


def test_a_folder_that_is_a_file_is_told(run, project, tmp_path):
    (tmp_path / "out").write_text("x", encoding="utf-8")
    done = make(run, project, tmp_path / "out")
    assert done.code == 2
    below = make(run, project, tmp_path / "out" / "deeper")
    assert below.code == 1
    assert "cannot be written" in below.err
    assert "-o DIR" in below.err


def test_a_folder_in_the_place_of_a_file_is_told(run, project, tmp_path):
    (tmp_path / "out" / "training-plan.md").mkdir(parents=True)
    for more in ((), ("--force",)):
        done = make(run, project, tmp_path / "out", *more)
        assert done.code == 1
        assert "training-plan.md" in done.err
        assert [p.name for p in (tmp_path / "out").iterdir()] == ["training-plan.md"]


def test_a_folder_that_may_not_be_written_is_told(run, project):
    out = Path("/proc/tuneworthy-out")  # nobody may write there, not even root
    done = make(run, project, out)
    assert done.code == 1
    assert f"cannot be written to {out}" in done.err


def test_a_full_disk_leaves_the_files_as_they_were(tmp_path, monkeypatch):
    texts = {"training-plan.md": "old\n", "training-plan.html": "old\n"}
    write_all(tmp_path, texts, force=False)
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    genuine, written = os.fsync, []

    def full(number: int) -> None:
        written.append(number)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        genuine(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreProblem, match="cannot be written") as told:
        write_all(tmp_path, dict.fromkeys(texts, "new\n"), force=False)
    assert "No space left on device" in told.value.why
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_stopping_between_drafts_leaves_no_drafts(tmp_path, monkeypatch):
    def stop(number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, {"training-plan.md": "x\n"}, force=True)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_nowhere_is_not_followed(tmp_path):
    (tmp_path / "training-plan.md").symlink_to(tmp_path / "gone")
    with pytest.raises(ConflictProblem):
        write_all(tmp_path, {"training-plan.md": "x\n"}, force=False)
    write_all(tmp_path, {"training-plan.md": "x\n"}, force=True)
    assert not (tmp_path / "gone").exists()
    assert (tmp_path / "training-plan.md").read_text(encoding="utf-8").startswith("x\n")


def test_hostile_settings_break_no_file(run, project, tmp_path):
    settings = project / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8")
    bad = "</title><script>alert(1)</script> | \\u202e =cmd|x `y` [z](javascript:1)"
    settings.write_text(
        re.sub(r"use_case: .*", lambda _: f'use_case: "{bad}"', text), encoding="utf-8"
    )
    out = tmp_path / "out"
    assert make(run, project, out).code == 0
    for path in out.iterdir():
        told = path.read_text(encoding="utf-8")
        assert "\u202e" not in told
        if path.suffix == ".html":
            assert "<script" not in told
        if path.suffix == ".json":
            assert json.loads(told)["use_case"] == bad.encode().decode("unicode_escape")
