"""The learning curve once with the real trainer and the real local model, on 24 rows."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

import tuneworthy
from tuneworthy.assess import curve as rules
from tuneworthy.core.nouns.head import Head

COLOURS = ("red", "blue", "green", "black", "white", "brown")
THINGS = ("door", "wall", "boat", "chair", "fence", "shed", "roof", "desk")
SETTINGS = """\
training:
  learning_rate: 3.0e-3
  num_train_epochs: 1
  per_device_train_batch_size: 8
  lora_r: 2
  lora_layers: 1
  max_length: 64
  threads: 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "project"
    tuneworthy.init(home)
    path = home / "tuneworthy.yaml"
    text = path.read_text(encoding="utf-8")
    text = text[: text.index("training:")] + SETTINGS
    text = text.replace("max_new_tokens: 64", "max_new_tokens: 3")
    text = text.replace("split: {by: duplicates, validation: 0.1, test: 0.2, seed: 7}", "")
    text = text.replace("target: target}", "target: target, split: split}\nsplit: {by: declared}")
    path.write_text(text, encoding="utf-8")
    made = [
        {"request": f"{thing} number {i * 7 + j} in {colour}", "target": colour}
        for i, colour in enumerate(COLOURS)
        for j, thing in enumerate(THINGS)
    ]
    splits = ["train", "train", "train", "train", "validation", "test", "train", "test"]
    for n, row in enumerate(made):
        row["split"] = splits[(n + n // 8) % 8]
    train = [row for row in made if row["split"] == "train"][:24]
    rest = [row for row in made if row["split"] != "train"]
    lines = [json.dumps(row) for row in (*train, *rest)]
    (home / "data" / "train.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return home


def test_a_real_curve_on_the_embedded_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEWORTHY_DTYPE", "float32")
    # Six validation cases judge alone: folds would cost many more trainings.
    monkeypatch.setattr(rules, "ENOUGH_CASES", 6)
    with tuneworthy.open(folder) as workspace:
        data = workspace.build_data()
        plan = workspace.curve_plan()
        assert (plan.trainings, plan.folds, plan.cases) == (3, 0, data.split.sizes["validation"])
        assert plan.cpu_seconds > 0
        found = workspace.learning_curve()
        rows = data.split.sizes["train"]
        assert [point.rows for point in found.points] == [rows // 4, rows // 2, rows]
        assert all(0 <= point.score.value <= 1 for point in found.points)
        # Six cases settle nothing, whatever the model learned.
        assert (found.rising, found.target_met) == (False, False)
        (claim,) = [e for e in workspace.evidence() if e.about == "eval.learning_curve"]
        assert claim.grade.value == "measured"
        assert claim.result["n"] == plan.cases
        assert workspace.versions() == []
        assert workspace.training_runs() == []
        assert workspace._runtime.head == Head(id="my-project", dataset=data.id)
        assert not any(gate.open for gate in workspace.gates())
        assert workspace.curve_plan().trainings_left == 0
        assert workspace.learning_curve() == found
