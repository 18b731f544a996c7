import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.pii import find_pii
from tuneworthy.methods.pii.checksums import ean13, mod11_10, verhoeff
from tuneworthy.methods.pii.soft import IntroducedNames
from tuneworthy.methods.pii.wallets import base58check, bech32


def found(text: str, **settings: bool) -> list[tuple[str, str, str]]:
    return [(h.kind, text[h.start : h.end], h.severity) for h in find_pii(text, **settings)]


@pytest.mark.parametrize(
    ("text", "kind", "value", "severity"),
    [
        ("Steuer-ID: 86 095 742 719", "de_steuer_id", "86 095 742 719", "high"),
        ("NHS number 943 476 5919", "uk_nhs", "943 476 5919", "high"),
        ("National Insurance AB 12 34 56 C", "uk_nino", "AB 12 34 56 C", "high"),
        ("AB123456C", "uk_nino", "AB123456C", "low"),
        ("mi DNI es 12345678Z", "es_dni", "12345678Z", "high"),
        ("NIE X1234567L", "es_nie", "X1234567L", "high"),
        ("le 1 85 05 78 006 084 91", "fr_nir", "1 85 05 78 006 084 91", "high"),
        ("Aadhaar 2345 6789 0124", "in_aadhaar", "2345 6789 0124", "high"),
        ("PAN: ABCPE1234F", "in_pan", "ABCPE1234F", "high"),
        ("111.444.777-35", "br_cpf", "111.444.777-35", "high"),
        ("CPF 11144477735", "br_cpf", "11144477735", "high"),
        ("RSSMRA85T10A562S", "it_codice_fiscale", "RSSMRA85T10A562S", "high"),
        ("PESEL 44051401359", "pl_pesel", "44051401359", "high"),
        ("BSN: 111222333", "nl_bsn", "111222333", "high"),
        ("personnummer 811218-9876", "se_personnummer", "811218-9876", "high"),
        ("hetu 131052-308T", "fi_hetu", "131052-308T", "high"),
        ("756.9217.0769.85", "ch_ahv", "756.9217.0769.85", "high"),
        ("11010519491231002X", "cn_resident_id", "11010519491231002X", "high"),
        ("my SIN is 130 692 544", "ca_sin", "130 692 544", "high"),
        ("912-70-1234", "us_itin", "912-70-1234", "high"),
        ("Passport No. C01X00547", "passport", "C01X00547", "high"),
        ("driver's license number is 6940579", "driver_license", "6940579", "high"),
        ("Date of birth: 12/05/1980", "date_of_birth", "12/05/1980", "high"),
        ("she was born on May 3, 1980", "date_of_birth", "May 3, 1980", "low"),
        ("at 00:1b:44:11:3a:b7 now", "mac", "00:1b:44:11:3a:b7", "low"),
        (
            "to 17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhem",
            "crypto_wallet",
            "17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhem",
            "high",
        ),
        ("credit card 060426070011", "credit_card", "060426070011", "high"),
        ("csv,4539578763621486,x", "credit_card", "4539578763621486", "high"),
        ("Desk: 5403926876", "phone", "5403926876", "high"),
        ("28-64-66-98 office", "phone", "28-64-66-98", "high"),
    ],
)
def test_each_kind_is_found_with_its_exact_span(text, kind, value, severity):
    assert found(text) == [(kind, value, severity)]


@pytest.mark.parametrize(
    "text",
    [
        "Steuer-ID: 86 095 742 718",
        "National Insurance ZZ 12 34 56 C",
        "DNI 12345678A",
        "1 85 05 78 006 084 92",
        "111.444.777-36",
        "RSSMRA85T10A562T",
        "PESEL 44051401358",
        "756.9217.0769.86",
        "110105194912310021",
        "order 11144477735 is on its way",
        "he was born on 14 March 1879",
        "ff:ff:ff:ff:ff:ff and 00:00:5e:00:53:01",
        "17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhen",
        "commit d7d364f58427e90443f609289c4121387051477a",
        "uuid 39352563-1407-97b1-680d-34d66d74187b",
        "licence number 694-057-1234",
        "+999 123 456 789",
    ],
)
def test_a_wrong_check_digit_or_another_use_is_no_finding(text):
    assert found(text) == []


def test_web_addresses_are_reported_on_request_alone():
    text = "see https://some-firm.io/a?b=1, or https://example.com/x."
    assert found(text) == []
    assert found(text, urls=True) == [("url", "https://some-firm.io/a?b=1", "low")]
    inside = "https://some-firm.io/?mail=jane@firm.io"
    assert [kind for kind, *_ in found(inside, urls=True)] == ["email"]


@given(st.text("0123456789", min_size=1, max_size=20))
def test_verhoeff_accepts_one_digit_in_ten_and_sees_every_swap(body):
    good = [d for d in "0123456789" if verhoeff(body + d)]
    assert len(good) == 1
    whole = body + good[0]
    for n in range(len(whole) - 1):
        if whole[n] != whole[n + 1]:
            assert not verhoeff(whole[:n] + whole[n + 1] + whole[n] + whole[n + 2 :])


@given(
    st.text("0123456789", min_size=10, max_size=10), st.text("0123456789", min_size=12, max_size=12)
)
def test_other_checks_accept_one_digit_in_ten(ten, twelve):
    assert sum(mod11_10(ten + d) for d in "0123456789") == 1
    assert sum(ean13(twelve + d) for d in "0123456789") == 1


@given(st.integers(0, 33), st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZ"))
def test_one_changed_character_spoils_a_wallet_address(place, char):
    address = "17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhem"
    changed = address[:place] + char + address[place + 1 :]
    assert base58check(changed) == (changed == address)


@given(st.integers(3, 41), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_one_changed_character_spoils_a_segwit_address(place, char):
    address = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
    changed = address[:place] + char + address[place + 1 :]
    assert bech32(changed) == (changed == address)


def test_introduced_names_and_streets_are_low():
    text = "My name is Ana de Souza, I live at 12 High Street. Dr. Weiss, Hauptstraße 5"
    (hits,) = IntroducedNames().find([text])
    assert [(h.kind, text[h.start : h.end]) for h in hits] == [
        ("person", "Ana de Souza"),
        ("street_address", "12 High Street"),
        ("person", "Weiss"),
        ("street_address", "Hauptstraße 5"),
    ]
    assert {h.severity for h in hits} == {"low"}
