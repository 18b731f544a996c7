"""Personal data and secrets: what is found, what is flagged wrongly, and how fast, beside Presidio.

Texts: Presidio's own synthetic set and banking77 (``TUNEWORTHY_TEST_DATA`` names the folder), and
sentences made anew with Faker, of which the ``held`` half was not looked at while the patterns were
written. Needs ``faker``; the peers ``presidio-analyzer`` (with ``en-core-web-sm``) and
``detect-secrets`` are left out with a note where they are not installed.
"""

import csv
import gc
import importlib.util
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import detectors
from fresh_text import Span, Text, generate, generate_clean, generate_national
from planted_secrets import generate_secrets
from score import Score, score

from tuneworthy.methods.pii import find_pii_batch
from tuneworthy.methods.secrets import find_secrets

SEED = int(os.environ.get("TUNEWORTHY_BENCH_SEED", "20261127"))
ROUNDS = 5
FRESH = 3000
SLOW_TEXTS = 200
"""Texts on which the slow peers are timed in each round; ours takes all."""

KINDS = ("credit_card", "email", "iban", "ip", "phone", "url", "us_ssn")
"""The kinds that both the sets and Presidio's defaults have."""

Search = Callable[[Sequence[str]], object]
OUT = Path("build/bench/pii.json")
_SYNTH = {
    "CREDIT_CARD": "credit_card", "EMAIL_ADDRESS": "email", "IBAN_CODE": "iban", "IP_ADDRESS": "ip",
    "PHONE_NUMBER": "phone", "DOMAIN_NAME": "url", "US_SSN": "us_ssn", "PERSON": "person",
    "STREET_ADDRESS": "address",
}  # fmt: skip


def main() -> None:
    """Score, count and time every detector, print the tables, write the JSON."""
    found: dict[str, Any] = {"seed": SEED}
    sets = {"fresh, held out": generate("held", FRESH, SEED)}
    sets |= {"fresh, seen": generate("dev", FRESH, SEED)}
    clean = {"clean, many numbers": [t.text for t in generate_clean(20_000, SEED)]}
    folder = os.environ.get("TUNEWORTHY_TEST_DATA")
    if folder:
        sets = {"presidio-synth-pii": synth(Path(folder))} | sets
        clean["banking77"] = banking(Path(folder))
    else:
        print("presidio-synth-pii and banking77 are left out: TUNEWORTHY_TEST_DATA is not set")
    peers = presidio()
    fast: dict[str, detectors.Detector] = {"tuneworthy": detectors.ours, **peers}
    found["structured"] = {name: structured(name, texts, fast) for name, texts in sets.items()}
    found["other kinds"] = other_kinds(sets["fresh, held out"])
    found["soft"] = {name: soft(name, texts, peers) for name, texts in sets.items()}
    found["clean"] = flagged(clean, peers)
    timed = {name: [t.text for t in texts] for name, texts in sets.items()} | clean
    searches: dict[str, Search] = {"tuneworthy": partial(find_pii_batch, urls=True), **peers}
    found["speed"] = {name: speed(name, texts, searches) for name, texts in timed.items()}
    found["secrets"] = secrets(clean)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1))


def synth(folder: Path) -> list[Text]:
    """presidio-research's synthetic set, version 2."""
    rows = json.loads((folder / "presidio-synth-pii/synth_dataset_v2.json").read_text())
    return [
        Text(
            row["full_text"],
            [
                Span(_SYNTH[s["entity_type"]], s["start_position"], s["end_position"])
                for s in row["spans"]
                if s["entity_type"] in _SYNTH
            ],
        )
        for row in rows
    ]


