"""What became of regressions that were planted into the current candidate."""

from tuneworthy.core.nouns.base import Part


class Planted(Part):
    """One planted regression."""

    name: str
    about: str
    """What was done to the candidate, in words."""
    blocked: bool
    said: str
    """What stopped it; or why nothing could."""


class Drill(Part):
    """All of them; ``blocked`` equals ``planted`` where the Proof gate stopped every one."""

    planted: int
    blocked: int
    regressions: tuple[Planted, ...]

    @property
    def passed(self) -> tuple[Planted, ...]:
        """Those that came through."""
        return tuple(one for one in self.regressions if not one.blocked)
