"""tuneworthy assess --ask: the interview on a terminal or over a pipe; --challenge."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import click

from tuneworthy.cli.assess_ci import ForCi
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.errors import ConflictProblem, NeedsPersonProblem
from tuneworthy.core.nouns.interview import (
    MOVES,
    Challenge,
    Contradiction,
    Interview,
    InterviewQuestion,
    Value,
)
from tuneworthy.methods.visible import visible
from tuneworthy.workspace import Workspace

WIDE = 160
"""Characters of somebody's words on one line."""

_KEEP = frozenset({"k", "keep", "y", "yes", ""})
_CHANGE = frozenset({"c", "change", "n", "no"})

F = TypeVar("F", bound=Callable[..., Any])


class EndOfInputError(Exception):
    """Nobody answers any more."""


class QuitError(Exception):
    """The person wants to stop."""


class Asking(NamedTuple):
    """What was asked for on the command line."""

    ask: bool
    again: bool
    challenge: bool

    @property
    def wanted(self) -> bool:
        """Whether this is an interview rather than an assessment."""
        return self.ask or self.again or self.challenge

    def refuse_elsewhere(self, ctx: click.Context, answers_file: Path | None, ci: ForCi) -> None:
        """Raise a usage fault for what does not go together."""
        if self.again and not self.ask:
            raise click.UsageError("--again goes with --ask.")
        if ctx.invoked_subcommand is not None or answers_file is not None:
            raise click.UsageError("--ask and --challenge stand alone after 'assess'.")
        ci.refuse_elsewhere()


def ask_options(command: F) -> F:
    """Adds ``--ask``, ``--again`` and ``--challenge``; the command gets them as ``asking``."""

    @wraps(command)
    def with_asking(*args: Any, ask: bool, again: bool, challenge: bool, **more: Any) -> Any:
        return command(*args, asking=Asking(ask, again, challenge), **more)

    wrapped = with_asking
    for name, text in (
        ("--challenge", "Let the configured model argue against the answers; it scores nothing."),
        ("--again", "With --ask: also what is answered already."),
        ("--ask", "Ask what is open, one question at a time; answers are kept at once."),
    ):
        wrapped = click.option(name, is_flag=True, help=text)(wrapped)
    return cast(F, wrapped)


def interview(ctx: click.Context, asking: Asking) -> None:
    """Run the interview, the challenge, or one after the other.

    Raises NeedsPersonProblem when the input ends while questions are open.
    """
    workspace = open_workspace(ctx)
    if asking.challenge:
        workspace.check_challenger()
    if not asking.ask:
        said = workspace.challenge()
        say(ctx, {"challenge": said}, challenge_lines(said))
        return
    talk = _Talk(workspace, ctx.obj["json"], asking.again)
    ended = talk.run()
    challenge = workspace.challenge() if asking.challenge and not ended else None
    _close(ctx, talk, ended, challenge)


def challenge_lines(said: Challenge) -> list[str]:
    """A model's words, each line marked, so that none can pass for this program's own."""
    return [
        f"The words of a model ({said.model}), which change no answer, level or verdict:",
        *(f"  > {line}" for line in said.text.split("\n")),
        f"Kept as {said.artefact[:19]}.",
    ]


