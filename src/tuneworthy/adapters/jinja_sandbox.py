"""Templates of other people's files, rendered where they can read nothing but their row.

Jinja's immutable sandbox: no attribute that leads out of a value, no change of what is given, at
most 100,000 turns of a loop over ``range``. A name that the row does not have is a fault.
"""

from collections.abc import Mapping
from typing import Any

import re2
from jinja2 import StrictUndefined, TemplateError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 1_000_000
"""Characters of one rendered text; a longer one is no prompt."""

SANE_POWER = 1000
"""The largest number that a power may be made of."""


def render_template(template: str, values: Mapping[str, Any]) -> str:
    """The text that a template makes of a row.

    Raises:
        ValueError: It is no template, names what is not there, or does what it must not.
    """
    try:
        made = _environment().from_string(template)
        parts, length = [], 0
        for part in made.generate(dict(values)):
            parts.append(part)
            length += len(part)
            if length > LONGEST:
                raise ValueError(f"the text is longer than {LONGEST} characters")
    except (TemplateError, ArithmeticError, LookupError, TypeError, AttributeError) as fault:
        raise ValueError(str(fault) or type(fault).__name__) from fault
    except RecursionError as fault:
        raise ValueError("it is nested too deeply") from fault
    return "".join(parts)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Also refuses products and powers that would fill the memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A product or power of two plain numbers, or a short text repeated."""
        size = max((len(side) for side in (left, right) if hasattr(side, "__len__")), default=1)
        times = max(
            (abs(side) for side in (left, right) if isinstance(side, int | float)), default=1
        )
        if size * times > LONGEST or (operator == "**" and times > SANE_POWER):
            raise ValueError(f"'{operator}' would make too much of it")
        return super().call_binop(context, operator, left, right)


def _environment() -> ImmutableSandboxedEnvironment:
    # As lm-evaluation-harness has it: strict about names, the last line break is kept.
    made = _Sandbox(undefined=StrictUndefined, keep_trailing_newline=True)
    made.filters["regex_replace"] = _regex_replace
    return made


def _regex_replace(text: str, pattern: str, repl: str, count: int = 0) -> str:
    try:
        return str(re2.sub(pattern, repl, text, count))
    except re2.error as fault:
        raise ValueError(f"'{pattern}' is no pattern of RE2: {fault}") from fault
