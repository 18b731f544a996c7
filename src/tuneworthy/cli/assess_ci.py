"""The scorecard for CI: thresholds on exact fractions, gaps as findings."""

import re
from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

import click

from tuneworthy.cli.assess_card import open_conditions, own_rubric, way_to
from tuneworthy.cli.findings import format_option, print_findings
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.scorecard import DimensionScore, Scorecard

_DECIMAL = re.compile(r"[0-9](\.[0-9]{1,6})?")
_NAMED = 3
"""How many missing things a message names."""


def exact_level(_: click.Context, parameter: click.Parameter, value: str | None) -> Fraction | None:
    """A level from 1 to 5 as an exact fraction, so that 3.0 is three and not nearly three.

    Raises click's BadParameter for anything else.
    """
    if value is None:
        return None
    text = value.strip()
    if not _DECIMAL.fullmatch(text) or not 1 <= Fraction(text) <= 5:
        said = f"'{text[:20]}' is no level from 1 to 5, such as 3.0."
        raise click.BadParameter(said, param=parameter)
    return Fraction(text)


class ForCi(NamedTuple):
    """What a pipeline asked for; a threshold is None where nothing was."""

    mean: Fraction | None
    least: int | None
    form: str

    @property
    def for_machines(self) -> bool:
        """Whether findings are wanted in another form than text or the one JSON object."""
        return self.form not in ("text", "json")

    def refuse_elsewhere(self) -> None:
        """Raise a usage fault where thresholds would be left unread."""
        if self.mean is not None or self.least is not None or self.form != "text":
            raise click.UsageError("--fail-under, --min and --format stand alone after 'assess'.")

    def show(self, card: Scorecard) -> None:
        """Print the findings in the form asked for. Raises BlockedProblem below a threshold."""
        print_findings(findings(card, self), self.form, held_checks(card, self))
        self.refuse(card)

    def low_mean(self, card: Scorecard) -> bool:
        """Whether the exact mean is below what was asked."""
        return self.mean is not None and card.exact_mean < self.mean

    def too_low(self, dimension: DimensionScore) -> bool:
        """Whether a dimension is below the least level asked."""
        return self.least is not None and dimension.evidenced < self.least

    def missed(self, card: Scorecard) -> list[str]:
        """Each threshold that is missed, in words with numbers; empty when all are met.

        With a threshold, a stop question that the record answers with no is one as well.
        """
        if self.mean is None and self.least is None:
            return []
        said = []
        if self.mean is not None and self.low_mean(card):
            exact = card.exact_mean
            said.append(f"mean {exact} = {float(exact):.3f} is below {float(self.mean):g}")
        low = [f"{d.id} is {d.evidenced}" for d in card.dimensions if self.too_low(d)]
        if low:
            said.append(f"below level {self.least}: {', '.join(low)}")
        if stops := [a.id for a in card.enterprise if a.stops]:
            said.append(f"the record answers {', '.join(stops)} with no")
        return said

    def refuse(self, card: Scorecard) -> None:
        """Raise BlockedProblem with what is missing when a threshold is missed."""
        missed = self.missed(card)
        if not missed:
            return
        errors = [f for f in findings(card, self) if f.severity == "block"]
        named = "; ".join(f"{f.code} {f.message}" for f in errors[:_NAMED])
        more = f" And {len(errors) - _NAMED} more." if len(errors) > _NAMED else ""
        commands = (f.fix for f in errors if f.fix.startswith("tuneworthy "))
        raise BlockedProblem(
            "below_threshold",
            f"Not ready: {'; '.join(missed)}.",
            why=f"Missing: {named}{more}" if errors else "",
            fix=next(commands, "tuneworthy assess scorecard"),
        )


F = TypeVar("F", bound=Callable[..., Any])


def ci_options(command: F) -> F:
    """Adds ``--fail-under``, ``--min`` and ``--format``; the command gets them as ``ci``."""

    @wraps(command)
    def with_ci(
        *args: Any, mean: Fraction | None, least: int | None, form: str, **more: Any
    ) -> Any:
        return command(*args, ci=ForCi(mean, least, form), **more)

    options = (
        click.option(
            "--fail-under",
            "mean",
            metavar="LEVEL",
            callback=exact_level,
            help="Exit 3 when the mean level is lower.",
        ),
        click.option(
            "--min", "least", type=click.IntRange(1, 5), help="Exit 3 when any level is lower."
        ),
        format_option,
    )
    wrapped = with_ci
    for option in reversed(options):
        wrapped = option(wrapped)
    return cast(F, wrapped)


def findings(card: Scorecard, asked: ForCi) -> list[Finding]:
    """Every condition that does not hold, every stop, and all evidence that is not counted."""
    found = [
        Finding(code=a.id, severity="block", message=f"{a.text} No: {a.why}.")
        for a in card.enterprise
        if a.stops
    ]
    order = [gap.dimension for gap in card.gaps]
    place = {id_: number for number, id_ in enumerate(order)}
    for dimension in sorted(card.dimensions, key=lambda d: place.get(d.id, len(order))):
        found += _of_dimension(card, dimension, asked)
    found += [
        Finding(
            code="uncounted_evidence",
            severity="warning",
            message=f"{item.about} {item.evidence[:19]} is not counted: {item.why}.",
            fix="tuneworthy audit log",
        )
        for item in card.uncounted
    ]
    if card.rubric_name:
        found.append(Finding(code="own_rubric", severity="warning", message=own_rubric(card)))
    return found


def held_checks(card: Scorecard, asked: ForCi) -> list[str]:
    """The conditions that hold up to the level looked at, for a report's count."""
    return [
        p.id for d in card.dimensions for p in d.predicates if p.held and p.level <= _top(d, asked)
    ]


def _of_dimension(card: Scorecard, dimension: DimensionScore, asked: ForCi) -> list[Finding]:
    found = []
    for result in open_conditions(dimension, _top(dimension, asked)):
        blocks = asked.too_low(dimension) and result.level <= (asked.least or 0)
        blocks = blocks or asked.low_mean(card)
        why = f" Now: {result.why}." if result.why else ""
        found.append(
            Finding(
                code=result.id,
                severity="block" if blocks else "warning",
                message=f"{dimension.name}, level {result.level}: {result.text}{why}",
                fix=way_to(result),
            )
        )
    return found


def _top(dimension: DimensionScore, asked: ForCi) -> int:
    """Up to which level conditions are looked at: the target, what was asked, or the next level.

    A mean may ask for more than any target, so its next level counts too.
    """
    above = dimension.evidenced + 1 if asked.mean is not None else 0
    return min(5, max(dimension.target, asked.least or 0, above))