def banking(folder: Path) -> list[str]:
    """The training questions of banking77: real messages without personal data."""
    with (folder / "banking77/train.csv").open(newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def presidio() -> dict[str, detectors.Detector]:
    """Presidio with patterns alone and with its small model, where they are installed."""
    if not importlib.util.find_spec("presidio_analyzer"):
        print("presidio is left out: pip install presidio-analyzer, and the model en_core_web_sm")
        return {}
    peers = {"presidio patterns": detectors.presidio_patterns()}
    if detectors.small_model():
        peers["presidio small model"] = detectors.presidio_small_model()
    return peers


def structured(name: str, texts: Sequence[Text], tools: dict[str, detectors.Detector]) -> Any:
    """Recall, precision and F2 of the common kinds."""
    print(f"\n{name}: {len(texts):,} texts; recall / precision / F2")
    print(f"{'kind':14}{'n':>6}" + "".join(f"{tool:>24}" for tool in tools))
    gold = [text.spans for text in texts]
    scores = {
        tool: score(gold, detect([text.text for text in texts]), KINDS)
        for tool, detect in tools.items()
    }
    for kind in (*KINDS, "all"):
        row = [scores[tool][kind] for tool in tools]
        print(f"{kind:14}{row[0].gold:6}" + "".join(f"{_said(cell):>24}" for cell in row))
    return {tool: _plain(by_kind) for tool, by_kind in scores.items()}


def other_kinds(texts: Sequence[Text]) -> Any:
    """Kinds that the peers' defaults do not have: ours alone."""
    found = {}
    for kinds, rows in (
        (("mac", "date_of_birth"), list(texts)),
        (("national",), generate_national(100, SEED)),
    ):
        names = sorted({s.kind for t in rows for s in t.spans}) if "national" in kinds else kinds
        scores = score([t.spans for t in rows], detectors.ours([t.text for t in rows]), names)
        found |= {k: s for k, s in scores.items() if k != "all"}
    print("\nother kinds, fresh (national numbers: Faker's, with the scheme's word where usual)")
    for kind, cell in found.items():
        print(f"{kind:20}{cell.gold:6}   {_said(cell)}")
    return _plain(found)


def soft(name: str, texts: Sequence[Text], peers: dict[str, detectors.Detector]) -> Any:
    """Names and addresses: how many are found. None of these is a gate."""
    gold = [text.spans for text in texts]
    tools = {"built in": detectors.ours_soft}
    tools |= {tool: detect for tool, detect in peers.items() if "model" in tool}
    found = {}
    print(f"\nnames and places, softly, {name}: recall / precision / F2")
    for tool, detect in tools.items():
        scores = score(gold, detect([text.text for text in texts]), ("person", "address"))
        for kind in ("person", "address"):
            print(f"{tool:24}{kind:10}{scores[kind].gold:6}   {_said(scores[kind])}")
        found[tool] = _plain(scores)
    return found


def flagged(clean: dict[str, list[str]], peers: dict[str, detectors.Detector]) -> Any:
    """Share of rows without personal data in which something is found."""
    found: dict[str, Any] = {}
    for name, texts in clean.items():
        print(f"\nclean rows flagged, {name}")
        tools = {"tuneworthy": detectors.ours, "tuneworthy, blocking": detectors.ours_blocking}
        for tool, detect in (tools | peers).items():
            rows = texts if "tuneworthy" in tool else texts[:1000]
            share = sum(map(bool, detect(rows))) / len(rows)
            print(f"{tool:24}{share:9.3%}  of {len(rows):,}")
            found.setdefault(name, {})[tool] = {"n": len(rows), "share": share}
    return found


def speed(name: str, texts: Sequence[str], tools: dict[str, Search]) -> Any:
    """Documents per CPU second, round by round in turn, and the ratio to ours."""
    length = statistics.fmean(map(len, texts))
    # The peers' models are many objects: Python's collector would walk them in anybody's round.
    gc.collect()
    gc.freeze()
    print(f"\ndocuments per CPU second, {name} (mean {length:.0f} characters), n = {ROUNDS} rounds")
    rates: dict[str, list[float]] = {tool: [] for tool in tools}
    detectors.ours(texts)  # RE2 builds its automata as it meets new text
    for n in range(ROUNDS):
        for tool, detect in tools.items():
            first = n * SLOW_TEXTS % max(1, len(texts) - SLOW_TEXTS)
            rows = texts if tool == "tuneworthy" else texts[first : first + SLOW_TEXTS]
            rates[tool].append(_rate(detect, rows))
    found = {}
    for tool, seen in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(rates["tuneworthy"], seen, strict=True)]
        spread = f"{min(seen):,.0f} to {max(seen):,.0f}"
        ratio = (
            f"ours is {statistics.median(ratios):,.0f}x ({min(ratios):,.0f} to {max(ratios):,.0f})"
        )
        print(f"{tool:24}{statistics.median(seen):12,.0f}  ({spread})  {ratio}")
        found[tool] = {"docs_per_cpu_s": seen, "ratio": ratios}
    return found


def secrets(clean: dict[str, list[str]]) -> Any:
    """Recall by form, clean rows flagged, and speed; detect-secrets without its entropy plugins."""
    planted = generate_secrets(3000, SEED)
    finders: dict[str, Callable[[str], bool]] = {
        "tuneworthy": lambda text: any(hit.severity == "high" for hit in find_secrets(text))
    }
    if importlib.util.find_spec("detect_secrets"):
        finders["detect-secrets"] = _detect_secrets()
    print("\nsecrets: recall over 20 published forms, n = 3,000; clean rows flagged")
    found: dict[str, Any] = {}
    for tool, finder in finders.items():
        hits = [finder(text.text) for text in planted]
        rows = [text for texts in clean.values() for text in texts]
        rows = rows if tool == "tuneworthy" else rows[:3000]
        wrong = sum(map(finder, rows)) / len(rows)
        rate = _rate(lambda texts, f=finder: [f(text) for text in texts], rows)
        missed = sorted({t.spans[0].kind for t, hit in zip(planted, hits, strict=True) if not hit})
        recall = statistics.fmean(hits)
        print(f"{tool:24}{recall:7.4f}  {wrong:9.4%} of {len(rows):,}  {rate:10,.0f} docs/CPU s")
        if missed:
            print(f"{'':24}missed at least once: {', '.join(missed)}")
        found[tool] = {"recall": recall, "clean_flagged": wrong, "n": len(rows), "rate": rate}
    return found


def _detect_secrets() -> Callable[[str], bool]:
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings, get_settings

    def finds(text: str) -> bool:
        return any(list(scan_line(line)) for line in text.split("\n"))

    settings = default_settings()
    settings.__enter__()
    get_settings().disable_plugins("Base64HighEntropyString", "HexHighEntropyString")
    # The settings last as long as their context, which the closure keeps alive.
    return lambda text, _keep=settings: finds(text)


def _rate(detect: Search, texts: Sequence[str]) -> float:
    started = time.process_time()
    detect(texts)
    return len(texts) / (time.process_time() - started)


def _said(cell: Score) -> str:
    return f"{cell.recall:.3f} / {cell.precision:.3f} / {cell.f2:.3f}"


def _plain(scores: dict[str, Score]) -> dict[str, Any]:
    return {
        kind: cell._asdict() | {"recall": cell.recall, "precision": cell.precision, "f2": cell.f2}
        for kind, cell in scores.items()
    }


if __name__ == "__main__":
    main()
