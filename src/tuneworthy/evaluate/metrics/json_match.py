"""The answer's JSON object equals the expected one."""

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.evaluate.metrics.mark import Mark


def json_match(output: str, case: Case) -> Mark:
    """1 when the first JSON object in the answer equals the expected object (key order ignored)."""
    said = first_object(output)
    if said is None:
        return Mark(score=0, valid=False, error="no JSON object")
    wanted = first_object(case.expected)
    if said == wanted:
        return Mark(score=1, valid=True)
    same_keys = wanted is not None and set(said) == set(wanted)
    return Mark(score=0, valid=same_keys, error="other value" if same_keys else "other keys")
