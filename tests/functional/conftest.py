"""Small LoRA adapters, a webhook and a mail server; a project with people and its control API."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tuneworthy
from tests.fakes.receivers import Hook, Mailbox, hook, mailbox
from tests.fakes.visitor import staffed
from tuneworthy.api.control.server import ControlServer
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.workspace import Workspace

HIDDEN, RANK, ALPHA = 576, 4, 8
LAYERS = (28, 29)
SIZES = {"q_proj": (576, 576), "v_proj": (576, 192)}


def _write_adapter(folder: Path, size: float = 0.05) -> Path:
    """``size`` scales the update; 0 gives an adapter that changes nothing."""
    torch = pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.torch").save_file
    folder.mkdir(parents=True)
    maker = torch.Generator().manual_seed(3)
    tensors = {}
    for layer in LAYERS:
        for name, (inner, outer) in SIZES.items():
            stem = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            tensors[f"{stem}.lora_A.weight"] = torch.randn(RANK, inner, generator=maker)
            tensors[f"{stem}.lora_B.weight"] = size * torch.randn(outer, RANK, generator=maker)
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": RANK,
        "lora_alpha": ALPHA,
        "target_modules": sorted(SIZES),
        "layers_to_transform": list(LAYERS),
        "bias": "none",
        "base_model_name_or_path": "embedded",
    }
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def _flip_byte(path: Path, place: int = -3) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))


@pytest.fixture(scope="session")
def write_adapter() -> Callable[..., Path]:
    return _write_adapter


@pytest.fixture(scope="session")
def flip_byte() -> Callable[..., None]:
    return _flip_byte


@pytest.fixture
def receiver() -> Iterator[Hook]:
    """A webhook that keeps what it is sent."""
    with hook() as kept:
        yield kept


@pytest.fixture
def post() -> Iterator[Mailbox]:
    """A mail server that keeps what it is sent."""
    with mailbox() as kept:
        yield kept


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return staffed(tmp_path_factory.mktemp("staffed") / "project")


@pytest.fixture
def home(tmp_path: Path, template: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "project"))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


@pytest.fixture
def work(home: Path, clock: FixedClock) -> Iterator[Workspace]:
    with tuneworthy.open(home, clock=clock) as opened:
        yield opened


@pytest.fixture
def server(work: Workspace) -> Iterator[ControlServer]:
    with ControlServer(work) as running:
        yield running
