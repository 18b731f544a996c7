"""What every noun shares: frozen, closed, with a kind and an id."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen value inside a noun; it has no life of its own in the store."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Noun(Part):
    """A frozen fact that the store keeps under (kind, id)."""

    kind: ClassVar[str]
    id: str


class Interval(Part):
    """A point estimate with its 95 % interval (bounds in the estimate's own unit)."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.n}"
