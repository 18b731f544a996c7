"""Records that a newer one of the same source contradicts."""

from collections import defaultdict
from collections.abc import Hashable, Sequence


def stale_rows(
    asked: Sequence[Hashable],
    answers: Sequence[Hashable],
    times: Sequence[float | None],
    sources: Sequence[Hashable] | None = None,
) -> list[tuple[int, int]]:
    """(stale row, the newer row that contradicts it), in the order of the stale rows.

    A row is stale when the newest row of its source that asks the same answers otherwise. Rows
    without a time are never called stale, and make none so. Rows of one newest time that disagree
    among themselves are a conflict, not stale; older rows that agree with any of them stay.

    Args:
        asked: What is asked; equal for the same or near-same requests (a group number will do).
        answers: What is answered; equal for the same answer.
        times: Seconds since any one moment, or None.
        sources: Where each row is from; None when all are from one.
    """
    newest: dict[tuple[Hashable, Hashable], float] = {}
    latest: defaultdict[tuple[Hashable, Hashable], dict[Hashable, int]] = defaultdict(dict)
    keys = [(asked[i], sources[i] if sources is not None else None) for i in range(len(asked))]
    for row, (key, time) in enumerate(zip(keys, times, strict=True)):
        if time is None or time != time:
            continue
        if key not in newest or time > newest[key]:
            newest[key] = time
            latest[key] = {}
        if time == newest[key]:
            latest[key].setdefault(answers[row], row)
    found = []
    for row, (key, time) in enumerate(zip(keys, times, strict=True)):
        if time is not None and key in newest and time < newest[key]:
            said = latest[key]
            if answers[row] not in said:
                found.append((row, min(said.values())))
    return found
