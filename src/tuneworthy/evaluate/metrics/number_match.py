"""The last number of the answer, as GSM8K's worked sums end in one."""

import re
from decimal import Decimal
from typing import Literal

from pydantic import Field

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers, unfit, wrong
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options

DIGITS = 400
"""A longer row of digits is no number that anybody meant."""

# In each form the groups of three come first; a hyphen after a word or digit is no minus.
_POINT = re.compile(
    r"(?<![\w.])[-\u2212]?\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?"
    r"|(?<![\w.])[-\u2212]?\$?\.\d+"
)
_COMMA = re.compile(r"(?<![\w,])[-\u2212]?(?:\d{1,3}(?:[.\u00a0\u202f]\d{3})+|\d+)(?:,\d+)?")


class NumberMatchOptions(Options):
    """Which number counts, and how near it must be."""

    tolerance: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """The difference that is still right, in the number's own unit."""
    relative: float = Field(default=0.0, ge=0, lt=1)
    """The difference that is still right, as a share of the right number."""
    which: Literal["last", "first", "only"] = "last"
    """The number of the answer that counts; with ``only`` it must hold a single one."""
    decimal: Literal[".", ","] = "."
    """The decimal mark; the other one parts thousands."""


def numbers(text: str, decimal: Literal[".", ","] = ".") -> list[Decimal]:
    """The numbers in a text, in order.

    >>> numbers("From $1,250.50 to -3.")
    [Decimal('1250.50'), Decimal('-3')]
    """
    found = (_POINT if decimal == "." else _COMMA).findall(text)
    return [_value(piece, decimal) for piece in found if len(piece) <= DIGITS]


def _value(piece: str, decimal: str) -> Decimal:
    plain = piece.replace("\u2212", "-").replace("$", "")
    if decimal == ".":
        return Decimal(plain.replace(",", ""))
    return Decimal(re.sub(r"[.\u00a0\u202f]", "", plain).replace(",", "."))


def _make(options: NumberMatchOptions, _tools: MetricTools) -> Metric:
    at = 0 if options.which == "first" else -1

    def number_match(output: str, case: Case) -> Mark:
        wanted = [found[-1] for text in right_answers(case) if (found := numbers(text, mark))]
        if not wanted:
            return unfit("no number in the reference")
        said = numbers(output, mark)
        if not said:
            return unfit("no number")
        if options.which == "only" and len(said) > 1:
            return unfit("several numbers")
        return RIGHT if any(_near(said[at], value, options) for value in wanted) else wrong("other")

    mark = options.decimal
    return number_match


def _near(said: Decimal, wanted: Decimal, options: NumberMatchOptions) -> bool:
    room = max(Decimal(str(options.tolerance)), abs(wanted) * Decimal(str(options.relative)))
    return abs(said - wanted) <= room


def _form(options: NumberMatchOptions) -> Form:
    return lambda text: bool(numbers(text, options.decimal))


SPEC = MetricSpec(
    name="number_match",
    scores="1 when the last number of the answer is that of a right answer, within a tolerance.",
    source="The scoring of GSM8K (Cobbe et al., 2021): the last number counts.",
    blind="Units and percent signs; the working before the number; fractions such as 3/4 and "
    "numbers in words.",
    make=_make,
    options=NumberMatchOptions,
    needs="reference",
    form=_form,
)
