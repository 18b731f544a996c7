"""The part of a Workspace that is about evaluation: comparisons of any two runs."""

from tuneworthy.core.nouns.comparing import CompareResult
from tuneworthy.evaluate import CompareOptions
from tuneworthy.lifecycle import comparing
from tuneworthy.lifecycle.wiring import Runtime


class EvalVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    def compare_runs(
        self, base: str, candidate: str, options: CompareOptions = comparing.DEFAULT
    ) -> CompareResult:
        """Two finished runs, case by case; each a run's id, its first digits, or a file.

        Raises:
            ConfigProblem: There is no such run or file.
            DataProblem: They are not over the same cases, or a number is missing.
            UsageProblem: An option is out of range.
        """
        return comparing.compare_sides(self._runtime, base, candidate, options)
