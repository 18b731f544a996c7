"""Sentences with planted personal data and their gold spans, made anew for every seed.

Two halves share no sentence and no locale: ``dev`` may be looked at while patterns are written,
``held`` only measured. Values come from Faker (https://faker.readthedocs.io), sentences from here.
"""

import random
import re
from collections.abc import Callable
from typing import Any, NamedTuple

LOCALES = {
    "dev": (
        "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "en_AU", "en_CA", "en_IN", "it_IT", "nl_NL",
        "pt_BR", "pl_PL", "sv_SE", "da_DK", "fi_FI", "de_AT", "de_CH", "cs_CZ", "no_NO", "tr_TR",
    ),
    "held": (
        "en_NZ", "en_IE", "hu_HU", "ro_RO", "hr_HR", "sk_SK", "fr_CA", "fr_CH", "es_MX", "et_EE",
        "bg_BG", "lt_LT", "sl_SI", "pt_PT", "el_GR", "id_ID",
    ),
}  # fmt: skip
IBAN_LOCALES = (
    "en_GB",
    "de_DE",
    "fr_FR",
    "it_IT",
    "nl_NL",
    "pl_PL",
    "de_AT",
    "de_CH",
    "fi_FI",
    "no_NO",
)
"""Faker has IBAN of the registered length for these; its fallback for others is a digit short."""
SENTENCES = {
    "dev": """
        Hi, this is {person}. You can call me on {phone} after six.
        My new e-mail is {email}, the old one bounces.
        Please charge {card} and send the receipt to {email}.
        Transfer the deposit to {iban} before Friday.
        The server at {ip} refuses connections since noon.
        My social security number is {us_ssn}, can you check the claim?
        {person}'s mobile: {phone}
        See {url} for the details of the offer.
        Device {mac} was seen on floor three.
        Date of birth: {birth}, name: {person}.
        Meine Telefonnummer lautet {phone}, bitte rufen Sie zurück.
        Bitte überweisen Sie den Betrag auf {iban}.
        Mon numéro de téléphone est le {phone}.
        Mi correo es {email} y vivo en {address}.
        {{"name": "{person}", "phone": "{phone}", "card": "{card}"}}
        Ship to {address} and phone {phone} on arrival.
        ticket opened by {email} from {ip}
        ID {national} belongs to the applicant.
        Could you tell me why {card} was declined twice today?
        Fax {phone} / Tel {phone}
        Good morning, {person} speaking, my number is {phone}, I would like to change a booking.
        Kindly update the contact on file: {email} instead of {email}.
        I tried to pay with {card} but the page froze.
        The refund should go to {iban}, account holder {person}.
        Failed login for root from {ip} port 22
        She gave her SSN as {us_ssn} over the phone.
        Landlord: {person}, {address}, tel. {phone}
        I found the flat on {url} last night
        DHCP lease granted to {mac}
        DOB {birth} - please confirm the appointment for {person}
        Can I get a call back at {phone}? Thanks
        Mijn rekeningnummer is {iban} en mijn e-mailadres is {email}.
        Il mio telefono è {phone}, la mail {email}.
        Meu telefone é {phone} e o cartão é {card}.
        Mój numer telefonu to {phone}.
        {{"to": "{email}", "cc": ["{email}"], "body": "Call {phone}"}}
        [{ip}] GET /account?user={email} 200
        Name: {person}\\nPhone: {phone}\\nEmail: {email}\\nAddress: {address}
        the courier lost my parcel, ring me: {phone}
        New card {card} replaces {card} from today.
        I moved from {address} to {address}.
        Contact {person} <{email}> or visit {url}
        WhatsApp me on {phone} when you are outside
        Beneficiary IBAN {iban}; reference unpaid rent
        Her tax record lists {us_ssn} and a birth date of {birth}.
    """,
    "held": """
        hey it's {person}, got a new mobile, {phone}
        The caller left {phone} as a number to reach him on.
        Invoice address: {address}. Questions to {email}.
        Two charges on {card}, I only bought once.
        Please wire the rest to {iban} today
        blocked {ip} after forty attempts by {email}
        Employee SSN {us_ssn}, start date next Monday
        Mobile {phone}, landline {phone}
        The listing is at {url}; ask for {person}.
        MAC={mac} IP={ip}
        Patient {person}, born {birth}, phone {phone}
        Customer wrote from {email} and can be called at {phone} until noon
        Telefon: {phone}, e-mail: {email}
        Tél. {phone} - {email}
        numero di carta {card}, intestata a {person}
        | {person} | {email} | {phone} | {iban} |
        user={email};card={card};phone={phone}
        "My card number? {card}." "And the phone?" "{phone}."
        Forward everything to {email}, not to {email}!
        DOB: {birth}. SSN: {us_ssn}. Card: {card}.
        I paid into {iban} but they say it should have been {iban}
        please text {phone} or e-mail {email}, do not come to {address}
    """,
}
CLEAN = """
    Order 4{n8} shipped on {day} and arrives within {n2} days.
    The invoice total is {n3},{n3}.{n2} euros for {n2} items.
    Upgrade from version {n1}.{n2}.{n1} to {n1}.{n2}.{n2} before {day}.
    Invoice INV-{n4}-{n5} was paid at {n2}:{n2} on {day}.
    ISBN 978-{n1}-{n4}-{n4}-{n1} is out of print since {year}.
    Tracking code {upper}{n9}US has not moved for {n2} days.
    Set the timeout to {n4} ms and retry {n1} times.
    The point lies at {n2}.{n6}, -{n2}.{n6} on the map.
    commit {hex}{hex}{hex}{hex}{hex} fixes the {n3} failing tests
    Room {n3} holds {n2} people, the hall {n4}.
    Population grew from {n3},{n3} to {n1},{n3},{n3} between {year} and {year}.
    uuid {hex}-{hex4}-{hex4}-{hex4}-{hex}{hex4} was not found
    Compute {n4} * {n4} - {n5} and round to two places.
    Train {n3} leaves at {n2}:{n2} from platform {n1}.
    The serial number is {upper}{n9}, made in {year}.
    Book a table for {n1} on {day} at seven, please.
    The @property decorator makes a method read like a field.
    Use std::vector<int> and call a::b(10, 20, 30).
    Dilute {n2} ml in {n4} ml of water; repeat every {n2} minutes.
    What is the difference between a fixed and a variable rate?
    Timestamp 1{n9} is in seconds, 1{n9}{n3} in milliseconds.
    Error 0x{hex} at line {n4}, column {n2}.
    The part number {n3}-{n4}-{n2} fits the models of {year}.
    Who wrote the novel that won the prize in {year}?
"""
NATIONAL = {
    "us_ssn": ("en_US", "ssn"), "fr_nir": ("fr_FR", "ssn"),
    "es_nie": ("es_ES", "nie"), "it_codice_fiscale": ("it_IT", "ssn"), "br_cpf": ("pt_BR", "cpf"),
    "se_personnummer": ("sv_SE", "ssn"), "fi_hetu": ("fi_FI", "ssn"), "ch_ahv": ("de_CH", "ssn"),
    "cn_resident_id": ("zh_CN", "ssn"), "pl_pesel": ("pl_PL", "pesel"), "nl_bsn": ("nl_NL", "ssn"),
    "ca_sin": ("en_CA", "ssn"),
}  # fmt: skip
"""Kind: Faker locale and method. Its NINO and Aadhaar numbers are invalid by their own rules."""
NATIONAL_WORDS = {
    "pl_pesel": "PESEL", "nl_bsn": "BSN", "ca_sin": "SIN",
    "es_nie": "NIE",
}  # fmt: skip


