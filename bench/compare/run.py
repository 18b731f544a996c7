"""Do the comparison's promises hold? Coverage, false verdicts, power and margins by simulation.

Run as ``python bench/run.py compare``. TUNEWORTHY_PEERS names a Python that has statsmodels: its
figures are then laid beside ours. TUNEWORTHY_SIMULATIONS sets the draws a line (2,000).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import peer_tables  # noqa: E402
from designs import Design, binary, clustered, graded, segmented, skewed  # noqa: E402

from tuneworthy.methods.intervals import wilson  # noqa: E402
from tuneworthy.methods.paired import (  # noqa: E402
    by_segment,
    compare_pairs,
    holm,
    mcnemar,
    non_inferior_pairs,
    plan,
)
from tuneworthy.methods.paired.power import mcnemar_n, mean_n, mean_power  # noqa: E402

N = int(os.environ.get("TUNEWORTHY_SIMULATIONS", "2000"))
RESAMPLES = 1000
OUT = Path("build/bench/compare.json")

STILL = [
    *(binary(n, 0.1, 0.1) for n in (30, 60, 120, 500)),
    binary(100, 0.03, 0.03),
    *(graded(n, 0.0) for n in (30, 100, 400)),
    *(skewed(n) for n in (30, 100, 400)),
    *(clustered(n, whole=True) for n in (10, 20, 50)),
    *(clustered(n, whole=False) for n in (10, 20, 50)),
]
MOVED = [binary(60, 0.2, 0.05), binary(400, 0.08, 0.03), graded(60, 0.1)]
FEW = [
    *(binary(n, 0.2, 0.2) for n in (6, 12, 29)),
    *(graded(n, 0.0) for n in (6, 12, 29)),
    *(clustered(n, whole=whole) for n in (6, 9) for whole in (True, False)),
]
"""Equal arms of fewer cases or groups than a gain needs: a loss may be called."""
MARGIN = 0.05


def verdicts(design: Design, seed: int, draws: int = N) -> dict[str, float]:
    """How often the interval holds the truth, and how often each clear verdict falls."""
    rng = np.random.default_rng(seed)
    held = better = worse = 0
    for _ in range(draws):
        found = compare_pairs(design.draw(rng), resamples=RESAMPLES)
        held += found.delta.low <= design.truth <= found.delta.high
        better += found.verdict == "clearly better"
        worse += found.verdict == "clearly worse"
    return {"held": held / draws, "better": better / draws, "worse": worse / draws}


def coverage(rows: list[dict[str, object]]) -> None:
    """95 % intervals and false verdicts."""
    print("\n| scores | cases | interval holds the truth | called better | called worse |")
    print("|---|---|---|---|---|")
    for seed, design in enumerate([*STILL, *MOVED, *FEW]):
        found = verdicts(design, seed)
        rows.append({"what": "verdicts", "kind": design.kind, "size": design.size, **found})
        clear = [f"{found[name]:.1%}" for name in ("better", "worse")]
        print(f"| {design.kind} | {design.size} | {found['held']:.1%} | {' | '.join(clear)} |")


def power(rows: list[dict[str, object]]) -> None:
    """A true gain at the planned number of cases."""
    plans = []
    for share, gain in ((0.2, 0.05), (0.1, 0.03), (0.3, 0.1), (0.15, 0.15)):
        n = mcnemar_n(share, gain)
        plans.append(binary(n, (share + gain) / 2, (share - gain) / 2))
    sd = float(np.sqrt(2 * 0.05) / 2)
    # Beta(2, 2) has variance 0.05; a half of two such, apart, stands in each difference.
    for gain in (0.03, 0.06):
        needed = int(np.ceil(mean_n(sd, gain) / 0.864))
        plans.append(graded(needed, gain))
    print(f"\n| gain ({5 * N:,} draws) | planned cases | called better |")
    print("|---|---|---|")
    for seed, design in enumerate(plans, 100):
        found = verdicts(design, seed, 5 * N)
        rows.append({"what": "power", "kind": design.kind, "size": design.size, **found})
        print(f"| {design.kind} | {design.size} | {found['better']:.1%} |")


def pilots(rows: list[dict[str, object]]) -> None:
    """What a plan made from a pilot gives: its own power is only as good as the pilot."""
    print("\n| pilot cases | plan, median | 5th to 95th percentile | right number |")
    print("|---|---|---|---|")
    right = mcnemar_n(0.2, 0.05)
    for pilot in (60, 200, 1000):
        rng = np.random.default_rng(pilot)
        design = binary(pilot, 0.1, 0.1)
        made = [plan(design.draw(rng), 0.05).n_needed or 0 for _ in range(min(N, 500))]
        low, middle, high = np.percentile(made, [5, 50, 95])
        rows.append({"what": "pilot", "n": pilot, "low": low, "median": middle, "high": high})
        print(f"| {pilot} | {middle:.0f} | {low:.0f} to {high:.0f} | {right} |")


def margins(rows: list[dict[str, object]]) -> None:
    """A true loss of exactly the margin must not pass; no loss should."""
    print(f"\n| scores, margin {MARGIN} | cases | loss of the margin passes | no loss passes |")
    print("|---|---|---|---|")
    pairs = [
        *((binary(n, 0.05, 0.1), binary(n, 0.05, 0.05)) for n in (50, 200, 600)),
        *((graded(n, -MARGIN), graded(n, 0.0)) for n in (50, 200, 600)),
    ]
    for seed, (at_margin, still) in enumerate(pairs, 200):
        shares = []
        for design in (at_margin, still):
            rng = np.random.default_rng(seed)
            passed = sum(
                non_inferior_pairs(design.draw(rng), MARGIN, resamples=RESAMPLES).passed
                for _ in range(N)
            )
            shares.append(passed / N)
        name, size = at_margin.kind.split(",")[0], at_margin.size
        rows.append({"what": "margin", "kind": name, "size": size, "shares": shares})
        print(f"| {name} | {size} | {shares[0]:.1%} | {shares[1]:.1%} |")


def vetoes(rows: list[dict[str, object]]) -> None:
    """No segment differs: how often is any vetoed?"""
    print("\n| segments | cases | any vetoed |")
    print("|---|---|---|")
    for seed, (n, segments) in enumerate(((300, 3), (300, 10), (2000, 20)), 300):
        draw, names = segmented(n, segments)
        rng = np.random.default_rng(seed)
        false = sum(
            any(
                one.verdict == "clearly worse"
                for one in by_segment(draw(rng), names, resamples=RESAMPLES)
            )
            for _ in range(N)
        )
        rows.append({"what": "vetoes", "segments": segments, "n": n, "share": false / N})
        print(f"| {segments} | {n} | {false / N:.1%} |")


def beside(python: str, rows: list[dict[str, object]]) -> None:
    """The largest difference from statsmodels in each craft."""
    done = subprocess.run(
        [python, str(HERE / "peer.py")], check=True, capture_output=True, text=True
    )
    theirs = json.loads(done.stdout)
    ours = {
        "mcnemar": [mcnemar(b, c) for b, c in peer_tables.TABLES],
        "holm": [p for some in peer_tables.P_VALUES for p in holm(some)],
        "power": [mean_power(n, 1, d) for n, d in peer_tables.POWERS],
    }
    theirs["holm"] = [p for some in theirs["holm"] for p in some]
    print("\n| craft | figures | largest difference from statsmodels |")
    print("|---|---|---|")
    for name, found in ours.items():
        apart = max(abs(a - b) for a, b in zip(found, theirs[name], strict=True))
        rows.append({"what": "statsmodels", "craft": name, "apart": apart})
        print(f"| {name} | {len(found)} | {apart:.1e} |")


def widths(shares: Sequence[float]) -> str:
    """How sure a share of N draws is."""
    return ", ".join(
        f"{share:.1%}: {(i := wilson(round(share * N), N)).low:.1%} to {i.high:.1%}"
        for share in shares
    )


def main() -> None:
    """Every table."""
    begun = time.process_time()
    rows: list[dict[str, object]] = []
    print(f"{N:,} draws a line; 95 % intervals of a share: {widths((0.025, 0.05, 0.8, 0.95))}")
    coverage(rows)
    power(rows)
    pilots(rows)
    margins(rows)
    vetoes(rows)
    python = os.environ.get("TUNEWORTHY_PEERS", "")
    if python:
        beside(python, rows)
    print(f"\n{time.process_time() - begun:.0f} CPU seconds")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"draws": N, "rows": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
