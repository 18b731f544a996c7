"""Does a latency limit stop what is slower, and nothing else? Timed with the embedded model.

Adapters are trained with the product's own LoRA step to answer with so many words. Two models are
then timed as the product does for the guard ``latency``: side by side, in turn, the quickest of
three tries. A model against itself, and against another one as brief, must keep the limit; one that
says three times as many words must not.

    python bench/run.py latency

TUNEWORTHY_ROUNDS sets how often each pair is timed (3). Finished rounds are kept in
build/bench/latency.json and are not run again.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from tuneworthy.adapters import embedded_model_dir
from tuneworthy.adapters.local_model import TransformersModel
from tuneworthy.adapters.trl_trainer import TrlTrainer
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.guards import GuardLimits, GuardRatio
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import TrainRequest
from tuneworthy.evaluate import Asker, Figures, guard_ratios, time_in_turn

OUT = Path("build/bench/latency.json")
WORK = Path("build/bench/latency")
LIMIT = 1.25
"""Times the base's: what the guard allows here."""
MOST = 16
"""Tokens of an answer, at most."""
ROUNDS = int(os.environ.get("TUNEWORTHY_ROUNDS", "3"))
WORDS = ("one", "two", "three")
ARM = Arm(id="tuned", arm="tuned", user="{request}")


class Pair(NamedTuple):
    """Two models, by how many words each was taught and from which seed."""

    name: str
    candidate: tuple[int, int]
    base: tuple[int, int]
    slower: bool


PAIRS = (
    Pair("the same adapter", (3, 1), (3, 1), slower=False),
    Pair("another adapter, as brief", (3, 2), (3, 1), slower=False),
    Pair("another adapter, three times as long", (9, 1), (3, 1), slower=True),
)


def main() -> None:
    """Time what is missing, then print the table."""
    WORK.mkdir(parents=True, exist_ok=True)
    kept: dict[str, dict[str, Any]] = json.loads(OUT.read_text()) if OUT.exists() else {}
    for number in range(ROUNDS):
        for pair in PAIRS:
            key = f"{pair.name} | {number}"
            if key not in kept:
                kept[key] = timed(pair)
                OUT.write_text(json.dumps(kept, indent=1))
    print(f"\n| candidate | rounds | ratio | upper end of 95 % | tokens | over {LIMIT:g} | right |")
    print("|---|---|---|---|---|---|---|")
    for pair in PAIRS:
        rows = [kept[f"{pair.name} | {number}"] for number in range(ROUNDS)]
        broken = sum(row["broken"] for row in rows)
        right = broken == (ROUNDS if pair.slower else 0)
        print(
            f"| {pair.name} | {ROUNDS} | {_span(rows, 'ratio')} | {_span(rows, 'high')} | "
            f"{_span(rows, 'tokens')} | {broken} | {'yes' if right else 'NO'} |"
        )


def timed(pair: Pair) -> dict[str, Any]:
    """One measurement, as the product makes it, and what the guard says of it."""
    ours, theirs = (
        Asker(ARM, (), TransformersModel(embedded_model_dir(), adapter(*which)), None, MOST)
        for which in (pair.candidate, pair.base)
    )
    cases = [Case(id=row.id, request=row.messages[0].content, expected="") for row in rows(1, 40)]
    tokens = [sum(one.completion_tokens for one in side.ask(cases)) for side in (ours, theirs)]
    found = time_in_turn(ours, theirs, cases)
    figures = Figures(
        candidate=found.candidate, base=found.base, groups=found.cases, left_out=found.failed
    )
    ratio: GuardRatio
    (ratio,) = guard_ratios(GuardLimits(latency=LIMIT), {"latency": figures}, {})
    if ratio.ratio is None:
        raise ValueError(ratio.why)
    print(f"{pair.name}: {ratio.ratio.value:.3f}, {ratio.why}", flush=True)
    return {
        "n": ratio.n,
        "base_seconds": ratio.base,
        "ratio": ratio.ratio.value,
        "low": ratio.ratio.low,
        "high": ratio.ratio.high,
        "tokens": tokens[0] / tokens[1],
        "broken": ratio.broken,
    }


def adapter(words: int, seed: int) -> Path:
    """An adapter that answers with so many words; trained once."""
    place = WORK / f"{words}-words-{seed}"
    made = place / "made.txt"
    if not made.exists():
        place.mkdir(parents=True, exist_ok=True)
        settings = TrainSettings(
            learning_rate=2e-3, num_train_epochs=3, lora_layers=4, max_length=64, seed=seed
        )
        request = TrainRequest(
            base=embedded_model_dir(),
            train=tuple(rows(words, 48, first=100)),
            validation=(),
            arm=ARM,
            settings=settings,
            workspace=place.absolute(),
        )
        made.write_text(str(TrlTrainer().train(request).adapter), encoding="utf-8")
    return Path(made.read_text(encoding="utf-8"))


def rows(words: int, n: int, first: int = 0) -> list[Example]:
    """Requests with their answer."""
    return [
        Example(
            id=f"r{number}",
            messages=(
                Message(role="user", content=f"Count for parcel {number * 7919 % 9973}, please."),
                Message(role="assistant", content=" ".join(WORDS * (words // len(WORDS)))),
            ),
            provenance=Provenance(source="latency", row=number),
        )
        for number in range(first, first + n)
    ]


def _span(found: list[dict[str, Any]], name: str) -> str:
    values = [row[name] for row in found]
    return f"{min(values):.2f} to {max(values):.2f}"


if __name__ == "__main__":
    main()
