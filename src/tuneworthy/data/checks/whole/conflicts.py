"""The same question with different answers: no model can learn both.

What counts as the same question, ``asked`` says.
"""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.whole.asked import same_prompts, same_questions
from tuneworthy.data.table import Table
from tuneworthy.methods.neardup import normalise


def find(table: Table, _: Setting) -> Outcome:
    """Every row whose request is another's, exactly or nearly, where not all say the same."""
    prompts = same_prompts(table, table.good)
    partner: dict[int, int] = {}
    for rows in same_questions(table, prompts):
        partner |= _against(table, rows)
    exact = sum(len(_against(table, rows)) for rows in prompts if rows[0] in partner)
    figure = {"same_request": exact, "near_request": len(partner) - exact}
    return Outcome(rows_of(list(partner)), partner, figure=figure)


def _against(table: Table, rows: list[int]) -> dict[int, int]:
    """For each of these rows the first that says otherwise; nothing where all say the same."""
    if len(rows) < 2:
        return {}
    said = [normalise(table.targets[at]) for at in rows]
    other = next((i for i, mine in enumerate(said) if mine != said[0]), None)
    if other is None:
        return {}
    return {at: rows[other if mine == said[0] else 0] for at, mine in zip(rows, said, strict=True)}


CHECK = WholeCheck(
    "conflict",
    "warning",
    "The same request has different targets.",
    "Decide on one target, or put what tells them apart into the request.",
    find,
)
