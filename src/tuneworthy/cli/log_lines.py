"""What programs log, on standard error: one line an event, and nothing in it steers a terminal."""

import logging

from tuneworthy.methods.plain_text import one_line


class OneLine(logging.Formatter):
    """Controls, line breaks and direction overrides are written out, traces too."""

    def format(self, record: logging.LogRecord) -> str:
        """The level and what is said, on one line."""
        return f"{record.levelname}: {one_line(super().format(record))}"


def install() -> None:
    """Write warnings and worse in this way, unless whoever runs this program has set up logging."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(OneLine())
        handler.setLevel(logging.WARNING)
        root.addHandler(handler)
