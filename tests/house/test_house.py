"""What the house promises of itself: light start, one door, honest pages."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import tuneworthy
from tuneworthy import workspace
from tuneworthy.assess import shipped_rubric
from tuneworthy.cli.main import COMMANDS, LazyGroup, cli
from tuneworthy.core import errors, version
from tuneworthy.core.errors import Problem

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
HEAVY = {"torch", "transformers", "pandas", "fastapi", "sqlalchemy", "numpy", "pydantic", "rich"}


def loaded_by(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_by("import tuneworthy") & HEAVY


def test_help_loads_nothing_heavy():
    code = (
        "from tuneworthy.cli.main import cli\n"
        "import contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    cli.main(['--help'], standalone_mode=False)"
    )
    assert not loaded_by(code) & HEAVY


def test_the_door_names_what_is_behind_it():
    names = sorted(tuneworthy.__all__)
    assert names == tuneworthy.__all__
    assert all(hasattr(workspace, name) or name in vars(tuneworthy) for name in names)
    assert tuneworthy.__version__ == version.VERSION


def test_the_changelog_knows_the_release():
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert newest is not None
    assert newest[1] == version.VERSION
    assert f'version = "{version.VERSION}"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_file_is_over_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def commands() -> set[str]:
    """Every command line the program knows: ``tuneworthy data build`` and so on."""
    found = set()
    group = LazyGroup()
    for name in COMMANDS:
        command = group.get_command(click.Context(cli), name)
        found.add(f"tuneworthy {name}")
        if isinstance(command, click.Group):
            found |= {f"tuneworthy {name} {verb}" for verb in command.commands}
    return found


KNOWN = commands()


def named_commands(text: str) -> set[str]:
    found = set()
    for match in re.finditer(r"tuneworthy ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", text):
        pair = f"tuneworthy {match[1]} {match[2]}" if match[2] else ""
        single = f"tuneworthy {match[1]}"
        groups = {known.rsplit(" ", 1)[0] for known in KNOWN if known.count(" ") == 2}
        found.add(pair if single in groups and pair else single)
    return found


def test_the_rubric_names_commands_that_exist():
    wrong = {
        (p.id, p.command)
        for p in shipped_rubric().predicates
        if p.command and not named_commands(p.command) <= KNOWN
    }
    assert not wrong


def test_error_fixes_name_commands_that_exist():
    wrong = []
    for path in SOURCES:
        for match in re.finditer(r'fix=\(?\s*f?"(tuneworthy [^"]*)"', path.read_text()):
            if not named_commands(match[1]) <= KNOWN:
                wrong.append((path.name, match[1]))
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_pages_name_commands_that_exist(page: Path) -> None:
    shown = r"```(?:console|bash|sh)\n(.*?)```|`(tuneworthy [^`]+)`"
    blocks = re.findall(shown, page.read_text(encoding="utf-8"), re.S)
    text = "\n".join(block or inline for block, inline in blocks)
    assert named_commands(text) <= KNOWN


def test_every_problem_class_has_an_exit_code_of_the_page():
    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, Problem)
    }
    assert codes == {1, 2, 3, 4, 5, 130}


def test_every_command_has_help():
    group = LazyGroup()
    for name in COMMANDS:
        command = group.get_command(click.Context(cli), name)
        assert command is not None
        assert command.help
        for verb in getattr(command, "commands", {}).values():
            assert verb.help, f"{name} {verb.name}"
