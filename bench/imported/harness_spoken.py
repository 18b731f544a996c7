"""lm-evaluation-harness over given answers: ``harness_spoken.py FOLDER OUT.json``; no model."""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.models.utils import postprocess_generated_text
from lm_eval.tasks import TaskManager


class Spoken(LM):
    """Says the given answers, cut where the harness cuts what its own models say."""

    def __init__(self, answers: list[str]) -> None:
        super().__init__()
        self._answers = answers

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        """One answer for each request, by the number of its row."""
        return [
            postprocess_generated_text(self._answers[one.doc_id], one.args[1]["until"], None)
            for one in requests
        ]

    def loglikelihood(self, requests: list[Any]) -> list[Any]:
        """Nobody asks for it here."""
        raise NotImplementedError

    def loglikelihood_rolling(self, requests: list[Any]) -> list[Any]:
        """Nobody asks for it here."""
        raise NotImplementedError


def main() -> None:
    """Score every task's answers, a list for each filter."""
    folder, out = map(Path, sys.argv[1:])
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    found = {}
    for path in sorted(folder.glob("*.answers.json")):
        name = path.name.removesuffix(".answers.json")
        answers = json.loads(path.read_text(encoding="utf-8"))
        result = simple_evaluate(
            model=Spoken(answers),
            tasks=[name],
            task_manager=manager,
            bootstrap_iters=0,
            log_samples=True,
        )
        rows = result["samples"][name]
        filters = list(dict.fromkeys(row["filter"] for row in rows))
        found[name] = [
            [
                float(row["exact_match"])
                for row in sorted(rows, key=lambda row: row["doc_id"])
                if row["filter"] == one
            ]
            for one in filters
        ]
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
