import json
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("trl")


from tuneworthy.adapters import embedded_model_dir, load_trainer  # noqa: E402
from tuneworthy.adapters.checkpoints import MARKER, newest_complete  # noqa: E402
from tuneworthy.adapters.lean_sft import batch_loss, collate  # noqa: E402
from tuneworthy.adapters.local_model import TransformersModel  # noqa: E402
from tuneworthy.adapters.lora_run import LoraRun  # noqa: E402
from tuneworthy.adapters.torch_runtime import quiet  # noqa: E402
from tuneworthy.adapters.training_data import rows_of, schedule  # noqa: E402
from tuneworthy.core.errors import DataProblem  # noqa: E402
from tuneworthy.core.nouns.example import Example, Message, Provenance  # noqa: E402
from tuneworthy.core.nouns.run import TrainSettings  # noqa: E402
from tuneworthy.core.nouns.suite import Arm  # noqa: E402
from tuneworthy.core.ports import TrainRequest, TrainResult  # noqa: E402
from tuneworthy.methods.canonical import digest_tree  # noqa: E402

COLOURS = ("red", "blue", "green", "black", "white", "brown")
SETTINGS = TrainSettings(
    num_train_epochs=3,
    per_device_train_batch_size=2,
    lora_r=4,
    lora_layers=3,
    threads=1,
    save_steps=4,
    max_length=64,
    learning_rate=3e-3,
)


def example(row: int, ask: str, answer: str) -> Example:
    messages = (
        Message(role="system", content="Name it."),
        Message(role="user", content=ask),
        Message(role="assistant", content=answer),
    )
    return Example(
        id=f"e{row}", messages=messages, provenance=Provenance(source="colours.jsonl", row=row)
    )


EXAMPLES = tuple(
    example(row, "paint it " * (1 + row % 3) + word, f'{{"colour": "{word}"}}')
    for row, word in enumerate(COLOURS)
)


def request(workspace: Path, **changes: object) -> TrainRequest:
    return TrainRequest(
        base=embedded_model_dir(),
        train=EXAMPLES,
        validation=(),
        arm=Arm(id="a", arm="tuned"),
        settings=SETTINGS.model_copy(update=changes),
        workspace=workspace,
    )


@pytest.fixture(scope="module", autouse=True)
def float32() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNEWORTHY_DTYPE", "float32")
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training")


@pytest.fixture(scope="module")
def result(place: Path) -> TrainResult:
    return load_trainer().train(request(place / "first"))


def test_training_learns_and_reports(result: TrainResult) -> None:
    assert len(result.losses) == result.actual.steps == 9
    assert result.losses[-1] < result.losses[0] / 2
    assert not result.resumed
    assert result.actual.cpu_seconds > 0
    assert result.actual.peak_memory_mb > 500
    assert result.actual.flop > 0


def test_preview_marks_what_is_not_learned(result: TrainResult) -> None:
    masked, learned = result.label_preview.removeprefix("[masked]").split("[/masked]")
    assert "paint it red" in masked
    assert masked.endswith("<|im_start|>assistant\n")
    assert learned == '{"colour": "red"}<|im_end|>'


def test_adapter_is_two_files_without_machine_paths(result: TrainResult) -> None:
    names = {path.name for path in result.adapter.iterdir()}
    assert names == {"adapter_model.safetensors", "adapter_config.json"}
    text = (result.adapter / "adapter_config.json").read_text()
    assert str(embedded_model_dir()) not in text
    assert json.loads(text)["layers_to_transform"] == [27, 28, 29]


def test_same_seed_gives_the_same_bytes(place: Path, result: TrainResult) -> None:
    again = load_trainer().train(request(place / "second"))
    assert digest_tree(again.adapter) == digest_tree(result.adapter)
    assert again.losses == result.losses


def test_finished_workspace_gives_the_same_adapter_at_once(
    place: Path, result: TrainResult
) -> None:
    before = digest_tree(result.adapter)
    again = load_trainer().train(request(place / "first"))
    assert again.resumed
    assert digest_tree(again.adapter) == before
    assert again.losses == result.losses


def test_trained_adapter_is_proven_and_used(result: TrainResult) -> None:
    model = TransformersModel(embedded_model_dir(), result.adapter, threads=1)
    proof = model.prove(result.adapter, model.template_digest)
    assert proof.passed, proof.reason
    assert proof.adapter == digest_tree(result.adapter)


