"""The canary engine: from blocks of outcomes to pass, hold, promote or roll back.

The rule, in the order in which it is asked:

1. Breaker, after every block: of the canary's newest 20 or more requests in this stage over half
   got no usable answer (status 500 and above) -> rolled back at once.
2. Harm, after every block: the harm e-value over the whole rollout reached 1/alpha -> rolled back.
   The chance of that for a canary that is no worse is at most alpha, at any number of looks.
3. A stage that is not the last passes when the canary answered ``requests_per_stage`` requests in
   it and harm is not even suspected (harm e-value below the square root of 1/alpha). So an early
   stage passes on "no harm seen in n requests", which is not proof.
4. The last stage passes, and the canary is promoted, when it answered ``requests_per_stage``
   requests and the non-inferiority e-value over the whole rollout reached 1/alpha. Until then the
   rollout is *held*: traffic goes on at the last stage, blocks still count, and a person may
   promote it.
5. No stage passes while over half of the newest canary requests end in errors, though they be too
   few for the breaker.
6. No traffic changes nothing: neither time nor silence passes or fails a stage.

Where ratings decide what a success is, requests are counted as they are rated; the breaker alone
counts every canary request that ended.

E-values are fed with blocks of both arms; blocks without control requests count for the breaker and
for the number of requests only.
"""

import math
from collections.abc import Sequence
from typing import Literal

from tuneworthy.core.errors import ConflictProblem
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.project import RolloutSettings
from tuneworthy.core.nouns.serving import Rollout, StageResult
from tuneworthy.methods.sequential import HarmTest, PromoteTest
from tuneworthy.serve.blocks import Block

BREAKER_REQUESTS = 20
BREAKER_SHARE = 0.5


class RolloutState(Part):
    """All that the engine knows; kept by the caller between looks."""

    rollout: Rollout
    settings: RolloutSettings
    harm: HarmTest = HarmTest()
    promote: PromoteTest
    control_requests: int = 0
    """Seen in the present stage."""
    canary_requests: int = 0
    recent: tuple[tuple[int, int], ...] = ()
    """The newest canary requests of this stage and their errors, block by block."""

    @property
    def stage(self) -> int:
        """Number of the present stage, from 0."""
        return max(0, len(self.rollout.results) - 1)

    @property
    def percent(self) -> float:
        """The share of traffic the canary should have now; 0 once the rollout has ended.

        After ``promoted`` the candidate is production, so no canary is left either.
        """
        return 0.0 if self.ended else self.rollout.stages[self.stage]

    @property
    def ended(self) -> bool:
        """Whether the rollout was promoted or rolled back."""
        return self.rollout.state in {"promoted", "rolled_back"}


def begin(
    rollout_id: str,
    *,
    route: str,
    candidate: str,
    control: str,
    settings: RolloutSettings,
    created_at: str,
    drill: bool = False,
    accelerated: bool = False,
) -> RolloutState:
    """A rollout in its first stage, before any traffic."""
    rollout = Rollout(
        id=rollout_id,
        route=route,
        candidate=candidate,
        control=control,
        stages=settings.stages,
        results=(_fresh(settings.stages[0]),),
        created_at=created_at,
        drill=drill,
        accelerated=accelerated,
    )
    return RolloutState(
        rollout=rollout, settings=settings, promote=PromoteTest(margin=settings.margin)
    )


def observe(state: RolloutState, blocks: Sequence[Block]) -> RolloutState:
    """The state after these blocks, which all came at the present stage's share.

    Breaker and harm are asked after every block, passing once after the last: a stage never passes
    on traffic of the stage before.
    """
    if state.ended or not blocks:
        return state
    for block in blocks:
        state = _add(state, block)
        if cause := _broken(state) or _harmful(state):
            return _end(state, "rolled_back", cause)
    return _pass_on(state)


def roll_back(state: RolloutState, cause: str) -> RolloutState:
    """End the rollout by a person's word or a drill."""
    _must_run(state)
    return _end(state, "rolled_back", cause)


def promote(state: RolloutState, cause: str) -> RolloutState:
    """End the rollout in favour of the canary by a person's word; only in the last stage.

    Raises:
        ConflictProblem: The rollout has ended, or stands in an earlier stage.
    """
    _must_run(state)
    if not _last(state):
        raise ConflictProblem(
            "rollout_not_last_stage",
            f"The rollout of {state.rollout.route} is at {state.percent:g} % of the traffic, "
            f"which is not its last stage.",
            fix="Let it reach the last stage, then promote it.",
        )
    return _end(state, "promoted", cause)


