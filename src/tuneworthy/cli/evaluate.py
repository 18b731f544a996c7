"""tuneworthy eval: alternatives first, then the tuned model, on the same frozen cases."""

import click

from tuneworthy.cli.evaluate_compare import compare, compared_lines, retrieval_lines
from tuneworthy.cli.evaluate_drill import drill
from tuneworthy.cli.evaluate_errors import diff, errors
from tuneworthy.cli.evaluate_judge import judge
from tuneworthy.cli.evaluate_metrics import metrics, score
from tuneworthy.cli.evaluate_noise import aa, noise_lines
from tuneworthy.cli.evaluate_online import online
from tuneworthy.cli.evaluate_perplexity import perplexity
from tuneworthy.cli.evaluate_red_team import red_team
from tuneworthy.cli.evaluate_replay import case_lines, export, replay
from tuneworthy.cli.evaluate_safety import garak, is_safe, safety_lines
from tuneworthy.cli.evaluate_suite import outcome_lines, suite
from tuneworthy.cli.pairs import pairs
from tuneworthy.cli.ratings import ratings
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.cli.ways import ways_table
from tuneworthy.core.errors import UsageProblem


@click.group(name="eval")
def evaluate() -> None:
    """Measure alternatives and the tuned model on frozen cases."""


evaluate.add_command(aa)
evaluate.add_command(drill)
evaluate.add_command(garak)
evaluate.add_command(metrics)
evaluate.add_command(score)
evaluate.add_command(compare)
evaluate.add_command(suite)
evaluate.add_command(judge)
evaluate.add_command(errors)
evaluate.add_command(diff)
evaluate.add_command(pairs)
evaluate.add_command(ratings)
evaluate.add_command(online)
evaluate.add_command(perplexity)
evaluate.add_command(red_team)


@evaluate.command()
@click.option("--tuned", is_flag=True, help="Judge the tuned model too, on every suite.")
@click.option("--safety", is_flag=True, help="Safety and general ability, base and tuned.")
@click.option("--suite", "names", multiple=True, metavar="NAME", help="Only this suite.")
@click.option("--again", is_flag=True, help="Ask cases that could not be answered once more.")
@click.pass_context
def run(ctx: click.Context, tuned: bool, safety: bool, names: tuple[str, ...], again: bool) -> None:
    """Run every alternative; with --tuned the tuned model as well, and every suite on both.

    With --suite only that suite is run: on the base, and with --tuned on the tuned model. With
    --safety the suites of safety and general ability that come with Tuneworthy and the project's
    own are run on both, and the training rows are tried to be drawn out of the tuned model. What
    was answered is kept as it comes: a run that was stopped goes on with the same command.
    """
    workspace = open_workspace(ctx)
    if safety:
        if names or tuned:
            other = "--suite" if names else "--tuned"
            raise UsageProblem(
                "safety_alone",
                f"--safety and {other} are two runs.",
                fix="tuneworthy eval run --safety",
            )
        judged_safe = workspace.run_safety(again=again)
        say(ctx, judged_safe, safety_lines(judged_safe), ok=is_safe(judged_safe))
        return
    if names:
        found = workspace.run_suites(names, tuned=tuned, again=again)
        say(ctx, {"suites": found}, outcome_lines(found), ok=not any(one.failed for one in found))
        return
    runs = workspace.run_alternatives(again=again)
    if not tuned:
        say(ctx, {"alternatives": runs}, [*ways_table(runs), "Next: tuneworthy assess"])
        return
    judged, compared = workspace.evaluate(again=again)
    suites = workspace.suite_outcomes()
    both = workspace.tuned_with_retrieval()
    told = {"alternatives": runs, "tuned": judged, "comparisons": compared, "suites": suites}
    floors = workspace.noise_floors()
    beside = {"run": both[0], "comparison": both[1]} if both else None
    say(
        ctx,
        {**told, "tuned_with_retrieval": beside, "noise": floors},
        [
            *ways_table([judged, *([both[0]] if both else []), *runs]),
            *compared_lines(compared),
            *(retrieval_lines(both[1]) if both else []),
            *noise_lines(floors),
            *outcome_lines(suites),
            "Next: tuneworthy gate show proof",
        ],
    )


evaluate.add_command(replay)
evaluate.add_command(export)


@evaluate.command()
@click.argument("run", required=False)
@click.option("--cases", is_flag=True, help="Every case of RUN with its raw answer.")
@click.pass_context
def show(ctx: click.Context, run: str | None, cases: bool) -> None:
    """The finished runs of the current suite; with --cases every raw answer of RUN."""
    workspace = open_workspace(ctx)
    if run or cases:
        if not run:
            raise UsageProblem(
                "which_run", "--cases needs a run.", fix="tuneworthy eval show RUN --cases"
            )
        kept = workspace.kept_cases(run)
        say(ctx, {"cases": kept}, [line for one in kept for line in case_lines(one)])
        return
    tuned = workspace.tuned()
    runs = [*([tuned] if tuned else []), *workspace.alternatives()]
    say(ctx, {"runs": runs}, ways_table(runs) if runs else ["Nothing was run. tuneworthy eval run"])
