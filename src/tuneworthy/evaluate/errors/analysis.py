"""All that is said of a run's failures, joined."""

from tuneworthy.core.nouns.failures import FailureAnalysis
from tuneworthy.evaluate.errors.answered import AnsweredRun, passing
from tuneworthy.evaluate.errors.calls import call_faults
from tuneworthy.evaluate.errors.changes import changes
from tuneworthy.evaluate.errors.confusions import confusions
from tuneworthy.evaluate.errors.grouping import Embed, clusters
from tuneworthy.evaluate.errors.kinds import kinds
from tuneworthy.evaluate.errors.slices import slices
from tuneworthy.methods.clusters import RULE
from tuneworthy.methods.intervals import wilson

LETTERS = "character n-grams (TF-IDF)"


def analyse(
    run: AnsweredRun,
    base: AnsweredRun | None = None,
    *,
    pass_at: float | None = None,
    embed: Embed | None = None,
    vectors: str = "",
) -> FailureAnalysis:
    """Kinds, clusters and parts of a run's failures, and what changed against another run.

    Args:
        run: The run that is looked at.
        base: What it is compared with.
        pass_at: The score from which a case passes; see ``passing`` for when nobody says.
        embed: Gives vectors of texts; without it character n-grams do.
        vectors: What ``embed`` is called.

    Raises:
        DataProblem: The two runs are not over the same cases.
    """
    limit = passing(run, *([base] if base else [])) if pass_at is None else pass_at
    failures = [row for row in run.rows if row.score < limit]
    changed = changes(base, run, limit) if base else None
    broken = changed.broken_ids if changed else ()
    fixed = changed.fixed_ids if changed else ()
    calls = call_faults(run.rows, failures)
    return FailureAnalysis(
        run=run.name,
        n=len(run.rows),
        n_failed=len(failures),
        share=wilson(len(failures), len(run.rows)),
        pass_at=limit,
        vectors=vectors if embed else LETTERS,
        rule=RULE,
        kinds=kinds(failures),
        clusters=clusters(run, failures, embed, base, broken),
        slices=slices(run.rows, [row.case.id for row in failures], broken, fixed),
        confusions=() if calls else confusions(run.rows, failures),
        calls=calls,
        changes=changed,
    )