class Span(NamedTuple):
    """A planted value: its kind and its characters ``start`` to ``end``."""

    kind: str
    start: int
    end: int


class Text(NamedTuple):
    """One sentence and what was planted in it; nothing in a clean one."""

    text: str
    spans: list[Span]


def generate(half: str, count: int, seed: int) -> list[Text]:
    """``count`` sentences with planted values. ``half`` is ``dev`` or ``held``."""
    from faker import Faker

    chance = random.Random(seed)  # noqa: S311 - a benchmark's draw
    fakers = []
    for locale in LOCALES[half]:
        fake = Faker(locale)
        fake.seed_instance(chance.randrange(2**32))
        fakers.append(fake)
    bank = Faker(IBAN_LOCALES)
    bank.seed_instance(seed)
    sentences = [line.strip().replace("\\n", "\n") for line in SENTENCES[half].strip().splitlines()]
    return [
        _fill(chance.choice(sentences), _values(chance.choice(fakers), bank, chance))
        for _ in range(count)
    ]


def generate_national(count: int, seed: int) -> list[Text]:
    """``count`` sentences for each national number, with the scheme's word where it is usual."""
    from faker import Faker

    texts = []
    for kind, (locale, method) in NATIONAL.items():
        fake = Faker(locale)
        fake.seed_instance(seed)
        word = NATIONAL_WORDS.get(kind, "number")
        for n in range(count):
            sentence = (f"My {word} is {{v}}, thanks.", f"{word}: {{v}}\nend")[n % 2]
            texts.append(_fill(sentence, lambda _, f=fake, m=method: str(getattr(f, m)()), kind))
    return texts


