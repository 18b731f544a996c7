"""The gate may let too much through, never too little; a batch answers as single texts do."""

import ipaddress
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuneworthy.methods.gate import Gate
from tuneworthy.methods.pii import bank, contact, find_pii, find_pii_batch, network, phone, search
from tuneworthy.methods.pii import wallets as wallet_forms
from tuneworthy.methods.pii.claims import Claims
from tuneworthy.methods.pii.hit import HARMLESS, SEPARATOR, Found, Hit, claim, is_free, plain
from tuneworthy.methods.pii.national import _NUMBERS
from tuneworthy.methods.secrets import find_secrets, find_secrets_batch
from tuneworthy.methods.secrets import search as secret_search
from tuneworthy.methods.secrets.forms import FORMS

SEEDS = [
    "jane@firm.io", "+49 30 901820", "(212) 736-5000 x12", "4539 5787 6362 1486", "8.8.4.4",
    "DE75 5121 0800 1245 1261 99", "536-90-4399", "SSN 536904399", "912-70-1234", "AB123456C",
    "NHS 943 476 5919",
    "Steuer-ID 86 095 742 719", "12345678Z", "X1234567L", "1 85 05 78 006 084 91",
    "Aadhaar 2345 6789 0124", "PAN ABCPE1234F", "111.444.777-35", "CPF 11144477735",
    "RSSMRA85T10A562S", "PESEL 44051401359", "BSN 111222333", "811218-9876", "131052-308T",
    "756.9217.0769.85", "11010519491231002X", "SIN 130 692 544", "passport no. C01X00T47",
    "driver's license F162823540116", "born on 3 May 1980", "Geburtsdatum: 12.11.1985",
    "2a00:1450:4001:81b::200e", "00:1b:44:11:3a:b7", "00-1b-44-11-3a-b7",
    "https://root:hunter22@db.io/x",
    "17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhem", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "0x52908400098527886E0F7030069857D2E4169EE7", "née le 4 mai 1990", "tel ٠٣٠ ٩٠١٨٢٠",
    "password=hunter2022", "--api-key a1b2c3d4", "the token is q1w2e3r4",
    "pa\u017f\u017fword: abc12345",
    "client_secret : 'xY12abcd'", "dob\u00a01980-01-02",
]  # fmt: skip
PIECES = (
    st.sampled_from(SEEDS)
    | st.text(max_size=4)
    | st.sampled_from(list(" ,.:;-/()\n\u00a0\u2013@+#"))
)
TEXTS = st.lists(PIECES, max_size=6).map("".join) | st.text(
    "0123456789 -.()+:/@abAB\u017f\u00e9_\u00a0\u2009\u0663", max_size=80
)


def ungated(text: str) -> list[Hit]:
    taken: list[Hit] = []
    for recogniser in search._RECOGNISERS[:-1]:
        for hit in recogniser.find(plain(text)):
            claim(taken, Hit(*hit))
    return [hit for hit in taken if hit.kind != HARMLESS]


@given(TEXTS)
@settings(max_examples=600, deadline=None)
@example("\ud800 jane@firm.io")
def test_what_the_gate_holds_back_would_have_found_nothing(text):
    assert find_pii(text) == ungated(text)


FORMS_OF_NUMBERS = [
    *(n.pattern for n in _NUMBERS if n.kind not in ("passport", "driver_license")),
    re.compile(r"[A-Z]{2}[0-9]{2}([ -]?[A-Za-z0-9]{4}){2,7}[ -]?[0-9]{1,3}"),
    bank._CARD, phone._PHONE, network._IPV4, network._IPV6, network._MAC, wallet_forms._LEGACY,
    wallet_forms._SEGWIT, wallet_forms._ETHER,
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS_OF_NUMBERS, ids=lambda form: form.pattern[:40])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_gate_holds_back_no_value_of_any_form(form, data):
    text = plain(data.draw(st.from_regex(form)))
    opened = search._GATE.open_for(text)
    for number, recogniser in enumerate(search._RECOGNISERS):
        assert number in opened or not list(recogniser.find(text))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seeds_are_worth_their_place(seed):
    assert find_pii(seed) or find_secrets(seed)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_no_secret_is_held_back(text):
    if any("\ud800" <= c <= "\udfff" for c in text):
        return
    opened = secret_search._GATE.open_for(text)
    for number, pattern in enumerate((secret_search._OPTION, secret_search._NAMED)):
        assert number in opened or not pattern.search(text)
    for number, form in enumerate(FORMS):
        assert number + 2 in opened or not form.pattern.search(text)


