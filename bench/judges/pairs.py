"""The public sets as files of pairs that people judged; none of them is part of this repository."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ADVERSARIAL = tuple(f"Adversarial_{name}" for name in ("GPTInst", "GPTOut", "Manual", "Neighbor"))

_HHH = re.compile(
    r"###The instruction to evaluate:\n(.*?)\n\n###Response to evaluate:\n(.*?)\n\n###", re.DOTALL
)


def llmbar(at: Path, part: str) -> list[dict[str, Any]]:
    """One part of LLMBar: pairs with one objectively better answer (Zeng et al., 2024)."""
    rows = json.loads((at / f"llmbar/{part}_dataset.json").read_text(encoding="utf-8"))
    return [
        {
            "id": f"{part}-{number}",
            "request": row["input"],
            "a": row["output_1"],
            "b": row["output_2"],
            "verdicts": ["a" if row["label"] == 1 else "b"],
        }
        for number, row in enumerate(rows)
    ]


def hhh(at: Path) -> list[dict[str, Any]]:
    """HHH alignment: the chosen answer stands as a or b by the digest of its place."""
    path = at / "hhh-alignment/hhh_alignment_eval.json"
    found = []
    for number, row in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        request, chosen = _parts(row["chosen_instruction"])
        _, rejected = _parts(row["rejected_instruction"])
        first = hashlib.sha256(str(number).encode()).digest()[0] % 2 == 0
        found.append(
            {
                "id": f"{row['source']}-{number}",
                "request": request,
                "a": chosen if first else rejected,
                "b": rejected if first else chosen,
                "verdicts": ["a" if first else "b"],
            }
        )
    return found


def _parts(text: str) -> tuple[str, str]:
    match = _HHH.search(text)
    if match is None:
        raise ValueError(f"no request and answer in {text[:200]!r}")
    return match[1].strip(), match[2].strip()


def sample(rows: Sequence[dict[str, Any]], n: int) -> list[dict[str, Any]]:
    """``n`` rows by the digest of their ids: the same ones every time."""
    return sorted(rows, key=lambda row: hashlib.sha256(row["id"].encode()).digest())[:n]


def ratings(path: Path) -> Iterator[tuple[int, list[float]]]:
    """Each item of the VADER ratings with every rater's score."""
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines()):
        if line.strip():
            yield number, [float(one) for one in ast.literal_eval(line.split("\t")[-1])]
