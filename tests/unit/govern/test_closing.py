"""Whatever a gate may lack, a command that can be typed is named."""

import pytest

from tuneworthy.cli.known_commands import command_fault
from tuneworthy.govern import load_policy
from tuneworthy.lifecycle.closing import command, commands

BESIDES = (
    "data.agreement",
    "data.poison_screen",
    "safety.suite",
    "eval.general_ability",
    "eval.blind_review",
    "eval.ratings",
    "eval.gate_drill",
    "rollout.rollback_drill",
)
"""What a programme may ask for besides."""
ASKED = {one.about for rule in load_policy().gates.values() for one in rule.requires}


@pytest.mark.parametrize("about", sorted(ASKED.union(BESIDES)))
def test_every_gap_has_a_command_that_is_understood(about: str) -> None:
    assert command(about)
    assert command_fault(command(about)) == ""


def test_commands_stand_in_the_order_of_the_gaps() -> None:
    gaps = ["eval.proof: passed == true does not hold", "own.kind: none", "eval.red_team: none"]
    assert commands(gaps) == (
        "tuneworthy eval run --tuned",
        "",
        "tuneworthy eval red-team run --by PERSON --owner PERSON",
    )
