"""Notices when the first JSON object, or list with objects, of a growing text is closed."""

from tuneworthy.methods.strict_json import whole_json

_OPENING, _CLOSING = "{[", "}]"


class JsonEnd:
    """Counts braces and brackets outside strings, piece by piece.

    What they close must be JSON (RFC 8259) with an object in it: a broken object, and a note such
    as ``[1]``, are passed over as a whole.

    Args:
        text: What the answer starts with already.
    """

    def __init__(self, text: str = "") -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._opened: list[str] = []
        self._object = False
        self.closed = False
        self.add(text)

    def add(self, piece: str) -> bool:
        """Take the next piece of text; True when the JSON is closed."""
        for character in piece:
            if self._depth or character in _OPENING:
                self._opened.append(character)
            if self._in_string:
                self._string(character)
            elif character == '"' and self._depth:
                self._in_string = True
            elif character in _OPENING:
                self._depth += 1
                self._object |= character == "{"
            elif character in _CLOSING and self._depth:
                self._close()
        return self.closed

    def _close(self) -> None:
        self._depth -= 1
        if not self._depth:
            self.closed |= self._object and bool(whole_json("".join(self._opened)))
            self._opened.clear()
            self._object = False

    def _string(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._in_string = False
