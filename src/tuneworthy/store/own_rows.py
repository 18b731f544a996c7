"""Which recorded traffic is a project's, where several projects share a ledger."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table, exists

from tuneworthy.store.tables import feedback, interactions


def not_of(table: Table, others: Sequence[str]) -> list[ColumnElement[bool]]:
    """The conditions under which a row is of none of these routes; none where none is named.

    A word is of its interaction's route. Without one here, nobody can tell of which it is.
    """
    if not others:
        return []
    if table is feedback:
        about = interactions.c.id == feedback.c.interaction
        return [~exists().where(about, interactions.c.route.in_(others))]
    return [table.c.route.not_in(others)]
