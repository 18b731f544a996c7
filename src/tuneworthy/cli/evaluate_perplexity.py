"""tuneworthy eval perplexity: how likely do base and tuned model hold given texts to be?"""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.perplexity import PerplexityRun, TextFigures

_SAID = {
    "clearly better": "The tuned model holds these texts for clearly likelier.",
    "clearly worse": "The tuned model holds these texts for clearly less likely.",
    "within noise": "No clear difference.",
    "too few cases": "Too few texts to tell a difference.",
}


@click.command()
@click.argument("file", required=False, default="", type=click.Path())
@click.option("--suite", default="", metavar="NAME", help="The right answers of this suite.")
@click.option("--tuned", is_flag=True, help="Score with the tuned model too.")
@click.pass_context
def perplexity(ctx: click.Context, file: str, suite: str, tuned: bool) -> None:
    """Perplexity and bits per byte of right answers, or of the texts of FILE.

    Without FILE the right answers of the test split are scored, each after its prompt. FILE is
    JSON Lines or CSV with a column 'text', or plain text; its texts are scored by themselves. The
    model's weights must be here: an endpoint tells no probabilities of given texts.
    """
    found = open_workspace(ctx).perplexity(file, suite=suite, tuned=tuned)
    say(ctx, found, _lines(found))


def _lines(found: PerplexityRun) -> list[str]:
    sides = [found.base, *([found.candidate] if found.candidate else [])]
    where = "after their prompts" if found.after == "prompt" else "by themselves"
    lines = [
        f"{found.n} texts of {found.source}, {where}, {found.bytes} bytes.",
        *table(["model", "tokens", "perplexity", "bits per byte"], [_row(one) for one in sides]),
    ]
    if ratio := found.ratio:
        lines.append(
            f"Bits per byte, tuned over base: {ratio.value:.3f} "
            f"({ratio.low:.3f} to {ratio.high:.3f}, 95 %)."
        )
    return [*lines, *([_SAID[found.verdict]] if found.verdict else [])]


def _row(one: TextFigures) -> list[str]:
    return [one.model, str(one.tokens), f"{one.perplexity:.3f}", f"{one.bits_per_byte:.4f}"]
