"""Live scores beside the suite's, by the command line."""

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.live_shop import Shop


def test_live_scores_beside_the_suites_in_lines_and_as_json(run: Any, tmp_path: Path) -> None:
    with Shop(tmp_path / "project") as shop:
        shop.release(score=0.9, liked=0.8)
        shop.days(2, {"check": 0.7})
        at = ("-C", str(shop.home))
        lines = run(*at, "eval", "online").out
        for word in ("On the suite", "lower than on the suite", "0.700"):
            assert word in lines
        found = run("--json", *at, "eval", "online", "--source", "user").json
        assert found["versions"][0]["online"]["value"] == pytest.approx(0.8)
        nothing = run("--json", *at, "eval", "online", "--source", "override")
        assert (nothing.code, nothing.error["code"]) == (3, "nothing_online")
