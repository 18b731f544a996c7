"""Reads on in the audit chain, so that what rests on its events is never behind it."""

import json
from threading import Lock
from typing import Any

from tuneworthy.core.ports import Store

REWRITE = "erasure.rewrite"
"""The action under which an erasing takes a person's texts out of a row."""


class ChainReader:
    """What the events say, taken in as the chain grows; a chain only grows, so none is read twice.

    Threads that read on at the same time wait for each other.
    """

    def __init__(self) -> None:
        self.newest = 0
        """The number of the newest event that was read."""
        self._turn = Lock()

    def read_on(self, store: Store) -> None:
        """Take in the events that were added since the last call."""
        with self._turn:
            for record in store.audit(self.newest):
                self.newest = record.seq
                try:
                    self._take(json.loads(record.body))
                except (ValueError, KeyError, TypeError):
                    continue  # a damaged event is for `audit verify` to name

    def _take(self, event: dict[str, Any]) -> None:
        """What one event says; ``newest`` is its number.

        Raises ValueError, KeyError or TypeError for a damaged one.
        """
        raise NotImplementedError
