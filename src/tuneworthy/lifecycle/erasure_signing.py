"""The signature over the report of an erasing that was ordered by passkey."""

from pathlib import Path

from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.erasure import Erasure
from tuneworthy.govern.erasure_report import signed
from tuneworthy.lifecycle import erasure, people
from tuneworthy.lifecycle.wiring import Runtime


def sign(runtime: Runtime, name: str, person_id: str, key: Path | None = None) -> Erasure:
    """Sign the report of a finished erasing, by who ordered it.

    Raises ConfigProblem: no such erasing. UsageProblem: it has not ended, or is signed.
    BlockedProblem: somebody else ordered it.
    """
    found = [one for one in erasure.erasures(runtime) if name and one.id.startswith(name)]
    if len(found) != 1:
        raise ConfigProblem(
            "no_erasing",
            f"There is not one erasing named '{name[:40]}'.",
            fix="tuneworthy erasures list",
        )
    (report,) = found
    if report.state != "done" or report.envelope:
        why = "It is signed already." if report.envelope else "It has not ended."
        raise UsageProblem("nothing_to_sign", "There is no report to be signed.", why=why)
    if report.person != person_id:
        raise BlockedProblem(
            "not_the_reviewer",
            "Somebody else ordered this erasing.",
            why="Its report is signed by who ordered it.",
            fix=f"Let {report.person} sign it.",
        )
    person = people.find(runtime, person_id)
    made = signed(report, people.private_key(runtime, person, key))
    erasure.keep(runtime, made, "erasure.sign")
    return made
