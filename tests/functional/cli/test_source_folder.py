"""A folder or a pattern as a source: every file by name, and a bad one as the user chose."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import tuneworthy

Run = Callable[..., Any]


def use(project: Path, **source: str) -> None:
    settings = project / "tuneworthy.yaml"
    parser = YAML()
    config = parser.load(settings.read_text())
    config["sources"] = [{"licence": "MIT", "legal_basis": "own texts", **source}]
    with settings.open("w") as file:
        parser.dump(config, file)


@pytest.fixture
def many(project: Path) -> Path:
    """The sixty rows of the project in twelve files of a folder."""
    lines = (project / "data" / "train.jsonl").read_text().splitlines()
    (project / "data" / "train.jsonl").unlink()
    folder = project / "data" / "parts"
    folder.mkdir()
    for number in reversed(range(12)):
        part = folder / f"part-{number:02}.jsonl"
        part.write_text("\n".join(lines[5 * number : 5 * number + 5]) + "\n")
    return project


@pytest.mark.parametrize("path", ["data/parts/", "data/**/*.jsonl", "data/*/part-*"])
def test_a_folder_gives_every_row_with_its_file(run: Run, many: Path, path: str) -> None:
    use(many, path=path)
    at = ("--json", "-C", str(many))
    built = run(*at, "data", "build")
    assert built.code == 0, built.err
    names = [f"data/parts/part-{number:02}.jsonl" for number in range(12)]
    assert list(built.json["source_digests"]) == names
    assert built.json["rows_in"] == 60
    assert run(*at, "data", "trace", "data/parts/part-07.jsonl:3").code == 0
    with tuneworthy.open(many) as workspace:
        card = workspace.data_card()
    assert all(Path(name).name in card for name in names)


def test_the_way_a_folder_is_named_does_not_change_the_version(run: Run, many: Path) -> None:
    ids = set()
    for path in ("data/parts", "data/*/*.jsonl"):
        use(many, path=path)
        ids.add(run("--json", "-C", str(many), "data", "build").json["id"])
    assert len(ids) == 1


def test_one_bad_file_stops_the_build_or_is_left_out_and_named(run: Run, many: Path) -> None:
    at = ("--json", "-C", str(many))
    bad = many / "data" / "parts" / "part-05.jsonl"
    bad.write_bytes(b"\xff\xfe" + bad.read_bytes())
    use(many, path="data/parts")
    stopped = run(*at, "data", "build")
    assert (stopped.code, stopped.out, stopped.error["code"]) == (1, "", "not_utf8")
    assert str(bad) in stopped.error["message"]
    assert "on_bad_file: skip" in stopped.error["fix"]
    use(many, path="data/parts", on_bad_file="skip")
    built = run(*at, "data", "build")
    assert (built.code, built.json["rows_in"]) == (0, 55)
    (left,) = [one for one in built.json["findings"] if one["code"] == "file_left_out"]
    assert left["severity"] == "warning"
    assert "part-05.jsonl: the file was left out." in left["message"]
    assert "is not UTF-8" in left["message"]
    assert "data/parts/part-05.jsonl" not in built.json["source_digests"]


def test_where_no_file_is_good_the_build_stops_all_the_same(run: Run, many: Path) -> None:
    for part in (many / "data" / "parts").iterdir():
        part.write_text("")
    use(many, path="data/parts", on_bad_file="skip")
    done = run("--json", "-C", str(many), "data", "build")
    assert (done.code, done.error["code"]) == (1, "empty_file")


def test_a_folder_passes_over_what_is_no_data(run: Run, many: Path) -> None:
    folder = many / "data" / "parts"
    (folder / "README.md").write_text("About these files.")
    (folder / ".hidden.jsonl").write_text("{")
    (folder / "deeper").mkdir()
    (folder / "more.jsonl").write_text(json.dumps({"request": "And this one?", "target": "too"}))
    use(many, path="data/parts")
    assert run("--json", "-C", str(many), "data", "build").json["rows_in"] == 61


def test_a_pattern_that_fits_nothing_is_told(run: Run, many: Path) -> None:
    use(many, path="data/*.csv")
    done = run("--json", "-C", str(many), "data", "build")
    assert (done.code, done.error["code"]) == (2, "no_source")
    assert "No file fits the pattern" in done.error["message"]
