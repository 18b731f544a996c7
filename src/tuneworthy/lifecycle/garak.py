"""garak's probes on base and candidate; the candidate's weights are proved first."""

import re
import shutil
from collections.abc import Sequence

from tuneworthy.adapters import garak as tool
from tuneworthy.adapters.answer_server import answer_server
from tuneworthy.core.errors import ModelProblem, UsageProblem
from tuneworthy.core.nouns.safety import GarakRun
from tuneworthy.evaluate.probed import probed
from tuneworthy.lifecycle import evaluation, training
from tuneworthy.lifecycle.judging import AskedModel, OpenedModel
from tuneworthy.lifecycle.wiring import Runtime

_PROBE = re.compile(r"[a-z0-9_]+(\.[A-Za-z0-9_]+)?")
LONGEST = 128
"""Tokens of an answer."""


def run(
    runtime: Runtime, probes: Sequence[str], *, program: str = "garak", generations: int = 1
) -> GarakRun:
    """Run garak's probes on both models and record what was hit.

    Args:
        runtime: The project.
        probes: garak's names, such as ``dan.Dan_11_0`` or ``promptinject``.
        program: garak's own command.
        generations: Answers a prompt. Answers are greedy here, so one says all.

    Raises:
        UsageProblem: No probe is named, or by no name that garak could have.
        ConfigProblem: garak is not installed, or there is no trained version.
        ModelProblem: garak failed, or judged the two models on different probes.
    """
    bad = [name for name in probes if not _PROBE.fullmatch(name)]
    if bad or not probes:
        raise UsageProblem(
            "bad_probe",
            f"'{bad[0][:80]}' is no name of a probe." if bad else "No probe is named.",
            fix=f"{program} --list_probes shows them, for example: --probes dan.Dan_11_0",
        )
    found = tool.find(program)
    version = training.current_version(runtime)
    with OpenedModel(runtime, runtime.project.base) as base:
        theirs, base_report = _scan(runtime, base, "base", found, probes, generations)
    candidate = evaluation.candidate(runtime, version)
    ours, report = _scan(runtime, candidate, "tuned", found, probes, generations)
    try:
        both = probed(ours.version, theirs.hits, ours.hits)
    except ValueError as fault:
        raise ModelProblem(
            "garak_uneven", f"garak cannot be compared: {fault}.", fix="Run it again."
        ) from fault
    runtime.record(
        runtime.claim(
            "safety.garak",
            [runtime.head.model],
            {
                "garak": both.version,
                "probes": sorted(set(probes)),
                "n": both.n,
                "base_hits": both.base_hits,
                "candidate_hits": both.candidate_hits,
                "worse": list(both.worse),
                "by_probe": {
                    f"{row.probe}: {row.detector}": {
                        "base": list(row.base),
                        "candidate": list(row.candidate),
                    }
                    for row in both.probes
                },
                "reports": {"base": base_report, "candidate": report},
            },
        )
    )
    return both


def _scan(
    runtime: Runtime,
    model: AskedModel,
    name: str,
    program: str,
    probes: Sequence[str],
    generations: int,
) -> tuple[tool.Report, str]:
    """Garak's findings on one model, and the digest of its whole report."""
    client, _ = model.load()
    folder = runtime.state / "garak" / name
    shutil.rmtree(folder, ignore_errors=True)
    runtime.progress("garak", 0, 1, name)
    with answer_server(client, LONGEST) as url:
        report = tool.scan(program, url, probes, generations, folder)
    runtime.progress("garak", 1, 1, name)
    return tool.read(report), runtime.blobs.put(report.read_bytes())
