"""How the six ceiling signals are printed."""

from tuneworthy.cli.render import table
from tuneworthy.core.nouns.ceiling_signal import CeilingSignal
from tuneworthy.core.nouns.decision import Decision


def signal_lines(decision: Decision) -> list[str]:
    """A table of the signals, then each rule; one line while nothing is measured."""
    if not decision.signals:
        return ["Ceiling signals: not measured yet; they come with runs on the frozen suite."]
    rows = [[s.id, s.answer, _number(s), s.text] for s in decision.signals]
    lines = ["Ceiling signals, measured; no rule counts them:"]
    lines += table(["Id", "Answer", "Value [95 % interval] n", "Sign"], rows)
    for item in decision.signals:
        lines += [f"  {item.id}: {item.detail}", f"      {item.rule}"]
    return lines


def _number(item: CeilingSignal) -> str:
    if item.value is None:
        return "-"
    bounds = "" if item.low is None or item.high is None else f" [{item.low:.3g}, {item.high:.3g}]"
    return f"{item.value:.4g}{bounds} n={item.n}"
