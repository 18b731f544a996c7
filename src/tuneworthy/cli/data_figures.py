"""The options of ``data check`` that ask for further figures of a file."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from tuneworthy.workspace import FileOptions


def figure_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options for balance, tokens and variety, put into the command's ``options``."""
    options = (
        click.option(
            "--group",
            "groups",
            multiple=True,
            metavar="COLUMN",
            help="Count the values of this column, as gender or region; may be given again.",
        ),
        click.option(
            "--shares",
            type=click.Path(path_type=Path),
            metavar="YAML",
            help="COLUMN: {VALUE: 0.5, ...}: compare with these shares.",
        ),
        click.option(
            "--tokenizer",
            default="",
            metavar="FOLDER|embedded",
            help="Count tokens by this model's tokenizer; nothing is downloaded.",
        ),
        click.option(
            "--max-tokens",
            type=click.IntRange(min=1),
            default=FileOptions.max_tokens,
            show_default=True,
            help="Tokens that training keeps of a row.",
        ),
        click.option(
            "--vendi",
            is_flag=True,
            help="Measure how varied the requests are in meaning; loads the sentence model.",
        ),
    )

    @wraps(command)
    def gathered(
        *given: Any,
        options: FileOptions,
        groups: tuple[str, ...],
        shares: Path | None,
        tokenizer: str,
        max_tokens: int,
        vendi: bool,
        **more: Any,
    ) -> Any:
        told = replace(
            options,
            groups=groups,
            shares=shares,
            tokenizer=tokenizer,
            max_tokens=max_tokens,
            vendi=vendi,
        )
        return command(*given, options=told, **more)

    wrapped: Callable[..., Any] = gathered
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped
