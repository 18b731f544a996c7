"""The check for names asks the recogniser only where it could find something, and loses nothing."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data.checks import Setting
from tuneworthy.data.checks.whole import names
from tuneworthy.data.examine import table_of
from tuneworthy.methods.pii.hit import Hit
from tuneworthy.methods.pii.soft import IntroducedNames

SAID = [
    "My name is Ann", "Dr\u00a0Żak", "dear\nÉlise Roux", "Signed, J. Doe", "Mr. O'Neil", "m Ab",
    "Hauptstraße 12", "in der Lindengasse 4", "12 rue de Rivoli", "12, rue de la Paix Bleue",
    "Via Roma, n. 4", "4 Old Mill Lane", "Kungsgatan 3", "ul. Nowy 5", "Rue 1", "this is\tIda",
]  # fmt: skip


class Loud:
    """Finds a person in every text."""

    version = "loud-1"

    def find(self, texts: Sequence[str]) -> list[list[Hit]]:
        return [[Hit("person", 0, 1, "low")] for _ in texts]


def row(text: str, target: str = "yes") -> Example:
    turns = (Message(role="user", content=text), Message(role="assistant", content=target))
    return Example(id="sha256:0", messages=turns, provenance=Provenance(source="a", row=1))


@given(st.lists(st.sampled_from(SAID) | st.text(max_size=12), min_size=1, max_size=4))
def test_nothing_that_the_recogniser_finds_is_passed_over(parts):
    text = " ".join(parts)
    wanted = bool(IntroducedNames().find([text])[0])
    asked = names.find(table_of([row(text or "x")]), Setting()).rows.tolist()
    answered = names.find(table_of([row("is it", f"{text}.")]), Setting()).rows.tolist()
    assert asked == [0] * wanted
    assert len(answered) >= wanted


def test_another_recogniser_sees_every_row_and_is_named():
    found = names.find(table_of([row("a"), row("b")]), Setting(names=Loud()))
    assert found.rows.tolist() == [0, 1]
    assert found.figure == {"person": 4, "recogniser": "loud-1"}
