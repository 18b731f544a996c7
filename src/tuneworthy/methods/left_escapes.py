r"""Escapes of HTML or JSON that an export left in plain text, and the text without them.

``don&#39;t`` and ``caf\u00e9`` are escapes where no markup and no code stands around them. Escaped
twice (``&amp;quot;``) they are damage anywhere. A text about HTML may be named.
"""

import html
import re

_NAMED = (
    r"amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip|eacute|egrave|agrave|ccedil|ntilde"
    r"|[auo]uml|szlig|euro|pound"
)
_TWICE = re.compile(rf"&amp;(?:{_NAMED}|#\d{{2,5}}|#x[0-9a-f]{{2,4}});", re.I)
_ENTITY = re.compile(rf"&(?:{_NAMED}|#\d{{2,5}}|#x[0-9a-f]{{2,4}});", re.I)
_LITERAL = re.compile(r"(?<=[a-z])\\u(?:00[c-f][0-9a-f]|201[89])|\\u(?:00[c-f][0-9a-f])(?=[a-z])")
_CODE = re.compile(r"[<{`\"]|://")


def left_escape(text: str) -> str:
    """The first escape that plain text should not hold; or empty."""
    found = _TWICE.search(text) if "&" in text else None
    if found is None and ("&" in text or "\\u" in text) and not _CODE.search(text):
        found = _ENTITY.search(text) or _LITERAL.search(text)
    return found.group(0) if found else ""


def unescaped(text: str) -> str:
    """The text with such escapes read as what they stand for; unchanged where there are none.

    In markup and code what was escaped twice stays escaped once, as it has to be there.
    """
    for _ in range(3):
        if not left_escape(text):
            return text
        if _CODE.search(text):
            text = _TWICE.sub(lambda found: f"&{found.group(0)[5:]}", text)
            continue
        text = _ENTITY.sub(lambda found: html.unescape(found.group(0)), text)
        text = _LITERAL.sub(lambda found: chr(int(found.group(0)[2:], 16)), text)
    return text
