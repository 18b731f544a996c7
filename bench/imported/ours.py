"""Our side: ``ours.py MODEL FOLDER OUT.json``; tasks are imported and run as suites, float32."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ["TUNEWORTHY_DTYPE"] = "float32"

import yaml
from tasks import read

import tuneworthy
from tuneworthy.adapters import load_local_model
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.nouns.suite_file import SuiteFile
from tuneworthy.core.ports import ChatReply, ChatRequest
from tuneworthy.evaluate import likeliest, metric_of, run_arm
from tuneworthy.evaluate.runner import mark_of

FILES = {"match": "inspect", "includes": "inspect", "Match": "openai", "Includes": "openai"}


def main() -> None:
    """Import every task, answer its cases, write answers and the scores of each metric."""
    base, folder, out = map(Path, sys.argv[1:])
    tools = json.loads((folder / "tools.json").read_text(encoding="utf-8"))
    model = Asked(load_local_model(base, threads=2))
    found = {name: _run(model, folder, name, tool) for name, tool in tools.items()}
    out.write_text(json.dumps(found), encoding="utf-8")


class Asked:
    """The model, asked the same request once: two scorers of one tool read the same answers."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._known: dict[str, ChatReply] = {}
        self.name, self.digest = model.name, model.digest
        self.loglikelihood = model.loglikelihood

    def chat(self, requests: Sequence[ChatRequest], progress: Any = None) -> list[ChatReply]:
        """Answer every request, in the order given."""
        keys = [request.model_dump_json() for request in requests]
        new = [
            request for request, key in zip(requests, keys, strict=True) if key not in self._known
        ]
        told = self._model.chat(new, progress) if new else []
        self._known |= {one.model_dump_json(): said for one, said in zip(new, told, strict=True)}
        return [self._known[key] for key in keys]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Nobody asks for pieces here."""
        raise NotImplementedError


def _run(model: Any, folder: Path, name: str, tool: str) -> dict[str, Any]:
    made = folder / "suites" / tool
    shutil.rmtree(made, ignore_errors=True)
    place = made / f"{name}.yaml"
    ending = "yaml" if tool == "lm-eval" else "jsonl"
    source = folder / f"{FILES.get(name, name)}.{ending}"
    told = tuneworthy.import_suite(
        source, tool, place, scorer="" if tool == "lm-eval" else name.lower()
    )
    file = SuiteFile.model_validate(yaml.safe_load(place.read_text(encoding="utf-8")))
    cases = [Case.model_validate(row) for row in read(place.with_suffix(".jsonl"))]
    metrics = [metric_of(settings) for settings in file.metrics]
    result = run_arm(
        file.prompt.as_arm(name) if file.prompt else Arm(id=name, arm="zero_shot"),
        cases,
        [],
        metrics[0],
        client=model,
        retriever=None,
        max_new_tokens=file.max_new_tokens or 32,
    )
    rows = result.results
    scores = [
        [mark_of(row.output, case, metric).score for row, case in zip(rows, cases, strict=True)]
        for metric in metrics
    ]
    if cases[0].choices:
        picked = (
            case.choices[likeliest(row.logprobs, case.choices, "bytes")]
            for row, case in zip(rows, cases, strict=True)
        )
        scores.append([float(t == c.expected) for t, c in zip(picked, cases, strict=True)])
    return {
        "cases": [case.id for case in cases],
        "answers": [list(row.logprobs) or row.output for row in rows],
        "scores": scores,
        "dropped": told.dropped,
    }


if __name__ == "__main__":
    main()
