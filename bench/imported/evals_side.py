"""OpenAI Evals: ``evals_side.py MODEL FOLDER OUT.json``; its classes over a plain local model."""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "none"}

import torch
from evals.base import RunSpec
from evals.elsuite.basic.includes import Includes
from evals.elsuite.basic.match import Match
from evals.record import RecorderBase
from transformers import AutoModelForCausalLM, AutoTokenizer

CLASSES = {"Match": Match, "Includes": Includes}
TOKENS = 32
SPEC = RunSpec(
    completion_fns=["local"],
    eval_name="bench",
    base_eval="bench",
    split="test",
    run_config={},
    created_by="bench",
    run_id="bench",
    created_at="",
)
"""Stands where the package keeps what its command line said."""


class Kept(RecorderBase):
    """Keeps events in memory."""

    def _flush_events_internal(self, events_to_write: Any) -> None:
        del events_to_write


class Said:
    """One answer in the form that the package asks for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_completions(self) -> list[str]:
        """The answer alone."""
        return [self._text]


def main() -> None:
    """Answer every sample and let both classes score it; write answers and scores."""
    base, folder, out = map(Path, sys.argv[1:])
    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    known: dict[str, str] = {}

    def complete(prompt: Any, **_: Any) -> Said:
        text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
        if text not in known:
            ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)
            said = model.generate(**ids, do_sample=False, max_new_tokens=TOKENS)
            new = said[0][ids.input_ids.shape[1] :]
            known[text] = tokenizer.decode(new, skip_special_tokens=True)
        return Said(known[text])

    lines = (folder / "openai.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [json.loads(line) for line in lines]
    found = {}
    for name, kind in CLASSES.items():
        judged = kind([complete], samples_jsonl="", eval_registry_path=folder)
        recorder = Kept(SPEC)
        for number, sample in enumerate(samples, 1):
            with recorder.as_default_recorder(str(number)):
                judged.eval_sample(sample)
        events = recorder.get_events("match")
        found[name] = {
            "cases": [event.sample_id for event in events],
            "answers": [event.data["sampled"] for event in events],
            "scores": [[float(event.data["correct"]) for event in events]],
        }
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