def _add(state: RolloutState, block: Block) -> RolloutState:
    counts = (block.n_control, block.s_control, block.n_canary, block.s_canary)
    both = block.n_control > 0 and block.n_canary > 0
    return _showing(
        state.model_copy(
            update={
                "harm": state.harm.update(*counts) if both else state.harm,
                "promote": state.promote.update(*counts) if both else state.promote,
                "control_requests": state.control_requests + block.n_control,
                "canary_requests": state.canary_requests + block.n_canary,
                "recent": _newest((*state.recent, (block.ended_canary, block.canary_errors))),
            }
        ),
        "held" if state.rollout.state == "held" else "running",
    )


def _newest(seen: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The shortest tail that still holds as many requests as the breaker looks at."""
    total = sum(n for n, _ in seen)
    while seen and total - seen[0][0] >= BREAKER_REQUESTS:
        total -= seen[0][0]
        seen = seen[1:]
    return seen


def _broken(state: RolloutState) -> str:
    total = sum(n for n, _ in state.recent)
    errors = sum(e for _, e in state.recent)
    if total < BREAKER_REQUESTS or errors <= BREAKER_SHARE * total:
        return ""
    return f"{errors} of the canary's last {total} requests ended in an error."


def _failing(state: RolloutState) -> bool:
    """Whether over half of the newest canary requests got no usable answer, however few they are.

    Too few for the breaker is not enough to roll back, but it is no ground to go on either.
    """
    total = sum(n for n, _ in state.recent)
    return sum(e for _, e in state.recent) > BREAKER_SHARE * total


def _harmful(state: RolloutState) -> str:
    if not state.harm.rejects(state.settings.alpha):
        return ""
    return (
        f"The canary succeeds less often: harm e-value {state.harm.e_value:.3g} "
        f"reached {1 / state.settings.alpha:g}."
    )


def _pass_on(state: RolloutState) -> RolloutState:
    if state.canary_requests < state.settings.requests_per_stage or _failing(state):
        return state
    if _last(state):
        if state.promote.rejects(state.settings.alpha):
            return _end(
                state,
                "promoted",
                f"No worse by more than {state.settings.margin:g}: e-value "
                f"{state.promote.e_value:.3g} reached {1 / state.settings.alpha:g}.",
            )
        return _hold(state)
    if state.harm.e_value >= math.sqrt(1 / state.settings.alpha):
        return state
    passed = _showing(state, "passed", f"No harm seen in {state.canary_requests} requests.")
    results = (*passed.rollout.results, _fresh(state.rollout.stages[state.stage + 1]))
    return passed.model_copy(
        update={
            "rollout": passed.rollout.model_copy(update={"results": results}),
            "control_requests": 0,
            "canary_requests": 0,
            "recent": (),
        }
    )


def _hold(state: RolloutState) -> RolloutState:
    cause = (
        f"Not yet shown to be no worse: e-value {state.promote.e_value:.3g} of "
        f"{1 / state.settings.alpha:g}. Traffic goes on; a person may promote it."
    )
    held = _showing(state, "held", cause)
    rollout = held.rollout.model_copy(update={"state": "held", "cause": cause})
    return held.model_copy(update={"rollout": rollout})


def _end(
    state: RolloutState, outcome: Literal["promoted", "rolled_back"], cause: str
) -> RolloutState:
    ended = _showing(state, "passed" if outcome == "promoted" else "rolled_back", cause)
    rollout = ended.rollout.model_copy(update={"state": outcome, "cause": cause})
    return ended.model_copy(update={"rollout": rollout})


def _showing(
    state: RolloutState,
    outcome: Literal["running", "passed", "rolled_back", "held"],
    cause: str = "",
) -> RolloutState:
    """The same state with the present stage's numbers written into the rollout."""
    result = StageResult(
        percent=state.rollout.stages[state.stage],
        control_requests=state.control_requests,
        canary_requests=state.canary_requests,
        e_value_harm=state.harm.e_value,
        e_value_promote=state.promote.e_value,
        outcome=outcome,
        cause=cause,
    )
    results = (*state.rollout.results[:-1], result)
    return state.model_copy(
        update={"rollout": state.rollout.model_copy(update={"results": results})}
    )


def _fresh(percent: float) -> StageResult:
    return StageResult(
        percent=percent,
        control_requests=0,
        canary_requests=0,
        e_value_harm=1.0,
        e_value_promote=1.0,
        outcome="running",
    )


def _last(state: RolloutState) -> bool:
    return state.stage == len(state.rollout.stages) - 1


def _must_run(state: RolloutState) -> None:
    if state.ended:
        raise ConflictProblem(
            "rollout_ended",
            f"The rollout of {state.rollout.route} has already ended: {state.rollout.state}.",
        )
