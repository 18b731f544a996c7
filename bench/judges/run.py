"""Are judges measured as they are? Known figures first, then rules, then the embedded model.

    TUNEWORTHY_TEST_DATA=DIR python bench/run.py judges

``vader-ratings`` gives Krippendorff's alpha, whose values are known. Judges whose sways are known
are simulated. Two rules judge ``llmbar`` and ``hhh-alignment``: one always says A, one takes the
longer answer; what is measured of them is laid beside counts made without any of our code. The
embedded model judges samples of so many pairs as ``PLAN`` says, by likelihood and by what it
writes; a prompt costs seconds on a processor. The project is kept under build/, so a bench that was
stopped goes on.
"""

import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from pairs import ADVERSARIAL, hhh, llmbar, ratings, sample  # noqa: E402
from real_sets import folder  # noqa: E402
from simulated import lines as simulated  # noqa: E402

import tuneworthy  # noqa: E402
from tuneworthy.core.nouns.judging import Agreement, PairsJudged  # noqa: E402
from tuneworthy.methods.agreement import krippendorff  # noqa: E402
from tuneworthy.workspace import JudgeOptions  # noqa: E402

OUT = Path("build/bench/judges")
PLAN = (
    ("likelihood", "llmbar natural", 100),
    ("likelihood", "llmbar adversarial", 100),
    ("text", "llmbar natural", 40),
    ("likelihood", "hhh-alignment", 40),
)
"""How the embedded model is read, on which set, and on how many of its pairs."""
KNOWN = {"tweets": 0.7835, "amazonReviewSnippets": 0.8204}

Rows = list[dict[str, Any]]


def main() -> None:
    """Print every figure and keep all as JSON."""
    at = folder()
    OUT.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {"alpha": alphas(at), "simulated": []}
    for line, figures in simulated():
        print(line, flush=True)
        kept["simulated"].append(figures)
    sets = {
        "llmbar natural": llmbar(at, "Natural"),
        "llmbar adversarial": [row for part in ADVERSARIAL for row in llmbar(at, part)],
        "hhh-alignment": hhh(at),
    }
    with serving(first) as one, serving(longer) as two:
        where = {"first": {"at": one}, "longer": {"at": two}}
        where |= {name: {"at": "embedded", "reading": name} for name in ("likelihood", "text")}
        work = project(where)
        kept["rules"] = [rule(work, name, rows) for name, rows in sets.items()]
        kept["embedded"] = [
            embedded(work, reading, name, sets[name], n) for reading, name, n in PLAN
        ]
        work.close()
    (OUT.parent / "judges.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")


def alphas(at: Path) -> list[dict[str, Any]]:
    """Agreement of the raters of VADER's lexicon sets, beside the known values."""
    rows = []
    for name, known in KNOWN.items():
        items = list(ratings(at / f"vader-ratings/{name}_anonDataRatings.txt"))
        units = [number for number, given in items for _ in given]
        found = krippendorff(units, [one for _, given in items for one in given], "interval")
        if found.value is None or abs(found.value - known) >= 1e-4:
            sys.exit(f"vader {name}: {found}, and {known} is known")
        row = {"set": name, "items": len(items), "ratings": len(units), "known": known}
        rows.append({**row, "alpha": found.value, "low": found.low, "high": found.high})
        print(
            f"vader {name}: alpha {found.value:.4f} ({found.low:.4f} to {found.high:.4f}), known "
            f"{known}, {len(items)} items, {len(units)} ratings",
            flush=True,
        )
    return rows


def project(judges: dict[str, dict[str, str]]) -> tuneworthy.Workspace:
    """The kept project, with today's judges."""
    home = OUT / "project"
    if not home.exists():
        tuneworthy.init(home)
    settings = home / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8").partition("\njudges:")[0]
    named = [{"name": name, **where} for name, where in judges.items()]
    settings.write_text(f"{text.rstrip()}\n\njudges: {json.dumps(named)}\n", encoding="utf-8")
    return tuneworthy.open(home)


def judged(
    work: tuneworthy.Workspace, judge: str, name: str, rows: Rows
) -> tuple[PairsJudged, Agreement]:
    """One judge over one file, in both orders."""
    path = OUT / f"{name.replace(' ', '-')}-{len(rows)}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = work.calibrate_judge(path, JudgeOptions(judge=judge))
    if not isinstance(found, PairsJudged) or found.agreement is None:
        sys.exit(f"{path} was not judged as pairs that people judged")
    return found, found.agreement


