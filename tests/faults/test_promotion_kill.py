"""A promotion that was acknowledged stands after a kill, and no kill makes two of one."""

import random
from pathlib import Path

import pytest

from tests.fakes.killed import check_promotions, killed_at_work, promote_on_and_on
from tests.fakes.racing import prepare

KILLS = 10
"""``bench/govern`` kills two hundred times."""


@pytest.mark.timeout(300)
def test_killed_in_the_middle_of_promotions(tmp_path: Path) -> None:
    home = prepare(tmp_path / "p")
    chance = random.Random(5)  # noqa: S311 - moments of a kill, not secrets
    said = set[str]()
    for number in range(KILLS):
        seen = killed_at_work(promote_on_and_on(home, number), chance.uniform(0, 0.3))
        assert seen.at_work
        said |= set(seen.said)
        found = check_promotions(home, number + 1, said)
        assert found[:4] == (0, 0, 0, 0), found
    assert len(said) >= KILLS
