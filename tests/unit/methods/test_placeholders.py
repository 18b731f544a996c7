import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.pii import find_pii
from tuneworthy.methods.placeholders import placeholder, same_value
from tuneworthy.methods.secrets import find_secrets

KEY = b"a key of 16 byte"
KINDS = [
    "email", "phone", "credit_card", "iban", "us_ssn", "ipv4", "ipv6", "mac", "url",
    "url_credentials", "date_of_birth", "uk_nhs", "passport", "crypto_wallet", "person",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@given(value=st.text(min_size=1, max_size=40))
def test_a_stand_in_is_steady_and_itself_harmless(kind, value):
    made = placeholder(f"pii_{kind}", value, "pseudonymise", KEY)
    assert made == placeholder(f"pii_{kind}", value, "pseudonymise", KEY)
    assert find_pii(made) == []
    assert find_secrets(made) == []


def test_another_key_or_value_gives_another_stand_in():
    one = placeholder("pii_email", "jane@firm.io", "pseudonymise", KEY)
    assert one != placeholder("pii_email", "jane@firm.io", "pseudonymise", KEY[::-1])
    assert one != placeholder("pii_email", "joan@firm.io", "pseudonymise", KEY)
    assert one == placeholder("pii_email", "Jane@Firm.io", "pseudonymise", KEY)
    assert one.endswith("@example.invalid")


def test_spellings_of_one_value_are_one():
    assert same_value("phone", "+49 30 901820") == same_value("phone", "0049-30-901820")
    assert same_value("iban", "DE75 5121") == same_value("iban", "de755121")


@pytest.mark.parametrize(
    ("kind", "value", "mask"),
    [
        ("email", "john@some.example.co", "j***@s***.co"),
        ("credit_card", "4539 5787 6362 1486", "**** **** **** 1486"),
        ("phone", "+49 30 901820", "+** ** ****20"),
        ("ipv4", "8.8.4.4", "*.*.*.*"),
    ],
)
def test_a_mask_keeps_the_form(kind, value, mask):
    assert placeholder(f"pii_{kind}", value, "mask") == mask


def test_a_secret_is_never_shown_in_part():
    for mode in ("redact", "mask"):
        assert placeholder("secret_password", "hunter2022", mode) == "[SECRET]"
    assert placeholder("secret_jwt", "x", "pseudonymise", KEY).startswith("[SECRET-")


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        placeholder("pii_email", "jane@firm.io", "pseudonymise", b"short")
