import json
import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.pii import find_pii, iban_valid, luhn


def found(text: str) -> list[tuple[str, str, str]]:
    return [(hit.kind, text[hit.start : hit.end], hit.severity) for hit in find_pii(text)]


@pytest.mark.parametrize(
    ("kind", "value", "severity"),
    [
        ("email", "jane.o'neil+tag@mail.some-firm.co.uk", "high"),
        ("credit_card", "4539 5787 6362 1486", "high"),
        ("credit_card", "3711-449635-39843", "high"),
        ("iban", "DE75 5121 0800 1245 1261 99", "high"),
        ("iban", "GB94BARC10201530093459", "high"),
        ("us_ssn", "536-90-4399", "high"),
        ("ipv4", "8.8.4.4", "low"),
        ("ipv6", "2a00:1450:4001:81b::200e", "low"),
        ("phone", "+49 30 901820", "high"),
        ("phone", "(212) 736-5000", "high"),
        ("phone", "212-736-5000", "high"),
        ("url_credentials", "https://root:hunter22@db.some-firm.io/x", "high"),
    ],
)
def test_each_kind_is_found_with_its_exact_span(kind, value, severity):
    assert found(f"Write {value} down, please.") == [(kind, value, severity)]


@pytest.mark.parametrize(
    "harmless",
    [
        "user@example.com",
        "a.b@mail.example.org",
        "me@firm.test",
        "admin@contoso.com",
        "you@yourcompany.com",
        "192.0.2.17",
        "198.51.100.1",
        "203.0.113.200",
        "10.0.0.5",
        "127.0.0.1",
        "2001:db8::1",
        "::1",
        "212-555-0123",
        "+1 415 555 0199",
        "+1234567890",
        "4111 1111 1111 1111",
        "GB82 WEST 1234 5698 7654 32",
        "078-05-1120",
        "https://user:<password>@host.io/",
        "version 1.2.3.4",
    ],
)
def test_documentation_values_are_harmless(harmless):
    assert found(f"Take {harmless} for instance.") == []


@pytest.mark.parametrize(
    "text",
    [
        "The year 2024-10-15 10:30, and 15/10/2024",
        "an area of 1234567.89 square metres",
        "at 37.7749, -122.4194",
        "order 9781234567897 has 12,345,678 parts",
        "card 4539 5787 6362 1487",  # fails Luhn
        "DE76 5121 0800 1245 1261 99",  # fails mod 97
        "666-12-3456 and 912-34-5678",
        "500-200-150 = 150",
        "std::vector<int> and a::b",
        "256.1.1.1 and 1.2.3",
    ],
)
def test_numbers_that_are_no_personal_data(text):
    assert found(text) == []


def test_a_number_is_a_telephone_when_the_words_before_say_so():
    assert found("call me at 7365000")[0][0] == "phone"
    assert found("a total of 7365000") == []


@given(st.text(max_size=300) | st.text("0123456789 -.()+:/@abAB", max_size=120))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_ordered_spans_inside_it(text):
    hits = find_pii(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    assert all(a.end <= b.start for a, b in pairwise(hits))


@given(st.integers(10**14, 10**15 - 1))
def test_luhn_accepts_one_check_digit_in_ten(body):
    assert sum(luhn(f"{body}{digit}") for digit in range(10)) == 1


@given(st.text("ABCDEFGHIJ0123456789", min_size=18, max_size=18))
def test_one_pair_of_check_digits_makes_an_iban(body):
    assert sum(iban_valid(f"DE{check:02}{body}") for check in range(2, 99)) == 1


@pytest.mark.skipif(
    "TUNEWORTHY_TEST_DATA" not in os.environ,
    reason="needs a folder with presidio-synth-pii, named by TUNEWORTHY_TEST_DATA",
)
def test_recall_and_precision_on_labelled_text():
    path = Path(os.environ["TUNEWORTHY_TEST_DATA"], "presidio-synth-pii/synth_dataset_v2.json")
    kinds = {
        "CREDIT_CARD": "credit_card",
        "EMAIL_ADDRESS": "email",
        "IBAN_CODE": "iban",
        "US_SSN": "us_ssn",
    }
    gold, mine = set(), set()
    for number, row in enumerate(json.loads(path.read_text())):
        for span in row["spans"]:
            if span["entity_type"] in kinds:
                kind = kinds[span["entity_type"]]
                gold.add((number, kind, span["start_position"], span["end_position"]))
        for hit in find_pii(row["full_text"]):
            if hit.kind in kinds.values():
                mine.add((number, hit.kind, hit.start, hit.end))
    assert len(gold & mine) / len(gold) >= 0.95
    assert len(gold & mine) / len(mine) >= 0.95


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["(1", "1) ", "1 1-", "a@a.", "1:", "4111 ", "a-", "DE12AAAA "])
def test_repetitive_text_is_scanned_in_little_time(piece):
    # Patterns that backtrack would take hours here.
    text = piece * 20_000
    assert all(0 <= hit.start < hit.end <= len(text) for hit in find_pii(text))
