"""Reviews and collectings against the audit chain: what was removed by hand is noticed."""

from collections.abc import Sequence

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.collecting import Collection, QuarantineReview
from tuneworthy.core.ports import Store
from tuneworthy.data.quarantine import as_signed
from tuneworthy.lifecycle.audited import objects

REJECTED = "quarantine.reject"
MADE = "collection.make"
ACTIONS = ("quarantine.accept", REJECTED, MADE)


def require_reviews(
    store: Store, reviews: Sequence[QuarantineReview], made: Sequence[Collection]
) -> None:
    """Raise IntegrityProblem unless every review and collecting of the chain is held.

    A rejection that is gone, or that no longer says what was signed, would let a row in.
    """
    held = {review.id: review for review in reviews}
    ids = {one.id for one in made}
    named = list(objects(store, ACTIONS))
    gone = [one for one in named if one.id not in (ids if one.action == MADE else held)]
    changed = [
        one
        for one in named
        if one.action == REJECTED and one.id in held and not as_signed(held[one.id])
    ]
    if gone or changed:
        first = (gone or changed)[0]
        said = "is gone" if gone else "is not what was signed"
        raise IntegrityProblem(
            "quarantine_tampered",
            f"{first.action} {first.id[:19]} {said} ({len(gone) + len(changed)} in all).",
            why="The audit chain names it; it was removed or changed past this program, so no "
            "collected row is used.",
            fix="Put the newest backup of the database back, then: tuneworthy audit verify",
        )
