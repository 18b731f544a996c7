"""What is installed is what was locked: every file has a digest, and another file is refused."""

import importlib.util
import re
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-models.lock")
PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check")
UV = (sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-cache")


def module() -> ModuleType:
    """The set-up, which is a program beside the package."""
    spec = importlib.util.spec_from_file_location("setup_program", ROOT / "scripts" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


SETUP = module()


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_digests_and_no_place(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    packages = SETUP.pins(text)
    assert len(packages) == len(re.findall("^[a-z].*==", text, re.MULTILINE))
    for package, lines in packages.items():
        first, *digests = lines.splitlines()
        assert re.fullmatch(rf"{re.escape(package)}==[^ ]+ \\", first), first
        assert digests, f"{package} has no digest"
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", one) for one in digests)
    assert "//" not in text, "it names the place of a registry"


def test_what_a_lock_says_is_read_whole() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "\n".join(SETUP.pins(text).values()) == text.rstrip("\n")
    assert {"torch", "uv"} <= set(SETUP.pins(text))


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A small package in a folder of its own."""
    path = tmp_path / "wheels" / "small_thing-1.0-py3-none-any.whl"
    path.parent.mkdir()
    about = "small_thing-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("small_thing.py", "WORD = 'genuine'\n")
        file.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: small-thing\nVersion: 1.0\n"
        )
        file.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{about}/RECORD", "")
    return path


@pytest.mark.parametrize("installer", [PIP, UV], ids=["pip", "uv"])
@pytest.mark.parametrize("how", ["genuine", "changed", "without a digest"])
def test_a_changed_package_is_refused(
    tmp_path: Path, wheel: Path, how: str, installer: tuple[str, ...]
) -> None:
    lock = tmp_path / "some.lock"
    digest = f" --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}"
    lock.write_text(f"small-thing==1.0{digest if how != 'without a digest' else ''}\n")
    if how == "changed":
        with zipfile.ZipFile(wheel, "a") as file:
            file.writestr("one_more.py", "WORD = 'planted'\n")
    target = tmp_path / "installed"
    places = ("--no-index", "--find-links", str(wheel.parent), "--target", str(target))
    done = subprocess.run(
        [*installer, *places, *SETUP.HASHED, str(lock)], check=False, capture_output=True, text=True
    )
    assert (done.returncode == 0) == (how == "genuine"), done.stderr
    assert (target / "small_thing.py").exists() == (how == "genuine")
    assert not (target / "one_more.py").exists()
    assert how == "genuine" or "hash" in done.stderr.lower()
