"""How often do the checks of single texts speak on public sets?

Run as ``python bench/run.py text_checks``. TUNEWORTHY_TEST_DATA names the data folder.
No text is printed: one of the sets holds harmful ones.
Refusals are real in "hh harmless", and damage in "snips" and "advisories"; the rest count as false.
"""

import json
from pathlib import Path

import real_sets

from tuneworthy.methods.label_leak import label_leaks
from tuneworthy.methods.label_noise import looks_like_labels
from tuneworthy.methods.refusal import is_refusal
from tuneworthy.methods.repetition import repetition
from tuneworthy.methods.text_damage import cut_off, encoding_damage, template_text

OUT = Path("build/bench/text_checks.json")
CHECKS = ("repetitive", "refusal", "damage", "template", "cut_off", "label_leak")


def counts(name: str) -> dict[str, int]:
    """Rows of the set that each check names; damage and templates are looked for in both texts."""
    pairs = real_sets.load(name)
    both = [f"{r}\n{t}" for r, t in zip(pairs.requests, pairs.targets, strict=True)]
    labels = looks_like_labels(pairs.targets)
    return {
        "rows": len(both),
        "repetitive": sum(repetition(t) is not None for t in pairs.targets),
        "refusal": sum(map(is_refusal, pairs.targets)),
        "damage": sum(bool(encoding_damage(t)) for t in both),
        "template": sum(bool(template_text(t)) for t in both),
        "cut_off": sum(bool(cut_off(t)) for t in pairs.targets),
        "label_leak": len(label_leaks(pairs.requests, pairs.targets, labels=labels)),
    }


def main() -> None:
    """Print the sets in which a check speaks, and the sums."""
    table = {name: counts(name) for name in real_sets.READERS}
    print(f"{'set':20} {'rows':>7}" + "".join(f"{check:>12}" for check in CHECKS))
    table["all"] = {key: sum(row[key] for row in table.values()) for key in ("rows", *CHECKS)}
    for name, row in table.items():
        if any(row[check] for check in CHECKS):
            print(f"{name:20} {row['rows']:>7}" + "".join(f"{row[check]:>12}" for check in CHECKS))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