class _Talk:
    """One sitting: what was asked, answered and skipped, and how to speak with the person."""

    def __init__(self, workspace: Workspace, as_json: bool, again: bool) -> None:
        self.workspace = workspace
        self.asked: list[str] = []
        self.passed: list[str] = []
        self.answered: dict[str, Value] = {}
        self.skipped: list[str] = []
        self.contradictions: dict[str, dict[str, Any]] = {}
        """What was told, by its text, with whether it was kept."""
        self._settled: set[str] = set()
        self._again = again
        self._terminal = sys.stdin is not None and sys.stdin.isatty()
        if isinstance(sys.stdin, TextIOWrapper):
            # Bytes that are not UTF-8 become an answer that is refused, not a fault of the reader.
            sys.stdin.reconfigure(errors="surrogateescape")
        # With --json standard output holds one object; a person still has to see the questions.
        self._silent = as_json and not self._terminal
        self._err = as_json

    # -- the loop ----------------------------------------------------------------------------

    def run(self) -> str:
        """Ask until nothing is open; why it ended: empty, ``quit`` or ``end``."""
        try:
            self._introduce(self.workspace.interview())
            self._confront()
            while question := self.workspace.next_question(self.passed, again=self._again):
                self._one(question)
        except QuitError:
            return "quit"
        except EndOfInputError:
            return "end"
        return ""

    def _introduce(self, state: Interview) -> None:
        for known in state.of("measured"):
            self._tell(f"measured: {known.id} {visible(known.measured, WIDE)}")
        done = len(state.of("answered"))
        self._tell(f"{_open(state.of('open'))}, {done} answered. {MOVES} work anywhere.")

    def _one(self, question: InterviewQuestion) -> None:
        """Ask one question until it is answered or passed."""
        self._show(question)
        while True:
            reply = self.workspace.read_reply(question, self._listen(f"[{question.allowed}] "))
            if reply.kind == "fault":
                self._tell(reply.fault)
                continue
            break
        if reply.kind == "quit":
            raise QuitError
        if reply.kind == "back":
            self._back()
        elif reply.kind == "skip":
            self._pass(question.id)
            self.skipped.append(question.id)
        elif self._keep(question, reply.value):
            self._pass(question.id)
            self._confront(question.id)
        elif (now := self.workspace.interview().find(question.id)) is not None:
            self._one(now)

    def _back(self) -> None:
        if not self.passed:
            self._tell("This is the first one.")
            return
        id_ = self.passed.pop()
        self.skipped = [one for one in self.skipped if one != id_]
        before = self.workspace.interview().find(id_)
        if before is not None and before.state != "measured":
            self._one(before)

    def _pass(self, id_: str) -> None:
        self.passed = [one for one in self.passed if one != id_] + [id_]
        self.skipped = [one for one in self.skipped if one != id_]

    def _keep(self, question: InterviewQuestion, value: Value) -> bool:
        """Write the answer; false when somebody else changed it meanwhile."""
        try:
            self.workspace.answer(question.id, value, seen=question.kept)
        except ConflictProblem as conflict:
            self._tell(f"{conflict.message} {conflict.why} {conflict.fix}")
            return False
        self.answered[question.id] = value
        return True

    # -- contradictions ----------------------------------------------------------------------

    def _confront(self, just: str = "") -> None:
        """Say at once what does not fit together, and let the person keep or change it."""
        for found in self.workspace.interview().contradictions:
            if found.text in self._settled:
                continue
            row = {"id": found.id, "text": found.text, "kept": True}
            self.contradictions[found.text] = row
            self._settled.add(found.text)
            self._tell("")
            self._tell(f"! {visible(found.text, 4 * WIDE)}")
            if not (found.ask or found.take_over) or self._keeps():
                self._tell(f"  Kept. {found.kept}")
                continue
            row["kept"] = False
            self._change(found, just)
            return

    def _keeps(self) -> bool:
        while True:
            word = self._listen("[keep or change] ").strip().casefold()
            if word in ("q", "quit"):
                raise QuitError
            if word in _KEEP | _CHANGE:
                return word in _KEEP
            self._tell("That is not one of: keep, change, quit.")

    def _change(self, found: Contradiction, just: str) -> None:
        state = self.workspace.interview()
        for id_, said in found.take_over:
            question = state.find(id_)
            if question is not None:
                reply = self.workspace.read_reply(question, said)
                if self._keep(question, reply.value):
                    self._tell(f"  {id_} is now {said}, as measured.")
        if found.ask:
            self._settled.discard(found.text)
            again = state.find(just if just in found.ask else found.ask[0])
            if again is not None:
                self._one(again)
                return
        self._confront(just)

    # -- speaking ----------------------------------------------------------------------------

    def _show(self, question: InterviewQuestion) -> None:
        if question.id not in self.asked:
            self.asked.append(question.id)
        self._tell("")
        self._tell(f"{question.id}  {question.text}   ({question.gate} gate)")
        self._tell(f"  why:     {question.why}")
        self._tell(f"  settles: {question.settle}")
        self._tell(f"  on file: {visible(question.on_file, WIDE) or 'nothing'}")
        self._tell(f"  answer:  {question.allowed}; {MOVES}")

    def _tell(self, line: str) -> None:
        if not self._silent:
            click.echo(line, err=self._err)

    def _listen(self, prompt: str) -> str:
        """One line from the person. Raises EndOfInputError."""
        if not self._silent:
            click.echo(prompt, nl=False, err=self._err)
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not self._terminal:
            # What was typed is not seen otherwise, so that a transcript would not hold it.
            self._tell(visible(line, WIDE))
        if not line:
            raise EndOfInputError
        return line


def _close(ctx: click.Context, talk: _Talk, ended: str, challenge: Challenge | None) -> None:
    """Say where things stand, and leave with 4 when answers were wanted and nobody gave them."""
    state = talk.workspace.interview()
    declared, evidenced = talk.workspace.decide()
    still = state.of("open")
    lines = ["", *_open_lines(still)]
    lines += challenge_lines(challenge) if challenge else []
    lines += [f"As declared:  {declared.verdict.value}", f"As evidenced: {evidenced.verdict.value}"]
    done = ended != "end" or not still
    say(
        ctx,
        {
            "asked": talk.asked,
            "answered": talk.answered,
            "skipped": talk.skipped,
            "open": [q.id for q in still],
            "measured": {q.id: q.measured for q in state.of("measured")},
            "contradictions": list(talk.contradictions.values()),
            "verdicts": {"declared": declared.verdict, "evidenced": evidenced.verdict},
            **({"challenge": challenge} if challenge else {}),
        },
        lines,
        ok=done,
    )
    if not done:
        raise NeedsPersonProblem(
            "answers_needed",
            f"{_open(still)}, and the input has ended.",
            why="Only people can answer them; what was answered is kept.",
            fix="tuneworthy assess --ask",
        )


def _open(still: Sequence[InterviewQuestion]) -> str:
    return "1 question is open" if len(still) == 1 else f"{len(still)} questions are open"


def _open_lines(still: Sequence[InterviewQuestion]) -> list[str]:
    if not still:
        return ["Nothing is open."]
    return [f"Open: {len(still)}.", *(f"  {q.id}  {q.text}" for q in still)]
