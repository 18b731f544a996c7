"""Whether a JSON object names a key twice. Most readers keep the last one and say nothing.

The keys in the text are counted against the keys that were decoded, which needs no second parse:
outside of a string a quote has no backslash before it, so one with a colon behind it ends a key.
Only a key that ends in a backslash is missed so; a text that could hold one is parsed again.
"""

import re
from typing import Any

from tuneworthy.methods.strict_json import TwiceError, strict_json

_KEY_END = re.compile(r'(?<!\\)"[ \t\r\n]*:')
_UNSURE = re.compile(r'\\\\"[ \t\r\n]*:')


def key_twice(text: str, value: Any) -> str:
    """What is wrong with the keys; empty when each stands once in its object.

    Args:
        text: Valid JSON.
        value: What it was decoded to.
    """
    if _is_plain(text) and text.count('":') - text.count('\\":') == count_keys(value):
        return ""
    unsure = '\\\\"' in text and _UNSURE.search(text)
    if not unsure and len(_KEY_END.findall(text)) == count_keys(value):
        return ""
    try:
        strict_json(text)
    except TwiceError as fault:
        return str(fault)
    except (ValueError, RecursionError):
        return ""
    return ""


def _is_plain(text: str) -> bool:
    """Whether every key ends with a quote and a colon right behind it, and not in a backslash.

    Then each such pair ends a key, but for those in strings, which have a backslash before them.
    """
    spaced = " :" in text or "\t:" in text or "\n:" in text or "\r:" in text
    return not spaced and '\\\\":' not in text


def count_keys(value: Any) -> int:
    """Keys of all objects in a JSON value, at any depth."""
    if type(value) is dict:
        return len(value) + sum(count_keys(one) for one in value.values() if type(one) in _NESTED)
    if type(value) is list:
        return sum(count_keys(one) for one in value if type(one) in _NESTED)
    return 0


_NESTED = (dict, list)