def generate_clean(count: int, seed: int) -> list[Text]:
    """``count`` sentences full of numbers, none of which is personal data."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark's draw
    sentences = [line.strip() for line in CLEAN.strip().splitlines()]

    def value(slot: str) -> str:
        if slot == "day":
            return f"{chance.randint(1, 28)}/{chance.randint(1, 12)}/{chance.randint(2000, 2030)}"
        if slot == "year":
            return str(chance.randint(1800, 2030))
        if slot == "upper":
            return "".join(chance.choices("ABCDEFGHKLMNPRSTVWXYZ", k=2))
        size = int(slot.lstrip("nhex") or 8)
        return "".join(chance.choices("0123456789abcdef"[: 16 if "hex" in slot else 10], k=size))

    return [Text(_fill(chance.choice(sentences), value).text, []) for _ in range(count)]


def _values(fake: Any, bank: Any, chance: random.Random) -> Callable[[str], str]:
    def card() -> str:
        number = fake.credit_card_number()
        if len(number) == 16 and chance.random() < 0.5:
            return chance.choice((" ", "-")).join(re.findall("....", number))
        return str(number)

    def iban() -> str:
        number = bank.iban()
        return " ".join(re.findall(".{1,4}", number)) if chance.random() < 0.4 else str(number)

    def us_ssn() -> str:
        area = chance.choice([n for n in range(1, 900) if n != 666])
        return f"{area:03}-{chance.randint(1, 99):02}-{chance.randint(1, 9999):04}"

    def birth() -> str:
        form = chance.choice(("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%B %d, %Y", "%d %b %Y"))
        return str(fake.date_of_birth(minimum_age=18, maximum_age=95).strftime(form))

    makers: dict[str, Callable[[], Any]] = {
        "person": fake.name,
        "address": lambda: fake.address().replace("\n", ", "),
        "phone": fake.phone_number,
        "email": lambda: chance.choice((fake.company_email, fake.free_email))(),
        "card": card,
        "iban": iban,
        "ip": lambda: fake.ipv4_public() if chance.random() < 0.7 else fake.ipv6(),
        "us_ssn": us_ssn,
        "national": us_ssn,
        "url": fake.url,
        "mac": fake.mac_address,
        "birth": birth,
    }
    return lambda slot: str(makers[slot]())


_KINDS = {"card": "credit_card", "birth": "date_of_birth", "national": "us_ssn"}


def _fill(sentence: str, value: Callable[[str], str], kind: str = "") -> Text:
    text, spans = "", []
    for literal, slot in re.findall(r"((?:[^{}]|\{\{|\}\})*)(?:\{(\w+)\})?", sentence):
        text += literal.replace("{{", "{").replace("}}", "}")
        if slot:
            made = value(slot)
            spans.append(Span(kind or _KINDS.get(slot, slot), len(text), len(text) + len(made)))
            text += made
    return Text(text, spans)
