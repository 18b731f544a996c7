"""kill -9 in the middle of judging 1,000 cases: what was answered is not asked for again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from string import ascii_lowercase

import pytest

from tests.fakes.endpoint import Said, endpoint
from tests.fakes.small_project import edit
from tuneworthy.workspace import Workspace, init

CASES = 1000
AT_ONCE = 8
CHILD = """
import sys
from pathlib import Path
from tuneworthy.workspace import Workspace
with Workspace(Path(sys.argv[1])) as workspace:
    print(workspace.run_alternatives()[0].id)
"""


def project(home: Path, url: str) -> None:
    init(home)
    edit(home, "tuneworthy.yaml", 'licence: ""  ', "licence: MIT")
    edit(home, "tuneworthy.yaml", 'legal_basis: ""  ', "legal_basis: contract")
    edit(home, "tuneworthy.yaml", "base_model: embedded", f"base_model: {url}#m")
    (home / "prompts.yaml").write_text('plain: {arm: zero_shot, user: "{request}"}\n', "utf-8")
    edit(home, "tuneworthy.yaml", "validation: 0.1, test: 0.2", "validation: 0.02, test: 0.9")
    words = random.Random(7)  # noqa: S311 - no secret
    rows = [
        {"request": " ".join(_word(words) for _ in range(6)), "target": str(n % 7)}
        for n in range(CASES * 10 // 9 + 20)
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    (home / "data" / "train.jsonl").write_text(text, "utf-8")


def _word(words: random.Random) -> str:
    return "".join(words.choices(ascii_lowercase, k=6))


@pytest.mark.timeout(300)
def test_a_killed_evaluation_goes_on_where_it_stopped(tmp_path: Path) -> None:
    home = tmp_path / "p"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    with endpoint(lambda text, before: Said(text=text[-1], seconds=0.004)) as served:
        project(home, served.url)
        with Workspace(home) as workspace:
            cases = workspace.build_data().split.sizes["test"]
        assert cases >= CASES
        with subprocess.Popen([sys.executable, "-c", CHILD, str(home)], env=env) as child:
            deadline = time.monotonic() + 120
            while len(served.asked) < cases // 2 and time.monotonic() < deadline:
                assert child.poll() is None
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
        time.sleep(0.3)
        before = len(served.asked)
        assert cases // 2 <= before < cases
        done = subprocess.run([sys.executable, "-c", CHILD, str(home)], env=env, check=True)
        assert done.returncode == 0
        again = sum(count - 1 for count in served.tries.values())
        # Only what was under way, or just told and not yet written, was lost.
        assert again <= 2 * AT_ONCE
        assert len(served.tries) == cases
        assert len(served.asked) == cases + again
    with Workspace(home) as workspace:
        run = workspace.alternatives()[0]
        assert (run.score.n, run.failed) == (cases, 0)
        assert run.remembered >= before - 2 * AT_ONCE
        lines = workspace._runtime.blobs.get(run.results).splitlines()
        said = {row["case"]: row["output"] for row in map(json.loads, lines)}
        assert said == {case.id: case.request[-1] for case in workspace.cases()}
        assert workspace.verify_audit().verified
