"""From recorded answers to candidates for the next dataset; every answer has a fate.

``interactions == candidates + dropped``, always. A rating makes an answer eligible, never more:
what is chosen here waits in quarantine (``quarantine``) until a person has accepted it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tuneworthy.core.nouns.collecting import Candidate, CollectSettings, InteractionFate
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.data.eligible import Drop, candidate_of, sealed
from tuneworthy.data.keys import prompt_text
from tuneworthy.methods.neardup import keep_stars, nearest_twins

BURST = 10
"""Near copies of one request, in one collecting, from which on the one kept is flagged."""

LONGEST_REASON = 300


class Known(NamedTuple):
    """A request that is there already. ``place`` says where, for people."""

    text: str
    place: str
    what: Literal["dataset", "waiting", "rejected"]


@dataclass(frozen=True)
class Before:
    """What earlier collectings and the current dataset hold.

    Attributes:
        known: Their requests.
        interactions: Ids of the interactions that were collected.
        by_subject: Rows already collected of each person or session.
    """

    known: Sequence[Known] = ()
    interactions: frozenset[str] = frozenset()
    by_subject: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Collected:
    """Candidates, best first, and a fate for every interaction, in the order they came."""

    candidates: list[Candidate]
    fates: list[InteractionFate]
    feedback: int
    feedback_unmatched: int

    @property
    def dropped(self) -> dict[str, int]:
        """How many interactions were dropped under each code."""
        return dict(sorted(Counter(f.code for f in self.fates if f.action == "dropped").items()))


NOTHING_BEFORE = Before()


def collect(
    rows: Iterable[Interaction],
    words: Iterable[Feedback],
    settings: CollectSettings,
    before: Before = NOTHING_BEFORE,
) -> Collected:
    """Choose the answers that a person may be asked about.

    First each interaction by itself (ground, rating, personal data), then all together: nothing
    near a row of the dataset, near one that waits or was rejected, or near a better one of this
    collecting; and no more than ``settings.per_subject`` of one person.

    Args:
        rows: Interactions of one route, oldest first.
        words: What was said of answers, oldest first.
        settings: The project's rules.
        before: What is held already.
    """
    said: dict[str, list[Feedback]] = defaultdict(list)
    for word in words:
        said[word.interaction].append(word)
    looked_at: dict[str, Drop | None] = {}
    drafts: list[Candidate] = []
    for number, row in enumerate(rows, 1):
        if row.id in before.interactions:
            looked_at[row.id] = Drop("collected_before", "an earlier collecting holds it")
            continue
        made = candidate_of(row, said.get(row.id, ()), settings, number)
        looked_at[row.id] = made if isinstance(made, Drop) else None
        if isinstance(made, Candidate):
            drafts.append(made)
    drafts.sort(key=_preference)
    kept, together = _chosen(drafts, settings, before)
    looked_at |= together
    return Collected(
        candidates=kept,
        fates=[_fate(id_, drop) for id_, drop in looked_at.items()],
        feedback=sum(map(len, said.values())),
        feedback_unmatched=sum(len(w) for id_, w in said.items() if id_ not in looked_at),
    )


def _preference(candidate: Candidate) -> tuple[bool, float, str, str]:
    """Verified before voted for, better rated before worse, older before younger."""
    return (
        not candidate.verified,
        -candidate.rating,
        candidate.created_at,
        candidate.interaction,
    )


def _chosen(
    drafts: Sequence[Candidate], settings: CollectSettings, before: Before
) -> tuple[list[Candidate], dict[str, Drop]]:
    """The candidates that stand beside each other, and why the others do not."""
    drops: dict[str, Drop] = {}
    fresh = _without_known(drafts, settings.similar, before.known, drops)
    owners = keep_stars([prompt_text(one.example) for one in fresh], settings.similar)
    copies = Counter(owner for at, owner in enumerate(owners) if owner != at)
    often = Counter(before.by_subject)
    kept: list[Candidate] = []
    for at, (one, owner) in enumerate(zip(fresh, owners, strict=True)):
        if owner != at:
            reason = f"asks nearly what {fresh[owner].interaction} asks"
            drops[one.interaction] = Drop("near_chosen", reason)
        elif one.origin and often[one.origin] >= settings.per_subject:
            reason = f"{settings.per_subject} rows of this person or session are held already"
            drops[one.interaction] = Drop("subject_limit", reason)
        else:
            often[one.origin] += 1
            kept.append(_burst(one) if copies[at] >= BURST else one)
    return kept, drops


def _without_known(
    drafts: Sequence[Candidate],
    similar: float,
    known: Sequence[Known],
    drops: dict[str, Drop],
) -> list[Candidate]:
    texts = [prompt_text(one.example) for one in drafts]
    twins = nearest_twins(texts, [item.text for item in known], similar)
    for one, twin in zip(drafts, twins, strict=True):
        if twin >= 0:
            drops[one.interaction] = _near(known[twin])
    return [one for one in drafts if one.interaction not in drops]


def _near(item: Known) -> Drop:
    match item.what:
        case "dataset":
            return Drop("in_dataset", f"asks nearly what {item.place} of the dataset asks")
        case "waiting":
            return Drop("near_held", f"asks nearly what {item.place} asks, which is held already")
        case "rejected":
            return Drop("near_rejected", f"asks nearly what {item.place} asks, which was rejected")


def _burst(candidate: Candidate) -> Candidate:
    flags = (*candidate.flags, "near_duplicate_burst")
    return sealed(candidate.model_copy(update={"flags": flags}))


def _fate(interaction: str, drop: Drop | None) -> InteractionFate:
    if drop is None:
        return InteractionFate(interaction=interaction, action="kept")
    # A reason may quote the request: of any length, with characters that cannot be written.
    reason = drop.reason.encode("utf-8", "replace").decode("utf-8")[:LONGEST_REASON]
    return InteractionFate(interaction=interaction, action="dropped", code=drop.code, reason=reason)
