"""Checks that need one row alone: one file a check, each with its ``CHECK``."""

from tuneworthy.data.checks.rows import (
    empty_output,
    encoding,
    placeholder,
    refusals,
    repetitive,
    roles,
    template_text,
    tool_schema,
    truncated,
)

ROW_CHECKS = (
    roles.CHECK,
    empty_output.CHECK,
    encoding.CHECK,
    refusals.CHECK,
    template_text.CHECK,
    placeholder.CHECK,
    repetitive.CHECK,
    truncated.CHECK,
    tool_schema.CHECK,
    tool_schema.UNDECLARED,
)
