"""An adapter that changes nothing, made of another one: its second factors are zeros."""

import json
from pathlib import Path

from tuneworthy.core.errors import IntegrityProblem

WEIGHTS = "adapter_model.safetensors"


def zero_adapter(folder: Path) -> None:
    """Overwrite every ``lora_B`` in a folder's safetensors with zeros, in place.

    The file has the length of its header (8 bytes, little end first), the header (JSON) and the
    numbers; zero bytes are the number 0 in every format.

    Raises:
        IntegrityProblem: There is no such file in the folder.
    """
    path = folder / WEIGHTS
    try:
        data = bytearray(path.read_bytes())
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:start])
    except (OSError, ValueError) as fault:
        raise IntegrityProblem(
            "bad_adapter",
            f"The adapter in {folder} is not usable.",
            why=f"{WEIGHTS} cannot be read.",
            fix="Train again, or restore the adapter that was approved.",
        ) from fault
    for name, about in header.items():
        if ".lora_B." in name:
            low, high = (start + place for place in about["data_offsets"])
            data[low:high] = bytes(high - low)
    path.unlink()
    path.write_bytes(data)
