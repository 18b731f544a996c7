"""Times that rows name; a row put in by hand may name anything."""

from datetime import datetime


def moment(stamp: str) -> datetime | None:
    """The moment that a row names; None when it names none, or no zone."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found if found.tzinfo else None