def rule(work: tuneworthy.Workspace, name: str, rows: Rows) -> dict[str, Any]:
    """Both rules on a whole set, against counts made here."""
    labels = [row["verdicts"][0] for row in rows]
    sizes = [(len(row["a"]), len(row["b"])) for row in rows]
    counted = sum(
        (a > b and side == "a") or (b > a and side == "b")
        for (a, b), side in zip(sizes, labels, strict=True)
    )
    right = round(judged(work, "longer", name, rows)[1].same * len(rows))
    always = judged(work, "first", name, rows)[0].bias.position
    equal = sum(row["a"].strip() == row["b"].strip() for row in rows)
    print(
        f"{name}: {len(rows)} pairs, people chose a in {labels.count('a')}, b in "
        f"{labels.count('b')}; the longer answer is the better one in {counted}, by the judge "
        f"'longer' in {right}; 'first' was swayed by place in {always.swayed} of "
        f"{always.pairs}, {always.to_first} to the first",
        flush=True,
    )
    if (right, always.swayed, always.to_first) != (counted, *[len(rows) - equal] * 2):
        sys.exit(f"{name}: what the rules did is not what was measured of them")
    return {"set": name, "n": len(rows), "a": labels.count("a"), "longer": counted, "ours": right}


def embedded(
    work: tuneworthy.Workspace, reading: str, name: str, rows: Rows, n: int
) -> dict[str, Any]:
    """The embedded model on a sample."""
    drawn = sample(rows, n)
    found, agreed = judged(work, reading, name, drawn)
    people = [row["verdicts"][0] for row in drawn]
    place, length = found.bias.position, found.bias.length.doubling
    each = [
        (one.a_first == side) + (one.b_first == side)
        for one, side in zip(found.verdicts, people, strict=True)
    ]
    row = {
        "reading": reading,
        "set": name,
        "n": len(drawn),
        "of": len(rows),
        "accuracy_both": agreed.same,
        "accuracy_each": sum(each) / (2 * len(drawn)),
        "consistent": sum(v.a_first == v.b_first != "unreadable" for v in found.verdicts),
        "unreadable": found.counts["unreadable"],
        "tie": found.counts["tie"],
        **{k: getattr(agreed, k) for k in ("kappa", "kappa_low", "kappa_high", "alpha")},
        "first": place.first.value,
        "first_low": place.first.low,
        "first_high": place.first.high,
        "swayed": place.swayed,
        "to_first": place.to_first,
        "p": place.p,
        "length_odds": [length.ratio, length.low, length.high] if length else None,
        "ok": found.standing.ok,
    }
    odds = "-" if length is None else f"{length.ratio:.2f} ({length.low:.2f} to {length.high:.2f})"
    print(
        f"embedded by {reading}, {name}, {len(drawn)} of {len(rows)}: right in both orders "
        f"{agreed.same:.0%}, in each {row['accuracy_each']:.0%}, consistent "
        f"{row['consistent']}, unreadable {row['unreadable']}; kappa "
        f"{_three(agreed.kappa, agreed.kappa_low, agreed.kappa_high)}, alpha "
        f"{_three(agreed.alpha, agreed.alpha_low, agreed.alpha_high)}; first gets "
        f"{place.first.value:.0%} ({place.first.low:.0%} to {place.first.high:.0%}), "
        f"{place.to_first} of {place.swayed} swayed, p = {place.p:.2g}; length odds {odds}; "
        f"may open a gate: {'yes' if found.standing.ok else 'no'}",
        flush=True,
    )
    return row


def _three(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "-"
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def first(_one: str, _other: str) -> str:
    """Always the first answer."""
    return "A"


def longer(one: str, other: str) -> str:
    """The longer answer; of equals neither."""
    return "tie" if len(one) == len(other) else "A" if len(one) > len(other) else "B"


class serving:  # noqa: N801 - reads as what it does
    """A chat endpoint on this machine that judges by a rule; its URL."""

    def __init__(self, rule_: Callable[[str, str], str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                said = rule_(*_sides(body["messages"][-1]["content"]))
                message = {"role": "assistant", "content": f"Verdict: {said}"}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                about = {"id": "c", "object": "chat.completion", "created": 0, "model": "m"}
                data = json.dumps({**about, "choices": [choice]}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _sides(prompt: str) -> tuple[str, str]:
    """Both answers in the prompt of pairs."""
    one, _, other = prompt.partition("# Answer A\n")[2].partition("\n\n# Answer B\n")
    return one, other.rpartition("\n\nWhich answer is better?")[0]


if __name__ == "__main__":
    main()
