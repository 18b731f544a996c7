"""Notices when the first JSON object of a growing text is closed."""


class JsonEnd:
    """Counts braces outside strings, piece by piece.

    Args:
        text: What the answer starts with already.
    """

    def __init__(self, text: str = "") -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self.closed = False
        self.add(text)

    def add(self, piece: str) -> bool:
        """Take the next piece of text; True when the object is closed."""
        for character in piece:
            if self._in_string:
                self._string(character)
            elif character == '"' and self._depth:
                self._in_string = True
            elif character == "{":
                self._depth += 1
            elif character == "}" and self._depth:
                self._depth -= 1
                self.closed = self.closed or not self._depth
        return self.closed

    def _string(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._in_string = False
