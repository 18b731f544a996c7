"""Rules of style that can be declared: length of sentences, person, marks, how answers begin."""

import re
from collections.abc import Callable
from typing import Literal

from pydantic import Field, model_validator

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric
from tuneworthy.evaluate.metrics.phrases import holds
from tuneworthy.evaluate.metrics.sentences import sentences
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options

_MARKDOWN = re.compile(
    r"^ {0,3}(?:#{1,6} |[*+-] |\d{1,9}[.)] |> |```|~~~|\|.*\|)|\*\*\S|`[^`\n]+`|\]\(\S", re.M
)
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]")
_PERSON = {
    "first": re.compile(
        r"(?<![\w-])(?:I|I['\u2019]\w+|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself|[Ww]e|[Oo]ur|[Uu]s)(?![\w-])"
    ),
    "second": re.compile(r"\b(?:you|your|yours|yourself|yourselves)\b", re.I),
}


class StyleOptions(Options):
    """The rules; at least one must be given."""

    max_words: int | None = Field(default=None, ge=1)
    """The most words of an answer."""
    max_sentences: int | None = Field(default=None, ge=1)
    """The most sentences of an answer."""
    max_sentence_words: int | None = Field(default=None, ge=1)
    """The most words of one sentence."""
    starts_with: tuple[str, ...] = ()
    """An answer must begin with one of these."""
    ends_with: tuple[str, ...] = ()
    """An answer must end with one of these."""
    not_person: tuple[Literal["first", "second"], ...] = ()
    """Persons that an (English) answer may not speak in."""
    capital: bool = False
    """Whether the first letter must be a capital."""
    one_line: bool = False
    """Whether an answer must stand on one line."""
    no_markdown: bool = False
    """Whether headings, lists, bold, code and links are ruled out."""
    no_emoji: bool = False
    """Whether pictures among the letters are ruled out."""
    no_exclamation: bool = False
    """Whether the exclamation mark is ruled out."""
    forbidden: tuple[str, ...] = ()
    """Phrases that no answer may hold; case and spacing do not matter."""

    @model_validator(mode="after")
    def _something(self) -> "StyleOptions":
        if not _rules(self):
            raise ValueError("No rule is given")
        if not all(text.strip() for text in (*self.forbidden, *self.starts_with, *self.ends_with)):
            raise ValueError("A phrase is blank")
        return self


Rule = tuple[str, Callable[[str], bool]]


def _rules(options: StyleOptions) -> list[Rule]:
    """Each declared rule: what is said when it is broken, and the check that it is kept."""
    return [*_lengths(options), *_ends(options), *_marks(options), *_words(options)]


def _lengths(options: StyleOptions) -> list[Rule]:
    words, count, each = options.max_words, options.max_sentences, options.max_sentence_words
    rules: list[Rule] = []
    if words is not None:
        rules.append(("too many words", lambda text: len(text.split()) <= words))
    if count is not None:
        rules.append(("too many sentences", lambda text: len(sentences(text)) <= count))
    if each is not None:
        rules.append(
            ("a long sentence", lambda text: all(len(s.split()) <= each for s in sentences(text)))
        )
    return rules


def _ends(options: StyleOptions) -> list[Rule]:
    rules: list[Rule] = []
    if options.starts_with:
        rules.append(("another beginning", lambda text: text.startswith(options.starts_with)))
    if options.ends_with:
        rules.append(("another end", lambda text: text.endswith(options.ends_with)))
    if options.capital:
        rules.append(("no capital", lambda text: _first_letter(text).isupper()))
    return rules


def _marks(options: StyleOptions) -> list[Rule]:
    declared: list[tuple[bool, Rule]] = [
        (options.one_line, ("several lines", lambda text: "\n" not in text)),
        (options.no_markdown, ("Markdown", lambda text: not _MARKDOWN.search(text))),
        (options.no_emoji, ("an emoji", lambda text: not _EMOJI.search(text))),
        (options.no_exclamation, ("an exclamation mark", lambda text: "!" not in text)),
    ]
    return [rule for wanted, rule in declared if wanted]


def _words(options: StyleOptions) -> list[Rule]:
    rules: list[Rule] = []
    for person in options.not_person:
        form = _PERSON[person]
        rules.append((f"the {person} person", lambda text, form=form: not form.search(text)))  # type: ignore[misc]
    for phrase in options.forbidden:
        rules.append((f"says {phrase}"[:200], lambda text, p=phrase: not holds(text, p)))  # type: ignore[misc]
    return rules


def _first_letter(text: str) -> str:
    return next((character for character in text if character.isalpha()), "")


def _make(options: StyleOptions, _tools: MetricTools) -> Metric:
    rules = _rules(options)

    def style(output: str, _case: Case) -> Mark:
        text = output.strip()
        faults = [said for said, kept in rules if not kept(text)]
        if not faults:
            return RIGHT
        return Mark(score=1 - len(faults) / len(rules), valid=True, error=faults[0])

    return style


SPEC = MetricSpec(
    name="style",
    scores="The share of the declared rules of style that the answer keeps.",
    source="Rules that a program can check, as in IFEval (Zhou et al., 2023).",
    blind="Tone, and whatever no rule names; `not_person` and the end of a sentence are English "
    "by rule of thumb.",
    make=_make,
    options=StyleOptions,
    kind="graded",
)
