from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.circles import circles

PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20)


@given(PAIRS)
def test_groups_equal_those_found_by_walking(pairs):
    near: dict[int, set[int]] = {node: {node} for node in range(12)}
    for left, right in pairs:
        near[left].add(right)
        near[right].add(left)
    wanted = []
    for node in range(12):
        reached, queue = {node}, [node]
        while queue:
            more = near[queue.pop()] - reached
            reached |= more
            queue.extend(more)
        wanted.append(min(reached))
    assert circles(12, pairs) == wanted
