"""Keys and values of a batch, in buffers that are sized once.

The attention layers call ``update`` with a layer's new keys and values, (rows, heads, tokens,
width) each, and attend to what it returns.
"""

from typing import Any, Protocol

Shared = list[tuple[Any, Any]]
"""Keys and values per layer of a start that many rows share: (heads, tokens, width) each."""


class Cache(Protocol):
    """What the attention layers need."""

    def update(self, key: Any, value: Any, layer_idx: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Take one layer's new keys and values; return all that the new tokens may see."""
        ...

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens held so far (the same in every layer)."""
        ...


class KeyValues:
    """Room for so many tokens in each of a batch's rows."""

    def __init__(self, layers: int, rows: int, room: int) -> None:
        self.length = 0
        self._rows = rows
        self._room = room
        self._keys: list[Any] = [None] * layers
        self._values: list[Any] = [None] * layers

    def update(self, key: Any, value: Any, layer_idx: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Append one layer's new keys and values; return all of that layer's."""
        end = self.length + key.shape[2]
        self._put(layer_idx, slice(None), end, key, value)
        if layer_idx == len(self._keys) - 1:
            self.length = end
        return self._keys[layer_idx][:, :, :end], self._values[layer_idx][:, :, :end]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens held so far (the same in every layer)."""
        del layer_idx
        return self.length

    def begin(self, layer: int, rows: slice, end: int, key: Any, value: Any) -> None:
        """Put the first keys and values of some rows where they end before place ``end``."""
        self._put(layer, rows, end, key, value)
        self.length = end

    def keep(self, rows: Any) -> None:
        """Drop every row that is not in ``rows``."""
        self._rows = len(rows)
        self._keys = [keys.index_select(0, rows) for keys in self._keys]
        self._values = [values.index_select(0, rows) for values in self._values]

    def shared(self) -> Shared:
        """The one row's keys and values per layer, for other batches to attend to."""
        pairs = zip(self._keys, self._values, strict=True)
        return [(keys[0].contiguous(), values[0].contiguous()) for keys, values in pairs]

    def _put(self, layer: int, rows: slice, end: int, key: Any, value: Any) -> None:
        if self._keys[layer] is None:
            shape = self._rows, key.shape[1], self._room, key.shape[3]
            # Zeros, not whatever lay there: places that are masked are still multiplied.
            self._keys[layer], self._values[layer] = key.new_zeros(shape), key.new_zeros(shape)
        start = end - key.shape[2]
        self._keys[layer][rows, :, start:end] = key
        self._values[layer][rows, :, start:end] = value


class Beginning:
    """Some rows of a batch while their prompts are read: nothing stands before them.

    With no batch nothing of them is kept.
    """

    def __init__(self, whole: KeyValues | None, rows: slice = slice(None), end: int = 0) -> None:
        self._whole = whole
        self._rows = rows
        self._end = end

    def update(self, key: Any, value: Any, layer_idx: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Hand the keys and values on, and keep them in the batch."""
        if self._whole is not None:
            self._whole.begin(layer_idx, self._rows, self._end, key, value)
        return key, value

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Nothing stands before the new tokens."""
        del layer_idx
        return 0
