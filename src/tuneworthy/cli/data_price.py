"""tuneworthy data price: tokens of training rows, and what hosted providers would charge."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.price_tag import PriceTag
from tuneworthy.workspace import price_file


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="YAML",
    help="PROVIDER: {per_million_tokens: 3.0, currency: EUR, minimum: 0}. No price is built in.",
)
@click.option(
    "--tokenizer", default="", metavar="FOLDER|embedded", help="Whose tokens; needed with FILE."
)
@click.option("--epochs", type=click.FloatRange(0, 1_000, min_open=True), default=None)
@click.pass_context
def price(
    ctx: click.Context, file: Path | None, prices: Path | None, tokenizer: str, epochs: float | None
) -> None:
    """Count the tokens of FILE, or of the current version's training rows, and price them."""
    if file is not None:
        tag = price_file(file, tokenizer, prices, epochs=epochs or 1.0)
    else:
        workspace = open_workspace(ctx)
        tag = workspace.price_data(prices, tokenizer=tokenizer, epochs=epochs or 0.0)
    say(ctx, tag, _lines(tag))


def _lines(tag: PriceTag) -> list[str]:
    lines = [
        f"{tag.rows} rows, {tag.prompt_tokens + tag.target_tokens:,} tokens by {tag.tokenizer}: "
        f"{tag.prompt_tokens:,} of prompts, {tag.target_tokens:,} of targets.",
        f"The longest row has {tag.longest:,}; {tag.over} rows have more than {tag.limit:,}.",
    ]
    if not tag.bills:
        return [*lines, "To price them: give --prices YAML with the prices you were quoted."]
    cells = [
        [bill.provider, f"{bill.tokens:,}", f"{bill.price:,.2f}", bill.currency]
        for bill in tag.bills
    ]
    head = ["Provider", "Tokens charged", "Price", "Currency"]
    return [*lines, f"{tag.epochs:g} epochs, every token of a row charged:", *table(head, cells)]
