"""Bad files, full disks, missing models: a clear word, the right exit code, nothing lost."""

import csv
import json
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

FORMS = ("jsonl", "csv", "parquet")


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    """The same rows in the format of the file's ending."""
    match path.suffix:
        case ".csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        case _:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def use(project: Path, name: str) -> None:
    """Make ``name`` the one source of the project."""
    path = project / "tuneworthy.yaml"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "- path:" in line)
    path.write_text(text.replace(line, f"  - path: {name}"), encoding="utf-8")


def break_file(path: Path, how: str, rows: list[dict[str, str]]) -> None:
    match how:
        case "empty":
            path.write_bytes(b"")
        case "not UTF-8":
            write_rows(path, rows)
            data = path.read_bytes()
            path.write_bytes(data.replace(b"number", b"n\xfcmber"))
        case "UTF-16" | "UTF-32":
            write_rows(path, rows)
            path.write_bytes(path.read_text().encode(how))
        case "cut short":
            write_rows(path, rows[:1])
            path.write_bytes(path.read_bytes()[:-20])
        case "missing column":
            write_rows(path, [{"reqest": r["request"], "target": r["target"]} for r in rows])
        case "all rows bad":
            write_rows(path, [{**row, "target": " "} for row in rows])
        case "a folder":
            path.mkdir()
        case _:
            assert how == "not there"


# how, form, exit code, error code, and what the message, why or fix must say.
CASES = [
    ("empty", "jsonl", 1, "empty_file", "is empty"),
    ("empty", "csv", 1, "empty_file", "is empty"),
    ("empty", "parquet", 1, "empty_file", "is empty"),
    ("not UTF-8", "jsonl", 1, "no_good_rows", "bad.jsonl:1 is not UTF-8 (byte 29 of the file)"),
    ("not UTF-8", "csv", 1, "no_good_rows", "bad.csv:2 is not UTF-8 (byte 32 of the file)"),
    ("UTF-16", "jsonl", 1, "not_utf8", "starts with a UTF-16 mark. iconv -f utf-16"),
    ("UTF-32", "csv", 1, "not_utf8", "starts with a UTF-32 mark. iconv -f utf-32"),
    ("cut short", "jsonl", 1, "no_good_rows", "bad.jsonl:1 column"),
    ("cut short", "csv", 1, "no_good_rows", "bad.csv:2"),
    ("cut short", "parquet", 1, "bad_parquet", "is not a whole Parquet file"),
    ("missing column", "jsonl", 2, "missing_column", "Did you mean 'reqest'?"),
    ("missing column", "csv", 2, "missing_column", "Did you mean 'reqest'?"),
    ("missing column", "parquet", 2, "missing_column", "Did you mean 'reqest'?"),
    ("all rows bad", "jsonl", 1, "no_good_rows", "bad.jsonl:1 $.target: the target is missing"),
    ("all rows bad", "csv", 1, "no_good_rows", "bad.csv:2 $.target: the target is missing"),
    ("all rows bad", "parquet", 1, "no_good_rows", "bad.parquet:1 $.target: the target"),
    ("not there", "jsonl", 2, "no_source", "data/bad.jsonl does not exist"),
    ("not there", "csv", 2, "no_source", "data/bad.csv does not exist"),
    ("not there", "parquet", 2, "no_source", "data/bad.parquet does not exist"),
    ("a folder", "jsonl", 2, "no_source", "holds no file that is read"),
    ("a folder", "csv", 2, "no_source", "holds no file that is read"),
    ("a folder", "parquet", 2, "no_source", "holds no file that is read"),
    ("empty", "xlsx", 2, "unknown_format", ".jsonl"),
]


def test_a_bad_data_file_is_named_with_its_place_and_nothing_is_lost(run, project, make_rows):
    at = ("--json", "-C", str(project))
    before = run(*at, "data", "build").json
    for how, form, code, name, said in CASES:
        path = project / "data" / f"bad.{form}"
        break_file(path, how, make_rows(6))
        use(project, f"data/bad.{form}")
        for verb in ("build", "check"):
            done = run(*at, "data", verb)
            assert (done.code, done.out) == (code, ""), (how, form, done)
            error = done.error
            assert error["code"] == name, (how, form)
            assert said in " ".join(error.values()), (how, form, error)
            assert str(path) in error["message"], (how, form)
            assert error["fix"], (how, form)
            assert len(done.err) < 2000
        assert run(*at, "data", "show").json == before
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    use(project, "data/train.jsonl")
    assert run(*at, "audit", "verify").json["verified"] is True


@pytest.mark.parametrize("form", FORMS)
def test_good_rows_are_kept_when_others_are_bad_and_each_has_its_fate(
    run, project, make_rows, form
):
    rows = make_rows(40)
    rows[10]["request"] = "y" * 1_000_000
    rows[20]["target"] = ""
    path = write_rows(project / "data" / f"mixed.{form}", rows)
    if form == "jsonl":
        lines = path.read_text().splitlines()
        lines[30] = lines[30][: len(lines[30]) // 2]
        lines[31] = lines[31].replace("number", "n\udcfcmber")
        path.write_text("\n".join(lines), errors="surrogateescape")
    use(project, f"data/mixed.{form}")
    at = ("--json", "-C", str(project))
    built = run(*at, "data", "build").json
    first = 2 if form == "csv" else 1
    expected = {("too_long", 10 + first), ("empty_target", 20 + first)}
    expected |= {("bad_json", 31), ("not_utf8", 32)} if form == "jsonl" else set()
    fates = run(*at, "data", "fates").json["fates"]
    assert {(fate["code"], fate["row"]) for fate in fates} == expected
    assert all(len(fate["reason"]) <= 300 for fate in fates)
    assert built["rows_in"] == 40
    assert built["rows_out"] == 40 - len(expected)
    again = run(*at, "data", "build").json
    assert again == built


def test_more_bad_rows_are_accounted_for_although_the_kept_rows_are_the_same(
    run, project, make_rows
):
    at = ("--json", "-C", str(project))
    built = run(*at, "data", "build").json
    with (project / "data" / "train.jsonl").open("a") as file:
        file.write('{"request": "no target", "target": ""}\n')
    again = run(*at, "data", "build").json
    assert (again["id"], again["rows_in"]) == (built["id"], built["rows_in"] + 1)
    assert run(*at, "data", "show").json == again
    assert [fate["row"] for fate in run(*at, "data", "fates").json["fates"]] == [61]


def test_the_same_rows_in_any_format_build_and_build_again_to_the_same_version(
    run, project, make_rows
):
    at = ("--json", "-C", str(project))
    for form in FORMS:
        write_rows(project / "data" / f"same.{form}", make_rows(40))
        use(project, f"data/same.{form}")
        built = run(*at, "data", "build").json
        events = run(*at, "audit", "log", "-n", "1000").json["events"]
        assert built["rows_out"] == 40
        assert run(*at, "data", "build").json == built
        assert run(*at, "audit", "log", "-n", "1000").json["events"] == events


def test_a_project_file_with_faults(run, project):
    path = project / "tuneworthy.yaml"
    good = path.read_text(encoding="utf-8")
    for text, said in (
        (good.replace("goal: format ", "goal: formt "), f"{path}:4:7: 'goal' is 'formt'."),
        (good.replace("metric:", "metrik:"), f"{path}:6:1: unknown setting 'metrik'."),
        (good.replace("target: 0.80", "target: [0.80"), f"{path}:"),
        ("", f"{path} holds no settings."),
        (good.replace("Say", "S\udce4y"), f"{path} is not UTF-8"),
    ):
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        for words in (["status"], ["data", "build"], ["config", "check"], ["eval", "run"]):
            done = run("-C", str(project), *words)
            assert (done.code, done.out) == (2, "")
            assert said in done.err
            assert "fix: " in done.err


def test_config_check_looks_at_every_file(run, project):
    at = ("-C", str(project))
    assert run(*at, "config", "check").code == 0
    for name, text, said in (
        ("prompts.yaml", "p: {arm: tuned_in}\n", "prompts.yaml:1:10: p: 'arm' is 'tuned_in'."),
        ("people.yaml", "ana: {roles: [boss]}\n", "people.yaml:1:15: ana: 'roles.0' is 'boss'."),
        ("answers.yaml", "strategic_value: much\n", "answers.yaml:1:18: 'strategic_value' is"),
    ):
        path = project / name
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(text, encoding="utf-8")
        done = run(*at, "config", "check")
        assert (done.code, done.out) == (2, "")
        assert said in done.err
        path.write_text(kept, encoding="utf-8")
    (project / "data" / "train.jsonl").unlink()
    done = run(*at, "config", "check")
    assert done.code == 2
    assert "data/train.jsonl" in done.err


def test_a_pipe_is_told_wherever_a_file_is_named_and_never_waited_for(spawn, run, project):
    pipe = project / "pipe"
    os.mkfifo(pipe)
    at = ("--json", "-C", str(project))
    assert run(*at, "people", "add", "ana", "A", "--role", "compliance_reviewer").code == 0
    policy = str(project / "prompts.yaml")
    for words in (
        ("people", "attest", "policy", policy, "--by", "ana", "--key", str(pipe)),
        ("audit", "verify", str(pipe)),
    ):
        done = spawn(*at, *words)
        assert (done.code, done.error["code"]) == (2, "unreadable")
        assert "is a pipe; a plain file is needed" in done.error["message"]
        assert done.error["fix"]
    out = project / "out"
    out.mkdir()
    os.mkfifo(out / "training-plan.md")
    done = spawn(*at, "assess", "deliverables", "-o", str(out))
    assert (done.code, done.error["code"]) == (1, "edited_by_hand")


def test_answers_may_come_from_a_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tuneworthy", "--json", "assess", "--answers", "/dev/stdin"],
        input=json.dumps({"ceiling": {"C1": False}, "factors": {}}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["verdict"] == "KEEP_OPTIMISING_PROMPTS"


# -- people ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "# nobody yet", "bo: {name: B, roles: [], public_key: aa}"])
def test_a_person_is_added_to_any_people_file(run, project, text):
    (project / "people.yaml").write_text(text, encoding="utf-8")
    at = ("--json", "-C", str(project))
    added = run(*at, "people", "add", "ana", "Ána: {x}", "--role", "source_owner")
    assert added.json["person"]["name"] == "Ána: {x}"
    assert [p["id"] for p in run(*at, "people", "list").json["people"]][-1] == "ana"
    assert run(*at, "people", "add", "ana", "A", "--role", "source_owner").code == 2


def test_a_people_file_that_cannot_be_added_to_stays_as_it_is(run, project):
    path = project / "people.yaml"
    path.write_text("{}\n", encoding="utf-8")
    done = run("--json", "-C", str(project), "people", "add", "ana", "A", "--role", "source_owner")
    assert done.code == 2
    assert path.read_text(encoding="utf-8") == "{}\n"
    assert list((project / "keys").iterdir()) == []
    assert sorted(p.name for p in project.glob(".people*")) == []


def test_a_key_is_never_overwritten(run, project):
    (project / "keys").mkdir()
    key = project / "keys" / "ana.pem"
    key.write_text("an old key")
    done = run("--json", "-C", str(project), "people", "add", "ana", "A", "--role", "source_owner")
    assert done.error["code"] == "key_exists"
    assert key.read_text() == "an old key"


# -- the disk ----------------------------------------------------------------------------------


def limited(bytes_: int) -> Callable[[], None]:
    """No file of the child may grow beyond so many bytes, as under a quota."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))


@pytest.mark.parametrize(
    ("size", "told"),
    [
        # The index of SQLite's log takes 32,768 bytes, and the store is opened before the blobs.
        (0, ("disk_failing", "disk I/O error")),
        (20_000, ("disk_failing", "disk I/O error")),
        (120_000, ("disk_failed", "File too large")),
    ],
)
def test_a_file_that_may_not_grow_is_told_and_the_next_try_goes_on(
    spawn, run, project, make_rows, size, told
):
    at = ("--json", "-C", str(project))
    first = run(*at, "data", "build").json
    write_rows(project / "data" / "more.jsonl", make_rows(400))
    use(project, "data/more.jsonl")
    # sqlite's journal is bounded too: the limit holds for every file alike.
    done = spawn(*at, "data", "build", preexec_fn=limited(size))
    assert done.code == 1
    assert done.out == ""
    assert (done.error["code"], done.error["why"]) == told
    assert done.error["fix"]
    assert run(*at, "data", "show").json["id"] == first["id"]
    assert run(*at, "audit", "verify").json["verified"] is True
    assert run(*at, "data", "build").json["rows_in"] == 400


def fill(place: Path) -> Path:
    """Take all the room there is."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


def test_a_full_disk(spawn, run, tmp_path, make_rows):
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        assert run("init", str(place / "p")).code == 0
        project = place / "p"
        at = ("--json", "-C", str(project))
        write_rows(project / "data" / "train.jsonl", make_rows(20))
        first = run(*at, "data", "build").json
        assert first["rows_in"] == 20
        write_rows(project / "data" / "train.jsonl", make_rows(30))
        filler = fill(place)
        done = spawn(*at, "data", "build", env={**os.environ, "TMPDIR": str(tmp_path)})
        assert (done.code, done.out) == (1, "")
        assert done.error["code"] == "disk_full"
        filler.unlink()
        assert run(*at, "data", "show").json["id"] == first["id"]
        assert run(*at, "data", "build").json["rows_in"] == 30
        assert run(*at, "audit", "verify").json["verified"] is True
    finally:
        subprocess.run(["umount", str(place)], check=True)  # noqa: S607


@pytest.mark.parametrize("opened", [True, False])
def test_a_project_that_may_only_be_read(run, project, opened):
    state = project / ".tuneworthy"
    if not opened:
        shutil.rmtree(state)
    mount = ["mount", "--bind", "-o", "ro", str(project), str(project)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a folder")
    try:
        for words in (["assess"], ["status"]):
            done = run("--json", "-C", str(project), *words)
            assert (done.code, done.out, done.error["code"]) == (1, "", "project_read_only")
            assert f"cp -r {project} DIR && tuneworthy -C DIR assess" in done.error["fix"]
    finally:
        subprocess.run(["umount", str(project)], check=True)  # noqa: S607
    assert state.exists() is opened


def test_a_file_where_the_state_folder_should_be(run, project):
    for item in sorted((project / ".tuneworthy").rglob("*"), reverse=True):
        item.unlink()
    (project / ".tuneworthy").rmdir()
    (project / ".tuneworthy").write_text("mine")
    for words in (["data", "build"], ["status"], ["audit", "verify"]):
        done = run("--json", "-C", str(project), *words)
        assert (done.code, done.error["code"]) == (1, "no_state_folder")
        assert "It is a file." in done.error["why"]
    assert (project / ".tuneworthy").read_text() == "mine"


def test_a_database_that_is_none(run, project):
    (project / ".tuneworthy" / "tuneworthy.db").write_bytes(b"not a database at all" * 100)
    done = run("--json", "-C", str(project), "status")
    assert (done.code, done.error["code"]) == (1, "store_unreadable")


def test_a_store_and_blobs_at_places_that_cannot_be(run, project):
    path = project / "tuneworthy.yaml"
    good = path.read_text(encoding="utf-8")
    for line, code in (
        ("store: mysql://here/db", "store_url_wrong"),
        ("store: sqlite:////proc/none/x.db", ""),
        ("blobs: nofs://bucket", "blobs_url_wrong"),
    ):
        path.write_text(good + line + "\n", encoding="utf-8")
        done = run("--json", "-C", str(project), "data", "build")
        assert (done.code, done.out) == (1, "")
        assert done.error["code"] == code or not code
        assert done.error["fix"]


def test_a_damaged_row_in_the_database_is_refused(run, project):
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    with sqlite3.connect(project / ".tuneworthy" / "tuneworthy.db") as db:
        db.execute("UPDATE documents SET body = replace(body, '60', '61') WHERE kind = 'dataset'")
        assert db.total_changes == 1
    db.close()
    done = run(*at, "data", "show")
    assert (done.code, done.error["code"]) == (3, "document_damaged")


def test_files_that_are_no_audit_pack(run, project, tmp_path):
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    pack = tmp_path / "pack.zip"
    assert run(*at, "audit", "export", "-o", str(pack)).code == 0
    data = pack.read_bytes()
    changed = [data[: len(data) // 2], b"", b"PK\x05\x06" + b"\0" * 18, data[:200] + data[220:]]
    changed += [data[:n] + bytes([data[n] ^ 255]) + data[n + 1 :] for n in range(0, len(data), 97)]
    for number, text in enumerate(changed):
        other = tmp_path / f"{number}.zip"
        other.write_bytes(text)
        done = run("--json", "audit", "verify", str(other))
        # A flipped byte may lie where a zip file holds nothing that counts.
        assert done.code == 3 or done.json["head"] == run(*at, "audit", "verify").json["head"]


# -- models and ports --------------------------------------------------------------------------

ONE_PROMPT = 'plain: {arm: zero_shot, user: "{request}"}\n'


def ask(project: Path, base_model: str) -> None:
    path = project / "tuneworthy.yaml"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("base_model:"))
    path.write_text(text.replace(line, f"base_model: {base_model}"), encoding="utf-8")
    (project / "prompts.yaml").write_text(ONE_PROMPT, encoding="utf-8")


def test_a_base_model_that_is_not_there(run, project):
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    ask(project, "./nowhere")
    for words in (["eval", "run"], ["eval", "run"], ["next"]):
        done = run(*at, *words)
        assert (done.code, done.out) == (2, "")
        assert done.error["code"] == "no_model"
        assert "./nowhere" in done.error["message"]


def test_an_endpoint_that_does_not_answer(run, project):
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        ask(project, address)
        done = run(*at, "eval", "run")
    assert (done.code, done.error["code"]) == (1, "endpoint_silent")
    assert address in done.error["message"]


HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden())
from tuneworthy.cli.main import main
main(sys.argv[1:])
"""


def test_without_the_packages_that_run_a_model(run, project):
    assert run("-C", str(project), "data", "build").code == 0
    (project / "prompts.yaml").write_text(ONE_PROMPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", HIDE, "--json", "-C", str(project), "eval", "run"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "not_installed"
    assert error["fix"].startswith("pip install 'tuneworthy[local]'")


def test_a_port_in_use_is_told_before_any_model_is_loaded(run, project):
    ask(project, "./nowhere")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("--json", "-C", str(project), "serve", "start", "--port", str(port))
    assert (done.code, done.out) == (1, "")
    assert done.error["code"] == "port_in_use"
    assert str(port) in done.error["message"]
    assert "--port" in done.error["fix"]
    free = run("--json", "-C", str(project), "serve", "start", "--port", "0")
    assert (free.code, free.error["code"]) == (2, "no_model")
