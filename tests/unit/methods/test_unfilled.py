import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.unfilled import unfilled


@pytest.mark.parametrize(
    "value",
    [
        "<project-name>", "<your name>", "<KEY>", "{billingAccountName}", "{SubID}",
        "[your company]", "[INSERT DATE]", "YOUR_API_KEY", "your-bucket", "MyResourceGroup", "myRg",
        "my-cluster", "00000000-0000-0000-0000-000000000000", "xxxx", "123456789012",
    ],
)  # fmt: skip
@pytest.mark.parametrize("frame", ["{}", "tool --name {} --yes", 'a "{}", b', "({})"])
def test_each_form_is_seen_wherever_it_stands(value, frame):
    assert unfilled(frame.replace("{}", value)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "<div>a</div>", "<br/>", "List<String>", "f'{name}'", "${HOME}", "%{host}", '{"a": 1}',
        "my dog", "mysql", "MYSQL", "a[0]", "[link](x)", "xxx", "Exxxxtra", "1123456789012",
        "For example, EXAMPLE", "your order-number",
    ],
)  # fmt: skip
def test_code_and_plain_words_are_left_alone(text):
    assert unfilled(text) == []


@given(st.text())
def test_what_is_named_stands_in_the_text(text):
    at = 0
    for value in unfilled(text):
        at = text.index(value, at) + len(value)
