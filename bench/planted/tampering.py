"""What somebody does to a project after training or after judging."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from adapters import WEIGHTS
from safetensors.torch import load_file, save_file

from tests.fakes.small_project import edit, tick
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.lifecycle import evaluation, suite_runs, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest_bytes

BASE = "model.safetensors"


def other_base(runtime: Runtime) -> None:
    """Another revision of the base's weights: one number differs."""
    path = runtime.base_path / BASE
    weights = load_file(path)
    name = sorted(weights)[0]
    weights[name] = weights[name] + 0.01
    save_file(weights, path, metadata={"format": "pt"})
    runtime.__dict__.pop("base_identity", None)


def other_template(runtime: Runtime) -> None:
    """A chat template with one more blank."""
    for name in ("chat_template.jinja", "tokenizer_config.json"):
        path = runtime.base_path / name
        if path.exists() and "<|end|>' }}{% endfor" in path.read_text("utf-8"):
            edit(runtime.base_path, name, "'<|end|>' }}{% endfor", "' <|end|>' }}{% endfor")
    runtime.__dict__.pop("base_identity", None)


class Swap:
    """Loads the adapter of another folder than the one that is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, runtime: Runtime) -> None:
        """From now on it is what gets loaded."""
        opened = runtime.open_model
        runtime.__dict__["open_model"] = lambda model, adapter=None: opened(
            model, self._folder if adapter else None
        )


def swapped_blob(runtime: Runtime) -> None:
    """The kept adapter's own bytes are changed."""
    folder = training.adapter_folder(runtime, training.current_version(runtime))
    _overwrite(runtime, digest_bytes((folder / WEIGHTS).read_bytes()))


def _overwrite(runtime: Runtime, digest: str, data: bytes | None = None) -> None:
    name = digest.removeprefix("sha256:")
    (path,) = [p for p in (runtime.state / "blobs").rglob("*") if p.name.endswith(name[2:])]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?" if data is None else data)


def laxer_margin(runtime: Runtime) -> None:
    """After the result the suite's margin is made so wide that it fits."""
    _again(runtime)
    edit(runtime.folder, "suites/facts.yaml", '"margin": 0.1', '"margin": 1.0')


def easier_suite(runtime: Runtime) -> None:
    """After the result the cases that went wrong are taken out of the suite."""
    _again(runtime)
    path = runtime.folder / "suites" / "facts.jsonl"
    path.write_text("\n".join(path.read_text("utf-8").splitlines()[:2]), encoding="utf-8")


def _again(runtime: Runtime) -> None:
    evaluation.run_tuned(runtime)
    suite_runs.run(runtime, tuned=True)
    tick(runtime)


def better_results(runtime: Runtime) -> None:
    """After the result every score in the kept answers is made 1."""
    _again(runtime)
    run = evaluation.tuned_run(runtime)
    if run is None:
        raise LookupError("the candidate was not judged")
    rows = [json.loads(line) for line in runtime.blobs.get(run.results).splitlines()]
    text = "\n".join(json.dumps({**row, "score": 1.0}) for row in rows)
    _overwrite(runtime, run.results, text.encode())


def forged_comparison(runtime: Runtime) -> None:
    """Comparisons that nobody made are written into the database."""
    _again(runtime)
    found = {e.about: e for e in runtime.evidence()}
    said = {"verdict": "clearly better", "low": 0.2, "segments_worse": 0, "guards_broken": 0}
    with closing(sqlite3.connect(runtime.state / "tuneworthy.db")) as ledger:
        for about in ("eval.comparison", "eval.base_comparison"):
            tick(runtime)
            old = found[about]
            item = runtime.claim(about, old.subjects, {**old.result, **said})
            _insert(ledger, item)
        ledger.commit()


def _insert(ledger: sqlite3.Connection, item: Evidence) -> None:
    body = canonical(item)
    stamp = item.created_at
    row = ("evidence", item.id, 1, digest_bytes(body), body.decode(), stamp, stamp)
    ledger.execute("insert into documents values (?, ?, ?, ?, ?, ?, ?, 1, 1)", row)


def changed_comparison(runtime: Runtime) -> None:
    """The comparison that was made is changed in place."""
    _again(runtime)
    (item,) = [e for e in runtime.evidence() if e.about == "eval.comparison"][-1:]
    body = item.model_dump(mode="json")
    body["result"] |= {"verdict": "clearly better", "low": 0.2, "segments_worse": 0}
    with closing(sqlite3.connect(runtime.state / "tuneworthy.db")) as ledger:
        ledger.execute("update documents set body = ? where id = ?", (json.dumps(body), item.id))
        ledger.commit()
