"""What is told before a training that names nobody, for then nobody is kept from judging it."""

from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.run import TrainingRun
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.wiring import UNNAMED, Runtime


def warnings(runtime: Runtime) -> tuple[str, ...]:
    """That the run which would start now names nobody, and what to type; empty when it does.

    Nothing is said while nobody is registered: then no gate opens either.
    """
    everyone = people.everyone(runtime)
    made = _made(runtime)
    who = made.submitted_by if made else runtime.actor
    if not everyone or who != UNNAMED:
        return ()
    owners = [p.id for p in everyone if p.active and Role.TECHNICAL_OWNER in p.roles]
    named = f"technical owners: {', '.join(owners)}" if owners else "nobody is technical owner yet"
    start = f"tuneworthy --as {owners[0] if len(owners) == 1 else 'PERSON'} train start ({named})"
    if made:
        return (
            "The run over this data names nobody, and stays so: Proof and Release say reduced "
            "independence.",
            f"  Train anew under a name: another training seed in tuneworthy.yaml, then {start}",
        )
    return (
        "This training names nobody: Proof and Release will say reduced independence, because "
        "whoever trains could decide there too.",
        f"  Say who trains: {start}",
    )


def _made(runtime: Runtime) -> TrainingRun | None:
    """The newest run over the current data with the current settings; it is not made again."""
    wanted = (runtime.project.id, runtime.head.dataset, runtime.project.training)
    found = [
        run
        for run in runtime.store.list(TrainingRun)
        if (run.project, run.manifest.dataset, run.manifest.settings) == wanted
    ]
    return found[-1] if found else None