@given(st.lists(TEXTS.map(plain), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
@example(["born on", "3 May 1980", "call me", "030 901820", "", "cell", "+", "49 30 901820"])
@example(["card", "5018 0000 0009", "https://root:hunter22", "@db.io/x", "SSN", "536904399"])
def test_no_recogniser_reads_across_the_texts_of_a_block(texts):
    for recogniser in search._RECOGNISERS:
        apart, begin = [], 0
        for text in texts:
            apart += [(k, begin + s, begin + e, v) for k, s, e, v in recogniser.find(text)]
            begin += len(text) + 1
        assert sorted(recogniser.find(SEPARATOR.join(texts))) == sorted(apart)


@given(st.lists(TEXTS, max_size=8))
@settings(max_examples=200, deadline=None)
@example(
    ["DE75 5121 0800 1245 1261 99", "4539 5787 6362 1486, 030 901820", "IP 8.8.4.4 tel 030 901"]
)
def test_a_batch_answers_as_its_texts_do(texts):
    assert find_pii_batch(texts) == [find_pii(text) for text in texts]
    assert find_pii_batch(texts, urls=True) == [find_pii(text, urls=True) for text in texts]
    assert find_secrets_batch(texts) == [find_secrets(text) for text in texts]


def test_long_texts_are_read_one_by_one_and_alike(monkeypatch):
    texts = ["mail jane@firm.io", "no", "tel. 030 901820"]
    together = find_pii_batch(texts)
    monkeypatch.setattr(search, "_MOST", 10)
    assert find_pii_batch(texts) == together
    assert [bool(hits) for hits in together] == [True, False, True]


def test_a_batch_longer_than_a_run_keeps_its_order():
    texts = [f"mail a{n}@firm.io" if n % 3 else "no" for n in range(2 * search._RUN + 7)]
    assert [bool(hits) for hits in find_pii_batch(texts)] == [n % 3 > 0 for n in range(len(texts))]


@given(st.ip_addresses(), st.booleans())
@example(ipaddress.ip_address("2001:db8::1"), True)
def test_the_short_way_to_a_public_address_agrees_with_the_library(address, long):
    assert network._routed(address.exploded if long else str(address)) == address.is_global


@given(TEXTS | st.text("ab.@ -_\n", max_size=60))
def test_mail_addresses_are_those_of_a_search_from_the_start(text):
    found = [match.span() for match in contact._email_matches(text)]
    assert found == [match.span() for match in contact._EMAIL.finditer(text)]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=12))
def test_claimed_spans_stay_in_order_and_apart(spans):
    taken: list[Hit] = []
    for start, length in spans:
        hit = Hit("x", start, start + length, "low")
        apart = all(hit.end <= other.start or other.end <= hit.start for other in taken)
        assert is_free(taken, hit.start, hit.end) == apart
        claim(taken, hit)
        assert (hit in taken) or not apart
    assert taken == sorted(taken, key=lambda hit: hit.start)


@given(st.text(max_size=60))
def test_plain_text_keeps_its_length_and_can_be_written(text):
    assert len(plain(text)) == len(text)
    plain(text).encode()


def test_digits_of_other_scripts_and_typographic_hyphens_count():
    wide = "card " + "".join(chr(ord(d) + 0xFEE0) for d in "4539578763621486")
    assert [h.kind for h in find_pii(wide)] == ["credit_card"]
    assert [h.kind for h in find_pii("536\u201190\u20114399")] == ["us_ssn"]


def test_a_gate_names_its_open_groups_in_order():
    gate = Gate([("b",), ("x", "a"), ("c",)])
    assert gate.open_for("abc") == (0, 1, 2)
    assert gate.open_for("x") == (1,)
    assert gate.open_for("?") == ()


@given(st.lists(st.text("abcx ?", max_size=4), max_size=6))
def test_texts_alike_have_the_same_open_groups(texts):
    gate = Gate([("b",), ("x", "a"), ("c", "xx")])
    places = gate.alike(texts)
    assert sorted(at for some in places.values() for at in some) == list(range(len(texts)))
    assert all(gate.open_for(texts[at]) == groups for groups, some in places.items() for at in some)


SPANS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(1, 5)), max_size=6)


@given(
    st.lists(st.text("a1 é٣", max_size=12), min_size=1, max_size=4),
    st.lists(SPANS, max_size=4),
    st.integers(1, 6),
    st.sets(st.integers(0, 3), min_size=1),
)
def test_claims_on_many_texts_are_those_on_each(texts, recognisers, fewest, asked):
    claims = Claims(texts)
    apart: list[list[Hit]] = [[] for _ in texts]
    begins = [sum(len(text) + 1 for text in texts[:at]) for at in range(len(texts))]
    for number, spans in enumerate(recognisers):
        found: list[Found] = []
        for at, start, size in spans:
            if at < len(texts) and start + size <= len(texts[at]):
                kind = HARMLESS if size == 5 else f"kind{number}"
                found.append((kind, begins[at] + start, begins[at] + start + size, "low"))
                claim(apart[at], Hit(kind, start, start + size, "low"))
        claims.add(range(len(texts)), found)
    assert claims.hits() == [[hit for hit in hits if hit.kind != HARMLESS] for hits in apart]
    beside = [
        sum(c in "0123456789" for at, c in enumerate(text) if is_free(hits, at, at + 1))
        for text, hits in zip(texts, apart, strict=True)
    ]
    places = [at for at in range(len(texts)) if at in asked] or [0]
    open_ones = [at for at in places if beside[at] >= fewest]
    assert claims.with_room(places, fewest) == open_ones
