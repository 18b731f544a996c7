"""The address that people type, where a proxy ends TLS before the server."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.api.control.place import Place, public_origin
from tuneworthy.core.errors import UsageProblem

GOOD = {
    "https://t.example.org": "https://t.example.org",
    "HTTPS://T.Example.org/": "https://t.example.org",
    "https://t.example.org:443": "https://t.example.org",
    "https://t.example.org:08443": "https://t.example.org:8443",
    "https://10.0.0.1:8443/": "https://10.0.0.1:8443",
    "https://[FD00::0:1]:8443": "https://[fd00::1]:8443",
    "https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
    "https://box": "https://box",
}
BAD = [
    "http://t.example.org", "t.example.org", "//t.example.org", "", "https://", "https://:443",
    "https://a@b", "https://a:b@t.example.org", "https://@t.example.org",
    "https://t.example.org#x", "https://t.example.org/#", "https://t.example.org?",
    "https://t.example.org?x=1", "https://t.example.org/pages", "https://t.example.org//pages",
    "https://t.example.org\\@evil.example", "https://t.example.org:", "https://t.example.org:0",
    "https://t.example.org:65536", "https://t.example.org:port", "https://t .example.org",
    "https://t.example.org\n", "https://b\u00fccher.example", "https://127.1", "https://0x7f.1",
    "https://010.0.0.1", "https://1.2.3.4.5", "https://[::1", "https://[127.0.0.1]",
    "https://[fe80::1%25eth0]", "https://-a.example", "https://a..example", "https://" + "a" * 64,
]  # fmt: skip


@pytest.mark.parametrize(("typed", "origin"), GOOD.items())
def test_an_origin_is_as_browsers_write_it(typed: str, origin: str) -> None:
    assert public_origin(typed) == origin
    place = Place(8081, origin)
    assert place.is_own(origin, urlsplit(origin).netloc)


@pytest.mark.parametrize("typed", BAD)
def test_what_is_none_is_refused(typed: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        public_origin(typed)
    assert caught.value.code == "public_url"
    assert caught.value.why
    assert caught.value.fix


@given(st.text(max_size=30) | st.from_regex(r"https://[a-z0-9.:\[\]@/#?%-]{0,30}", fullmatch=True))
def test_any_text_is_an_origin_or_refused(typed: str) -> None:
    try:
        origin = public_origin(typed)
    except UsageProblem:
        return
    assert re.fullmatch(r"https://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]*)?", origin)
    assert public_origin(origin) == origin
    assert urlsplit(origin).username is None
