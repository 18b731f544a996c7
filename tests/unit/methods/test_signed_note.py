import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.methods.signed_note import Tree, origin_of, sign, verifier_key, verify
from tuneworthy.methods.signing import generate

# From golang.org/x/mod/sumdb/note, the form that C2SP wrote down: its example key and note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NAME_AND_KEY = (
    "PeterNeumann",
    "1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6",
)

PEM, PUBLIC = generate()
TREE = Tree(origin="tuneworthy/shop", size=7, root="ab" * 32)
KEY = verifier_key(TREE.origin, PUBLIC)
NOTE = sign(TREE, PEM)


def test_a_key_is_named_as_other_programs_name_it():
    assert verifier_key(*GO_NAME_AND_KEY) == GO_KEY


def test_a_note_gives_back_what_was_signed():
    assert verify(NOTE, KEY) == TREE
    assert NOTE.startswith("tuneworthy/shop\n7\nq6urq6ur")


@given(
    st.text(min_size=1, max_size=20), st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32)
)
def test_any_project_has_a_name_that_a_key_can_have(project, size, root):
    tree = Tree(origin=origin_of(project), size=size, root=root.hex())
    assert verify(sign(tree, PEM), verifier_key(tree.origin, PUBLIC)) == tree


@settings(deadline=None)
@given(st.data())
def test_no_bit_of_a_note_can_change(data):
    raw = bytearray(NOTE.encode())
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << at % 8
    with pytest.raises((IntegrityProblem, UnicodeDecodeError)):
        verify(raw.decode(), KEY)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_anything_else_is_refused_in_words(text):
    with pytest.raises(IntegrityProblem):
        verify(text, KEY)
    with pytest.raises(IntegrityProblem):
        verify(NOTE, text)


def test_another_key_of_the_same_name_does_not_do():
    with pytest.raises(IntegrityProblem, match="does not verify") as caught:
        verify(NOTE, verifier_key(TREE.origin, generate()[1]))
    assert "another key" in caught.value.why
