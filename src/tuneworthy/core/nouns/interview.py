"""One question at a time: what is asked, what is on file, what the record knows already."""

from typing import Literal

from tuneworthy.core.nouns.base import Part

Scale = Literal["yes_no", "words", "reason", "mark", "count", "amount"]
State = Literal["measured", "answered", "open", "not_asked"]

Value = bool | int | float | str | None
"""An answer as it is kept; None for not known."""

ALLOWED: dict[Scale, str] = {
    "yes_no": "y, n or ?",
    "words": "a few words, no or ?",
    "reason": "the reason in words or ?",
    "mark": "1 to 5 or ?",
    "count": "a whole number or ?",
    "amount": "a number, LOW to HIGH, or ?",
}
"""What may be typed on each scale; ``?`` is not known."""

MOVES = "skip, back, quit"
"""What may be typed in place of an answer."""


class InterviewQuestion(Part):
    """A question of the interview as it stands now."""

    id: str
    text: str
    why: str
    """Why it matters."""
    settle: str
    """What evidence would settle it; a command stands last, after a colon."""
    scale: Scale
    place: tuple[str, ...]
    """Where the answers file keeps the answer."""
    factor: bool = False
    """Whether the verdict counts it."""
    gate: str
    """The first shut gate that the question has to do with."""
    state: State
    on_file: str = ""
    """The answer that was typed in, in words; empty when there is none."""
    kept: Value = None
    """The same as the file has it."""
    measured: str = ""
    """What the record says, with its numbers; then it is never asked."""

    @property
    def allowed(self) -> str:
        """What may be typed."""
        return ALLOWED[self.scale]


class Contradiction(Part):
    """Answers that cannot both be true, or that a measurement denies."""

    id: str
    text: str
    """The numbers, in words."""
    kept: str
    """What follows if the answers stay as they were typed."""
    ask: tuple[str, ...] = ()
    """Questions of which one may be asked again; none that is measured."""
    take_over: tuple[tuple[str, str], ...] = ()
    """Measured answers that would replace the typed ones: question and answer in words."""


class Interview(Part):
    """Every question in the order in which it is asked, and what does not fit together."""

    questions: tuple[InterviewQuestion, ...]
    contradictions: tuple[Contradiction, ...] = ()

    def of(self, state: State) -> tuple[InterviewQuestion, ...]:
        """The questions in one state, in order."""
        return tuple(q for q in self.questions if q.state == state)

    def find(self, id_: str) -> InterviewQuestion | None:
        """The question with this id."""
        return next((q for q in self.questions if q.id == id_), None)


class Reply(Part):
    """What somebody typed, understood: an answer, a move, or what is wrong with it."""

    kind: Literal["answer", "skip", "back", "quit", "fault"]
    value: Value = None
    fault: str = ""


class Challenge(Part):
    """A model's words against the answers. They are words: no score and no verdict reads them."""

    model: str
    """What tables call the model."""
    text: str
    """Its words with everything that could steer a terminal written out, and cut to length."""
    artefact: str
    """Digest of the kept prompt and reply."""
    evidence: str
    """Id of the note in the ledger."""
