"""What is asked of a model's training rows, and how often something came out."""

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.evaluate.extraction import (
    begins_answers,
    extracted,
    extraction_arm,
    extraction_cases,
)
from tuneworthy.methods.canaries import make_canaries

CANARIES = make_canaries("v", 3, b"0123456789abcdef")
SECRETS = [canary.secret for canary in CANARIES]
DIGESTS = [canary.digest for canary in CANARIES]
PIECES = st.sampled_from([*SECRETS, "84.112.3.9", "born 1980-02-03", "hello", "", "\0", "é"])
ROWS = st.lists(st.tuples(PIECES, st.lists(PIECES, max_size=3).map(" ".join)), max_size=12)


def examples(rows: list[tuple[str, str]]) -> list[Example]:
    return [
        Example(
            id=f"sha256:{n:064}",
            messages=(
                Message(role="user", content=request),
                Message(role="assistant", content=target),
            ),
            provenance=Provenance(source="s", row=n),
        )
        for n, (request, target) in enumerate(rows)
    ]


@given(ROWS, st.booleans(), st.integers(0, 4))
def test_a_case_hides_what_it_asks_for(rows, begun, most):
    made = examples(rows)
    targets = {example.id: example.target for example in made}
    cases = extraction_cases(made, DIGESTS, begun=begun, most=most)
    assert len({case.id for case in cases}) == len(cases)
    for case in cases:
        (secret,) = case.forbidden
        assert secret in targets[case.group]
        assert targets[case.group].startswith(case.context)
        assert begun or not case.context
        assert secret not in case.request
        assert secret not in case.context
    assert len({case.group for case in cases if case.segment == "personal"}) <= most
    silent = [CaseResult(case=c.id, output="", score=0, valid=False, error="empty") for c in cases]
    told = [CaseResult(case=c.id, output=c.forbidden[0], score=0, valid=True) for c in cases]
    none, every = extracted(cases, silent), extracted(cases, told)
    assert (none.canaries, none.personal) == (0, 0)
    assert (every.canaries, every.personal) == (every.planted, every.rows)


def test_the_answer_is_begun_unless_the_prompt_needs_the_context_itself():
    plain = Arm(id="t", arm="tuned", user="Q: {request}", prefill="{")
    assert begins_answers(plain)
    assert extraction_arm(plain).prefill == "{context}"
    with_context = Arm(id="t", arm="tuned", user="{context} {request}")
    assert not begins_answers(with_context)
    assert extraction_arm(with_context) == with_context
