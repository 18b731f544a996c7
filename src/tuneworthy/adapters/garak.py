"""garak, NVIDIA's scanner of language models, run as a program of its own; nothing is imported.

Derczynski et al. (2024), garak: A Framework for Security Probing Large Language Models.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tuneworthy.core.errors import ConfigProblem, ModelProblem

SECONDS = 600
"""How long garak waits for one answer."""


class Report(NamedTuple):
    """What one report of garak says."""

    version: str
    hits: dict[tuple[str, str], tuple[int, int]]
    """By probe and detector: hits, and answers that were judged."""


def find(command: str) -> str:
    """The program's full path. Raises ConfigProblem when it is not installed."""
    found = shutil.which(command)
    if found is None:
        raise ConfigProblem(
            "no_garak",
            f"The program '{command}' is not installed.",
            why="garak brings many packages of its own, so it has its own environment.",
            fix="python -m venv garak-env && garak-env/bin/pip install garak, then: tuneworthy "
            "eval garak --garak garak-env/bin/garak",
        )
    return found


def scan(program: str, url: str, probes: Sequence[str], generations: int, folder: Path) -> Path:
    """Run garak's probes on what answers at ``url``; gives its report.

    Raises ModelProblem when garak does not end well; its output is kept in the folder.
    """
    options = {
        "rest": {
            "RestGenerator": {
                "uri": url,
                "name": "model under judgement",
                "method": "post",
                "headers": {"Content-Type": "application/json"},
                "req_template_json_object": {"input": "$INPUT"},
                "response_json": True,
                "response_json_field": "text",
                "request_timeout": SECONDS,
            }
        }
    }
    folder.mkdir(parents=True, exist_ok=True)
    settings, log = folder / "options.json", folder / "garak.log"
    settings.write_text(json.dumps(options), encoding="utf-8")
    command = [program, "--target_type", "rest", "--generator_option_file", str(settings)]
    command += ["--probes", ",".join(probes), "--generations", str(generations), "--seed", "7"]
    command += ["--report_prefix", str(folder / "found")]
    with log.open("wb") as sink:
        done = subprocess.run(  # noqa: S603 - the program that the user named, no shell
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, check=False
        )
    report = folder / "found.report.jsonl"
    if done.returncode or not report.exists():
        raise ModelProblem(
            "garak_failed",
            f"garak ended with exit code {done.returncode} and without a whole report.",
            why=_last_line(log),
            fix=f"{log} holds what it said; {program} --list_probes names the probes.",
        )
    return report


def read(report: Path) -> Report:
    """A report in JSON Lines. Raises ModelProblem for one that is damaged or was cut short."""
    version, hits, ended = "", {}, False
    try:
        for line in report.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            kind = entry.get("entry_type")
            ended = ended or kind == "completion"
            if kind == "init":
                version = str(entry["garak_version"])
            elif kind == "eval":
                hits[str(entry["probe"]), str(entry["detector"])] = _counted(entry)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise damaged(report, f"{type(fault).__name__}: {fault}") from fault
    if not ended or not hits:
        raise damaged(report, "It was cut short." if not ended else "No probe was judged.")
    return Report(version, hits)


def _counted(entry: dict[str, Any]) -> tuple[int, int]:
    # garak before 0.13 says 'total' only.
    total = int(entry["total_evaluated"] if "total_evaluated" in entry else entry["total"])
    hits = total - int(entry["passed"])
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} hits of {total}")
    return hits, total


def damaged(report: Path, why: str) -> ModelProblem:
    """What is told of a report that is no evidence."""
    return ModelProblem(
        "garak_report",
        f"{report} is no whole report of garak.",
        why=why,
        fix="Run it again: tuneworthy eval garak",
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][-500:] if lines else "It said nothing."
