"""Which recorded traffic is whose, where several projects share a ledger."""

from sqlalchemy import ColumnElement, Table, exists, or_

from tuneworthy.store.tables import feedback, interactions


def of_route(table: Table, route: str | None) -> list[ColumnElement[bool]]:
    """The conditions under which a row is a route's own; none where no route is asked for.

    A word is its interaction's. Without one here, nobody can tell, and it is of every route.
    """
    if route is None:
        return []
    if table is feedback:
        about = interactions.c.id == feedback.c.interaction
        return [or_(exists().where(about, interactions.c.route == route), ~exists().where(about))]
    return [table.c.route == route]
