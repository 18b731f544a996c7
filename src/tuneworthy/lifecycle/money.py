"""The project's break-even: the rows people typed, with the training hours that were measured."""

from collections.abc import Mapping
from typing import Any

from tuneworthy.assess import Costs, is_itemised, read_costs, work_out
from tuneworthy.core.errors import NeedsPersonProblem
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.money import BreakEven, Money
from tuneworthy.lifecycle import counted
from tuneworthy.lifecycle.wiring import Runtime

SUM = "costs.break_even"
"""The claim that holds what the rows come to."""


def money(runtime: Runtime) -> Money:
    """The break-even with its rows, scenarios, tornado and band.

    Raises:
        ConfigProblem: A row is wrong.
        NeedsPersonProblem: There are no rows of upfront money or of returns.
    """
    account = found(runtime)
    if account is None:
        raise NeedsPersonProblem(
            "no_costs",
            f"{runtime.folder / runtime.project.answers} has no upfront costs and no returns.",
            why="Nothing can measure what people's hours cost, or what comes back.",
            fix="Fill in 'costs:' there, such as upfront: [{name: prepare data, hours: "
            "{low: 20, high: 40}}] and returns: [{name: calls saved, spend: 2000}].",
        )
    return account


def found(runtime: Runtime) -> Money | None:
    """The break-even, or None where there are no rows. Raises ConfigProblem."""
    costs = read_costs(runtime.answers.costs)
    return _work_out(runtime, costs) if _has_rows(costs) else None


def record(runtime: Runtime) -> None:
    """Keep the break-even as declared evidence; where the rows are gone, that there is none now."""
    account = found(runtime)
    if account is None:
        if any(item.about == SUM for item in runtime.evidence()):
            gone = {"net": None, "text": "There are no cost rows any more."}
            runtime.record(runtime.claim(SUM, [runtime.project.id], gone, grade=Grade.DECLARED))
        return
    ends = {"low": account.scenarios.low, "middle": account.scenarios.middle}
    ends["high"] = account.scenarios.high
    runtime.record(
        runtime.claim(
            SUM,
            [runtime.project.id],
            {
                **_result(account),
                "text": account.text,
                "missing": list(account.missing),
                "scenarios": {name: _result(end) for name, end in ends.items()},
                "moves_most": [swing.name for swing in account.tornado.swings[:3]],
                "band": account.band.model_dump(mode="json"),
            },
            grade=Grade.DECLARED,
        )
    )


def _result(found: BreakEven) -> dict[str, Any]:
    return {
        "months": found.months,
        "net": found.net,
        "never": found.never,
        "justified": found.justified,
    }


def _has_rows(costs: Costs) -> bool:
    return bool(costs.upfront or costs.returns) and is_itemised(costs)


def _work_out(runtime: Runtime, costs: Costs) -> Money:
    return work_out(
        costs, strategic_value=runtime.answers.strategic_value, estimate=_estimate(runtime)
    )


def _estimate(runtime: Runtime) -> Mapping[str, Any] | None:
    """What the newest dry run over the current dataset found."""
    found = [
        item
        for item in counted.counted(runtime)
        if item.about == "train.estimate" and runtime.head.dataset in item.subjects
    ]
    return max(found, key=lambda item: item.created_at).result if found else None
