"""What stands between a person and a condition that does not hold."""

from tuneworthy.core.nouns.base import Part


class Way(Part):
    """Whether a command closes a gap when it is typed now."""

    first: str = ""
    """What must be done before the command helps; empty when typing it is enough."""
    reachable: bool = True
    """False where something else than this gap stands in the way now."""
