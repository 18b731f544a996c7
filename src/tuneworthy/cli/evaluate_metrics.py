"""tuneworthy eval metrics and eval score: what can be measured, and a file of answers measured."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tuneworthy.cli.render import say, table
from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.scored import ScoredFile
from tuneworthy.evaluate import SPECS, MetricSpec
from tuneworthy.workspace import score_file

SHOWN = 5


@click.command(name="metrics")
@click.argument("name", required=False)
@click.pass_context
def metrics(ctx: click.Context, name: str | None) -> None:
    """The metrics there are; with NAME its options and what it cannot see."""
    if name is None:
        rows = [[spec.name, spec.kind, spec.needs or "-", spec.scores] for spec in SPECS.values()]
        head = ["Metric", "Scores", "A case needs", "1 is"]
        say(ctx, {"metrics": [_facts(spec) for spec in SPECS.values()]}, table(head, rows))
        return
    spec = next((spec for known, spec in SPECS.items() if known == name), None)
    if spec is None:
        raise ConfigProblem(
            "unknown_metric", f"There is no metric '{name[:80]}'.", fix="tuneworthy eval metrics"
        )
    say(ctx, _facts(spec), _page(spec))


@click.command(name="score")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--metric", required=True, metavar="NAME", help="See: tuneworthy eval metrics.")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the metric, in JSON or as text; @FILE reads JSON from a file.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write one line an answer, as eval compare reads it.",
)
@click.pass_context
def score(
    ctx: click.Context, file: Path, metric: str, options: Sequence[str], out: Path | None
) -> None:
    """Score a JSON Lines file of answers; no project is needed.

    A line has id, output, and what the metric needs: expected, references, context, ...
    """
    scored = score_file(file, metric, _options(options), out)
    say(ctx, scored, _lines(scored))


def _options(pairs: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise click.UsageError(f"--option wants NAME=VALUE, not '{pair[:80]}'.")
        found[name] = _from_file(Path(value[1:])) if value.startswith("@") else _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _from_file(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise UsageProblem(
            "no_file", f"{path} cannot be read: {fault.strerror}.", fix="Check the path."
        ) from fault
    except (ValueError, RecursionError) as fault:
        raise UsageProblem(
            "bad_json", f"{path} is not JSON.", why=f"{fault}."[:200], fix="Mend the file."
        ) from fault


def _lines(scored: ScoredFile) -> list[str]:
    lines = [
        f"{scored.file}: {scored.metric.name} {scored.score.value:.3f} "
        f"(95 % interval {scored.score.low:.3f} to {scored.score.high:.3f}, n = {scored.n}); "
        f"{scored.valid_share:.1%} in the form that was asked for."
    ]
    if scored.errors:
        said = [f"{error} {count}" for error, count in list(scored.errors.items())[:SHOWN]]
        more = len(scored.errors) - SHOWN
        lines.append("Errors: " + "; ".join(said) + (f"; {more} more kinds" if more > 0 else ""))
    if scored.figures:
        rows = [[name, f"{value:.4g}"] for name, value in scored.figures.items()]
        lines += table(["Figure", "Value"], rows)
    if scored.out:
        return [*lines, f"Written: {scored.out}"]
    return [*lines, "Nothing was written. To keep a line an answer: give -o FILE."]


def _facts(spec: MetricSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "scores": spec.scores,
        "kind": spec.kind,
        "needs": spec.needs,
        "ends": spec.ends,
        "source": spec.source,
        "cannot_see": spec.blind,
        "options": spec.options.model_json_schema().get("properties", {}),
    }


def _page(spec: MetricSpec) -> list[str]:
    lines = [
        f"{spec.name} ({spec.kind})",
        spec.scores,
        "",
        f"Source: {spec.source}",
        f"Cannot see: {spec.blind}",
    ]
    if spec.needs:
        lines.append(f"A case needs: {spec.needs}")
    rows = [
        [field.alias or name, "must be given" if field.is_required() else str(field.default)]
        for name, field in spec.options.model_fields.items()
    ]
    return [*lines, "", *(table(["Option", "Default"], rows) if rows else ["It has no options."])]
