"""Whatever a client sends is made into a request of the project's form, passed on, or refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.api.asker import asker
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.suite import Arm

PROJECT = Project.model_validate(
    {"id": "p", "use_case": "u", "goal": "format", "metric": "exact_match", "target": 0.5,
     "sources": [{"path": "x"}]}
)  # fmt: skip
ARM = Arm(id="a", arm="zero_shot", system="{tools}", user="{request} {skeleton} {name}")
ASK = [{"role": "user", "content": "x"}]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "function", "name", "parameters", "properties", "role", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON, JSON)
def test_any_body_is_asked_or_refused(tools: Any, messages: Any, limit: Any) -> None:
    for said in (ASK, messages):
        body = {"messages": said, "tools": tools, "max_tokens": limit}
        with suppress(UsageProblem):
            made = asker(ARM, PROJECT)(body)
            assert made is body or made["messages"] != said
        assert list(body) == ["messages", "tools", "max_tokens"], "it is left as it was"
        assert body["messages"] is said


@pytest.mark.parametrize("tools", [5, True, ["x"], [[]], {"a": 1}, "abc"])
def test_tools_that_are_none_are_the_clients_mistake(tools: Any) -> None:
    with pytest.raises(UsageProblem) as caught:
        asker(ARM, PROJECT)({"messages": ASK, "tools": tools})
    assert caught.value.code == "invalid_request"
