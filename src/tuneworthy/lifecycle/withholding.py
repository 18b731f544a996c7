"""Taking the name of somebody who left out of the ledger; the audit log knows them by id alone."""

from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.people import WITHHELD, Person
from tuneworthy.govern import Action, Matter
from tuneworthy.lifecycle import access, people
from tuneworthy.lifecycle.wiring import Runtime


def withhold(runtime: Runtime, person: str, reason: str) -> Person:
    """Forget the name of a person who is out of duty; id, key and all they signed stay.

    The people file is the project's own and is left to whoever keeps it.

    Raises:
        ConfigProblem: There is no such person.
        UsageProblem: No reason is given, it names them, or nobody is named as who asks.
        BlockedProblem: They are still in duty, or the caller may not.
        ConflictProblem: Somebody else was first.
    """
    known = people.find(runtime, person)
    matter = Matter(subject=known.id)
    access.require(runtime, access.caller(runtime), Action.WITHHOLD_NAME, matter)
    if not reason.strip() or known.name.casefold() in reason.casefold():
        raise UsageProblem(
            "bad_reason",
            "The reason is missing, or says the name that is to be forgotten.",
            why="It stands in the audit chain for good.",
            fix="--reason 'asked to be forgotten'",
        )
    if known.active:
        raise BlockedProblem(
            "still_in_duty",
            f"'{known.id}' is still in duty; people must see who decides.",
            fix=f"tuneworthy people deactivate {known.id} --by PERSON --reason '...'",
        )
    generation = runtime.store.generation(Person, known.id)
    row = runtime.store.get(Person, known.id) or known
    kept = row.model_copy(update={"name": WITHHELD, "active": False})
    what = ("person", kept.id, kept.public_key)
    with runtime.change("person.withhold", what, reason=reason) as change:
        change.put(kept, expect=generation)
    runtime.store.compact()
    return people.find(runtime, known.id)
