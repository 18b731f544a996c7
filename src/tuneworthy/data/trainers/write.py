"""One entry for all trainers."""

from collections.abc import Callable

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.data.trainers import axolotl, llama_factory, oumi, trl, unsloth
from tuneworthy.data.trainers.wanted import Files, Wanted

TRAINERS: dict[str, Callable[[Wanted], dict[str, str]]] = {
    "trl": trl.write,
    "axolotl": axolotl.write,
    "llama_factory": llama_factory.write,
    "unsloth": unsloth.write,
    "oumi": oumi.write,
}


def configuration(trainer: str, settings: TrainSettings, files: Files) -> dict[str, str]:
    """File name to text: what the trainer needs beside the data.

    Raises:
        UsageProblem: No such trainer, or a method that it cannot train from our files.
    """
    write = TRAINERS.get(trainer)
    if write is None:
        known = ", ".join(TRAINERS)
        raise UsageProblem(
            "no_such_trainer", f"There is no trainer '{trainer}' here.", fix=f"Use one of: {known}"
        )
    return write(Wanted(settings, files))
