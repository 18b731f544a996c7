"""Near-identical prompts are one variant, and what is near to something near belongs to it."""

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.suite import Arm
from tuneworthy.evaluate import count_variants, is_structured, variant_groups

LONG = " ".join(f"word{n}" for n in range(40))
WORDS = st.lists(st.sampled_from("abcd"), max_size=8)


def arm(user: str, **more: object) -> Arm:
    return Arm.model_validate({"id": "a", "arm": "zero_shot", "user": user, **more})


def count(*users: str) -> int:
    return count_variants([arm(user) for user in users])


def test_up_to_two_words_make_no_other_prompt() -> None:
    start = "Sort the letter by what it asks for: {request}"
    assert count(start, start.replace("letter", "mail")) == 1
    assert count(start, f"Please kindly {start}") == 1
    assert count(start, f"Please do kindly {start}") == 2
    assert count(start, start.replace("letter", "mail").replace("asks", "IS")) == 1


def test_up_to_a_tenth_of_a_long_prompt_makes_no_other() -> None:
    assert count(LONG, " ".join(["new"] * 4 + LONG.split()[4:])) == 1
    assert count(LONG, " ".join(["new"] * 5 + LONG.split()[5:])) == 2


def test_chains_of_small_steps_are_one() -> None:
    steps = ["a b c d e f", "a b c d x y", "a b z w x y", "p q z w x y"]
    assert count(steps[0], steps[3]) == 2
    assert (
        variant_groups([arm(step) for step in (steps[3], steps[0], steps[1], steps[2])]) == [0] * 4
    )


def test_kinds_placeholders_and_parts_are_told_apart() -> None:
    plain = arm("Answer: {request}")
    assert count_variants([plain, arm("Answer: {request} {labels}")]) == 2
    assert count_variants([plain, arm("Answer: {request}", arm="few_shot", k=2)]) == 2
    assert count_variants([plain, arm("Answer: {request}", system="You route letters here.")]) == 2
    assert count_variants([plain, arm("Answer: {request}", prefill="{")]) == 2
    assert count_variants([]) == 0


def test_prompts_written_without_spaces_are_counted_by_their_signs() -> None:
    one = "請用一個詞回答以下的問題 {request}"
    assert count(one, one.replace("詞", "字")) == 1
    assert count(one, "把下面的信件分到六個部門之一 {request}") == 2
    assert count("จัดกลุ่มจดหมายนี้ {request}", "ตอบด้วยคำเดียวเท่านั้น {request}") == 2
    parts = (
        "你是市政府的客服人員。",
        "信件都只談一件事。",
        "說出信件談的是什麼。",
        "只用一個詞。",
    )
    labels = ("Persona", "Context", "Task", "Format")
    lines = [f"{label}: {said}" for label, said in zip(labels, parts, strict=True)]
    assert is_structured(arm("{request}", system="\n".join(lines)))


@given(WORDS, WORDS)
def test_the_order_of_two_prompts_does_not_matter(one: list[str], other: list[str]) -> None:
    first, second = arm(" ".join(one)), arm(" ".join(other))
    assert count_variants([first, second]) == count_variants([second, first])
    assert count_variants([first, first]) == 1


@given(WORDS, st.integers(0, 8), st.integers(0, 8))
def test_two_words_more_anywhere_are_never_another(words: list[str], here: int, there: int) -> None:
    more = list(words)
    more.insert(here, "x")
    more.insert(there, "y")
    assert count(" ".join(words), " ".join(more)) == 1
