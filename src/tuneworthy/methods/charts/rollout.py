"""A staged rollout: the share of traffic in each stage, and how the stage ended."""

from tuneworthy.core.nouns.serving import Rollout, StageResult
from tuneworthy.methods.charts.marks import bar, chart, share, text
from tuneworthy.methods.charts.words import count, words

_ROW = 26.0
_LEFT, _RIGHT = 20.0, 48.0
"""Where bars begin and end, in shares of the width."""
_SIGN = {
    "passed": ("✓", "ok", "ok"),
    "running": ("▸", "acc", "acc"),
    "held": ("‖", "warn", "warn"),
    "rolled_back": ("↩", "bad", "bad"),
    "": ("", "mute", "line"),
}


def rollout_strip(rollout: Rollout) -> str:
    """One row a stage, its bar as long as its share; stages that never ran say so."""
    results = {result.percent: result for result in rollout.results}
    stages = rollout.stages or tuple(results)
    body, said = "", []
    for place, percent in enumerate(stages):
        result = results.get(percent)
        body += _stage(place * _ROW, percent, result)
        said.append(f"{percent:g} % {words(result.outcome) if result else 'not run'}")
    says = "; ".join(said) + f". {words(rollout.state).capitalize()}."
    return chart("Rollout by stage", says, len(stages) * _ROW + 4, body)


def _stage(y: float, percent: float, result: StageResult | None) -> str:
    sign, colour, fill = _SIGN[result.outcome if result else ""]
    long = share(percent / 100, 0, _RIGHT - _LEFT)
    word = f"{words(result.outcome)}, n {count(result.canary_requests)}" if result else "not run"
    marks = text(0, y + 16, f"{percent:g}\u00a0%", strong=True)
    marks += bar(f"{_LEFT}%", y + 9, f"{_RIGHT - _LEFT}%", 6, colour="line")
    marks += bar(f"{_LEFT}%", y + 6, long, 12, colour=fill)
    return marks + text(
        "100%", y + 16, f"{sign} {word}".strip(), size=12, colour=colour, anchor="end"
    )
