"""Two numbers a case, from the two arms, in the same order; cases may come in groups."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tuneworthy.methods.bootstrap import FloatArray
from tuneworthy.methods.grouped import group_sums


@dataclass(frozen=True)
class Pairs:
    """Numbers of n cases, shape (n,) each; higher is better.

    Attributes:
        ours: The candidate's.
        theirs: The baseline's.
        groups: The group of each case; None where every case stands for itself.
    """

    ours: FloatArray
    theirs: FloatArray
    groups: tuple[Hashable, ...] | None = None

    @classmethod
    def of(
        cls,
        candidate: Sequence[float],
        baseline: Sequence[float],
        groups: Sequence[Hashable] | None = None,
    ) -> "Pairs":
        """Checked pairs; groups of one case each are no groups.

        Raises:
            ValueError: The lengths differ, or a number is not finite.
        """
        ours = np.asarray(candidate, dtype=np.float64)
        theirs = np.asarray(baseline, dtype=np.float64)
        if ours.shape != theirs.shape:
            raise ValueError(f"{len(ours)} candidate scores against {len(theirs)} baseline scores")
        if not (np.all(np.isfinite(ours)) and np.all(np.isfinite(theirs))):
            raise ValueError("a score is not a finite number")
        if groups is not None and len(groups) != len(ours):
            raise ValueError(f"{len(groups)} groups for {len(ours)} cases")
        alone = groups is None or len(set(groups)) == len(groups)
        return cls(ours, theirs, None if alone else tuple(groups or ()))

    def __len__(self) -> int:
        return len(self.ours)

    @cached_property
    def differences(self) -> FloatArray:
        """Candidate minus baseline. What is no more than rounding counts as no difference."""
        found: FloatArray = self.ours - self.theirs
        scale = np.maximum(np.abs(self.ours), np.abs(self.theirs))
        rounded: FloatArray = np.where(np.abs(found) <= 1e-12 * scale, 0.0, found)
        return rounded

    @cached_property
    def binary(self) -> bool:
        """Whether all numbers are 0 or 1; or 0 or -1, as marks are of which less is better."""
        both = np.concatenate([self.ours, self.theirs])
        return any(bool(np.all((both == 0) | (both == one))) for one in (1, -1))

    @cached_property
    def units(self) -> tuple[FloatArray, FloatArray]:
        """Sum of differences and number of cases of each group."""
        return self.in_groups(self.differences)

    def in_groups(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sum and number of these values, one a case, in each group."""
        if self.groups is None:
            return values, np.ones(len(values))
        return group_sums(values.tolist(), self.groups)

    @property
    def better(self) -> int:
        """Cases in which the candidate scores higher."""
        return int(np.sum(self.differences > 0))

    @property
    def worse(self) -> int:
        """Cases in which the candidate scores lower."""
        return int(np.sum(self.differences < 0))

    def subset(self, places: Sequence[int]) -> "Pairs":
        """The pairs at these places."""
        groups = self.groups
        return Pairs.of(
            self.ours[list(places)].tolist(),
            self.theirs[list(places)].tolist(),
            None if groups is None else [groups[place] for place in places],
        )