def test_estimate_matches_the_run(place: Path, result: TrainResult) -> None:
    told: list[int] = []
    trainer = load_trainer()
    cost = trainer.estimate(
        request(place / "estimate"), lambda step, done, total, note="": told.append(done)
    )
    assert (cost.tokens, cost.steps) == (result.actual.tokens, result.actual.steps)
    assert cost.flop == result.actual.flop
    # Wide, because so short a run is mostly set-up; the measured accuracy is in the docs.
    assert 0.3 < cost.cpu_seconds / result.actual.cpu_seconds < 3
    assert 0.5 < cost.peak_memory_mb / result.actual.peak_memory_mb < 2
    assert cost.wall_seconds <= cost.wall_seconds_high
    assert told
    assert not (place / "estimate").exists()


def test_loss_and_gradients_are_those_of_the_plain_model(place: Path) -> None:
    with quiet():
        run = LoraRun(request(place / "plain", lora_layers=2))
    run.ready_trunk()
    assert run.trunk is not None
    batch = run.batches[0]
    inputs = collate(run.rows, run.pad)([{"labels": batch}])
    names = [name for name, weight in run.model.named_parameters() if weight.requires_grad]
    weights = dict(run.model.named_parameters())
    for name in names:  # B starts at zero, and then A would get no gradient to compare
        weights[name].data.normal_(0, 0.02, generator=torch.Generator().manual_seed(1))
    lean = batch_loss(run.causal, run.trunk, inputs)
    lean_grads = torch.autograd.grad(lean, [weights[name] for name in names])

    with quiet():
        plain = LoraRun(request(place / "plain", lora_layers=2, num_train_epochs=1))
        plain.trunk = None
        whole = transformers.AutoModelForCausalLM.from_pretrained(
            embedded_model_dir(), dtype=torch.float32
        )
    for index, layer in enumerate(whole.model.layers[: plain.frozen]):
        plain.causal.model.layers[index] = layer
    copied = dict(plain.model.named_parameters())
    for name in names:
        copied[name].data.copy_(weights[name].data)
    mask = torch.tensor(
        [
            [1] * len(run.rows[row].ids)
            + [0] * (inputs["labels"].shape[1] - len(run.rows[row].ids))
            for row in batch
        ]
    )
    reference = plain.model(
        input_ids=inputs["input_ids"], attention_mask=mask, labels=inputs["labels"]
    ).loss
    grads = torch.autograd.grad(reference, [copied[name] for name in names])
    assert torch.allclose(lean, reference, atol=1e-4)
    for mine, theirs in zip(lean_grads, grads, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4, rtol=1e-2)


def test_long_examples_are_refused_not_cut(place: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(embedded_model_dir())
    longest = max(len(row.ids) for row in rows_of(EXAMPLES, tokenizer, 512))
    with pytest.raises(DataProblem) as caught:
        load_trainer().train(request(place / "long", max_length=longest - 1))
    assert caught.value.code == "example_too_long"
    assert "colours.jsonl:2" in caught.value.message
    empty = request(place / "empty").model_copy(update={"train": ()})
    with pytest.raises(DataProblem):
        load_trainer().train(empty)


def test_schedule_covers_every_row_each_epoch() -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(embedded_model_dir())
    rows = rows_of(EXAMPLES, tokenizer, 512)
    order = schedule(rows, SETTINGS)
    assert sorted(row for batch in order for row in batch) == sorted([*range(6)] * 3)
    assert max(len(rows[row].ids) for row in order[0]) == max(len(row.ids) for row in rows)
    assert schedule(rows, SETTINGS.model_copy(update={"seed": 8})) != order
    half = schedule(rows, SETTINGS.model_copy(update={"num_train_epochs": 0.5}))
    assert len(half) == 2


def test_half_written_and_foreign_checkpoints_are_not_used(
    place: Path, result: TrainResult
) -> None:
    folder = result.adapter.parent
    identity = json.loads((folder / "checkpoint-9" / MARKER).read_text())["request"]
    newest = newest_complete(folder, identity)
    assert newest is not None
    assert newest.step == 9
    state = folder / "checkpoint-9" / "trainer_state.json"
    state.write_bytes(state.read_bytes()[:-20])
    (folder / "checkpoint-99").mkdir()
    fallback = newest_complete(folder, identity)
    assert fallback is not None
    assert fallback.step == 8
    assert not (folder / "checkpoint-99").exists()
    assert newest_complete(folder, "sha256:another") is None
