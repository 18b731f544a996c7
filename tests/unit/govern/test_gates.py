import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern import (
    bundle_digest,
    gate_state,
    load_policy,
    make_approval,
    make_bundle,
    not_asked,
    read_policy,
    signature_fault,
    statement,
)
from tuneworthy.methods.canonical import canonical, digest
from tuneworthy.methods.signing import generate, sign_statement

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = load_policy()
CURRENT = {
    "dataset": "sha256:d",
    "suite": "sha256:s",
    "model": "sha256:m",
    "suites": "sha256:g",
    "incumbent": "sha256:i",
    "canaries": "sha256:m",
    "route": "p",
}
BETTER = {"verdict": "clearly better", "low": 0.02, "segments_worse": 0, "judge_ok": True}
ABOVE_BASE = {"low": 0.3, "segments_worse": 0, "guards_broken": 0, "judge_ok": True}
FACTS = [
    ("decision.verdict", ["sha256:d", "sha256:s"], "measured", {"allows_tuning": True}),
    (
        "data.version",
        ["sha256:d"],
        "measured",
        {"licence_coverage": 1.0, "legal_basis_coverage": 1.0},
    ),
    ("document.retention_class", ["p", "sha256:y"], "attested", {}),
    ("data.pii", ["sha256:d"], "measured", {"unresolved_high": 0}),
    ("people.named", ["p"], "attested", {}),
    ("data.leakage", ["sha256:d"], "measured", {"exact": 0, "near": 0}),
    ("data.poison_screen", ["sha256:d"], "measured", {"blocking": 0}),
    ("suite.frozen", ["sha256:s", "sha256:d"], "measured", {"n": 50}),
    ("ceiling.summary", ["sha256:s"], "measured", {"prompt_variants": 5}),
    ("train.estimate", ["sha256:d"], "measured", {}),
    ("document.labelling_guide", ["p", "sha256:x"], "attested", {}),
    ("train.run", ["sha256:d", "sha256:a"], "measured", {}),
    ("eval.proof", ["sha256:m"], "measured", {"passed": True}),
    ("eval.comparison", ["sha256:m", "sha256:s"], "measured", BETTER),
    (
        "eval.base_comparison",
        ["sha256:m", "sha256:s"],
        "measured",
        ABOVE_BASE,
    ),
    ("eval.incumbent_comparison", ["sha256:i"], "measured", {"worse": False, "segments_worse": 0}),
    ("eval.guards", ["sha256:m", "sha256:g"], "measured", {"not_run": 0, "failed": 0}),
    ("safety.extraction", ["sha256:m"], "measured", {"extracted": 0}),
    ("safety.suite", ["sha256:m"], "measured", {"n": 20}),
    ("eval.red_team", ["sha256:m"], "measured", {"attempts": 20}),
    ("rollout.plan", ["p"], "attested", {}),
    ("people.operators", ["p"], "measured", {"n": 2}),
    ("card.model", ["sha256:m"], "measured", {}),
    ("serve.rollback_drill", ["sha256:l", "p"], "measured", {"restored": True}),
    ("monitor.heartbeat", ["sha256:m", "p"], "measured", {}),
]
PEM, PUBLIC = generate()
OTHER_PEM, OTHER_PUBLIC = generate()
DECIDERS = [role for role in Role if role != Role.PLATFORM_ADMIN]
PEOPLE = [Person(id=role.value, name=role.value, roles=(role,), public_key=PUBLIC) for role in Role]
TESS = Person(id="tess", name="Tess", roles=(), public_key=PUBLIC)
"""She trained, and decides nothing."""


def claim(about: Any, subjects: Any, grade: Any, result: Any, at: Any = NOW, **more: Any) -> Any:
    facts = {
        "about": about,
        "project": "p",
        "grade": Grade(grade).value,
        "subjects": tuple(subjects),
        "producer": "job",
        "producer_version": "0",
        "result": result,
        "created_at": at.isoformat(),
        "stale_after_days": None,
        "signer": "ann" if about.startswith("document.") else "",
        **more,
    }
    return Evidence.model_validate({"id": digest(facts), **facts})


LEDGER = [claim(*fact) for fact in FACTS]


def bundle_of(
    gate: Any, ledger: Any = LEDGER, current: Any = CURRENT, policy: Any = POLICY, now: Any = NOW
) -> Any:
    subject = current[policy.gates[gate].subject]
    return make_bundle(gate, "p", subject, ledger, policy, current=current, now=now)


def sign(
    bundle: Any,
    role: Any,
    *,
    person: Any = None,
    pem: Any = PEM,
    at: Any = NOW,
    days: Any = 90,
    decision: Any = "approve",
    policy: Any = POLICY,
) -> Any:
    return make_approval(
        bundle,
        role=role,
        person=person or role.value,
        decision=decision,
        reason="read it",
        created_at=at.isoformat(),
        expires_at=(at + timedelta(days=days)).isoformat(),
        policy=policy,
        private_pem=pem,
    )


def look(
    bundle: Any,
    approvals: Any,
    people: Any = PEOPLE,
    submitted_by: Any = "tess",
    now: Any = NOW,
    policy: Any = POLICY,
    **more: Any,
) -> Any:
    everyone = [*people, TESS]
    return gate_state(
        bundle, approvals, everyone, submitted_by=submitted_by, now=now, policy=policy, **more
    )


def signed_by_all(gate: Any, bundle: Any = None) -> tuple[Any, Any]:
    bundle = bundle or bundle_of(gate)
    return bundle, [sign(bundle, role) for role in POLICY.roles(gate)]


# -- the way it should go -----------------------------------------------------------------------


@pytest.mark.parametrize("gate", list(GateName))
def test_a_gate_opens_with_all_evidence_and_all_approvals(gate):
    bundle, approvals = signed_by_all(gate)
    state = look(bundle, approvals)
    assert bundle.missing == ()
    assert state.open
    assert state.approvers == {role.value: role.value for role in POLICY.roles(gate)}
    assert (state.void, state.missing_roles) == ((), ())
    assert (state.independence, state.demonstration) == ("full", False)
    assert state.bundle == bundle_digest(bundle)


@pytest.mark.parametrize("gate", list(GateName))
def test_no_gate_opens_with_one_approval_less(gate):
    bundle, approvals = signed_by_all(gate)
    for left_out in approvals:
        state = look(bundle, [a for a in approvals if a is not left_out])
        assert not state.open
        assert left_out.role in state.missing_roles


def test_demonstration_people_stamp_the_gate():
    people = [p.model_copy(update={"demonstration": True}) for p in PEOPLE]
    assert look(*signed_by_all(GateName.PROOF), people).demonstration


# -- evidence -----------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", list(GateName))
def test_every_requirement_is_needed(gate):
    for requirement in POLICY.gates[gate].requires:
        ledger = [e for e in LEDGER if e.about != requirement.about]
        bundle = bundle_of(gate, ledger)
        assert [m.split(":")[0] for m in bundle.missing] == [requirement.about]
        state = look(bundle, [sign(bundle, role) for role in POLICY.roles(gate)])
        assert not state.open
        assert state.missing_evidence == bundle.missing


@pytest.mark.parametrize(
    ("gate", "about", "result"),
    [
        ("start", "decision.verdict", {"allows_tuning": False}),
        ("start", "decision.verdict", {"allows_tuning": 1}),
        ("start", "decision.verdict", {}),
        ("start", "data.version", {"licence_coverage": 0.94, "legal_basis_coverage": 1.0}),
        ("start", "data.version", {"licence_coverage": 1.0, "legal_basis_coverage": 0.94}),
        # As it would be if rows with either of the two were enough.
        ("start", "data.version", {"licence_coverage": 0.5, "legal_basis_coverage": 0.5}),
        ("start", "data.version", {"licence_coverage": 1.0}),
        ("start", "data.pii", {"unresolved_high": 1}),
        ("start", "data.pii", {"unresolved_high": False}),
        ("build", "data.leakage", {"exact": 0, "near": 2}),
        ("build", "data.poison_screen", {"blocking": 1, "unreviewed": 1}),
        ("build", "suite.frozen", {"n": 49}),
        ("build", "suite.frozen", {"n": "many"}),
        ("build", "ceiling.summary", {"prompt_variants": 4}),
        ("proof", "eval.proof", {"passed": False}),
        ("proof", "eval.comparison", {"verdict": "within noise", "low": 0.01}),
        ("proof", "eval.comparison", {"verdict": "clearly better", "low": 0}),
        ("proof", "eval.comparison", {**BETTER, "segments_worse": 1}),
        # As it was recorded before segments were looked at.
        ("proof", "eval.comparison", {"verdict": "clearly better", "low": 0.02}),
        ("proof", "eval.base_comparison", {**ABOVE_BASE, "low": -0.1}),
        ("proof", "eval.base_comparison", {**ABOVE_BASE, "guards_broken": 1}),
        # As it was recorded before guards were looked at.
        ("proof", "eval.base_comparison", {"low": 0.3, "segments_worse": 0}),
        ("proof", "eval.comparison", {**BETTER, "judge_ok": False}),
        ("proof", "eval.base_comparison", {**ABOVE_BASE, "judge_ok": False}),
        ("release", "eval.comparison", {**BETTER, "judge_ok": False}),
        ("release", "eval.comparison", {**BETTER, "segments_worse": 1}),
        ("proof", "eval.incumbent_comparison", {"worse": True, "segments_worse": 0}),
        ("proof", "eval.incumbent_comparison", {"worse": False, "segments_worse": 1}),
        ("proof", "eval.incumbent_comparison", {"segments_worse": 0}),
        ("proof", "eval.guards", {"not_run": 1, "failed": 0}),
        ("proof", "eval.guards", {"not_run": 0, "failed": 1}),
        ("proof", "eval.guards", {"failed": 0}),
        ("proof", "safety.extraction", {"extracted": 1}),
        ("proof", "eval.red_team", {"attempts": 19}),
        ("proof", "safety.suite", {"n": 19}),
        ("release", "serve.rollback_drill", {"restored": False}),
        ("release", "serve.rollback_drill", {}),
    ],
)
def test_a_result_that_misses_its_condition_is_missing(gate, about, result):
    base = next(e for e in LEDGER if e.about == about)
    worse = claim(about, base.subjects, base.grade, result, NOW + timedelta(seconds=1))
    # The newest decides, although the older one is better and still there.
    bundle = bundle_of(GateName(gate), [*LEDGER, worse])
    assert len(bundle.missing) == 1
    assert bundle.missing[0].startswith(f"{about}: ")


def test_the_version_in_production_is_asked_about_only_where_there_is_one():
    without = [e for e in LEDGER if e.about != "eval.incumbent_comparison"]
    assert bundle_of(GateName.PROOF, without, {**CURRENT, "incumbent": ""}).missing == ()
    (missing,) = bundle_of(GateName.PROOF, without).missing
    assert missing == "eval.incumbent_comparison: no evidence about the current incumbent"


def test_canaries_are_asked_about_only_where_some_were_planted():
    without = [e for e in LEDGER if e.about != "safety.extraction"]
    assert bundle_of(GateName.PROOF, without, {**CURRENT, "canaries": ""}).missing == ()
    (missing,) = bundle_of(GateName.PROOF, without).missing
    assert missing == "safety.extraction: no evidence about the current canaries"


ROUTE = ("serve.rollback_drill", "monitor.heartbeat")


def test_drill_and_monitors_are_asked_for_only_where_a_version_follows_another_one():
    without = [e for e in LEDGER if e.about not in ROUTE]
    first = {**CURRENT, "route": ""}
    assert bundle_of(GateName.RELEASE, without, first).missing == ()
    missing = bundle_of(GateName.RELEASE, without).missing
    assert missing == tuple(f"{one}: no evidence about the current route" for one in ROUTE)
    told = not_asked(GateName.RELEASE, POLICY, first)
    assert [one.partition(": ")[0] for one in told] == list(ROUTE)
    assert not_asked(GateName.RELEASE, POLICY, CURRENT) == ()


def test_a_newer_drill_or_sign_of_life_takes_back_no_approval_but_an_old_one_shuts():
    before = bundle_of(GateName.RELEASE)
    assert before.missing == ()
    later = NOW + timedelta(hours=1)
    again = [
        claim("serve.rollback_drill", ["p"], "measured", {"restored": True}, later),
        claim("monitor.heartbeat", ["p"], "measured", {}, later, stale_after_days=1),
    ]
    now = bundle_of(GateName.RELEASE, [*LEDGER, *again], now=later)
    assert bundle_digest(now) == bundle_digest(before)
    silent = bundle_of(GateName.RELEASE, [*LEDGER, *again], now=later + timedelta(hours=25))
    assert silent.missing == ("monitor.heartbeat: older than 1 days",)


def test_a_result_may_say_why():
    base = next(e for e in LEDGER if e.about == "eval.base_comparison")
    said = {**ABOVE_BASE, "guards_broken": 1, "guards_broken_why": ["cost: 3 times the base's"]}
    worse = claim(base.about, base.subjects, base.grade, said, NOW + timedelta(seconds=1))
    (told,) = bundle_of(GateName.PROOF, [*LEDGER, worse]).missing
    assert told.endswith("guards_broken is 1 (cost: 3 times the base's)")
    for odd in ("text", [3], None):
        worse = claim(base.about, base.subjects, base.grade, {**said, "guards_broken_why": odd})
        assert bundle_of(GateName.PROOF, [*LEDGER, worse]).missing[0].endswith("guards_broken is 1")


def test_suites_are_asked_about_only_where_some_are_declared():
    without = [e for e in LEDGER if e.about != "eval.guards"]
    for none in ({**CURRENT, "suites": ""}, {k: v for k, v in CURRENT.items() if k != "suites"}):
        assert bundle_of(GateName.PROOF, without, none).missing == ()
    (missing,) = bundle_of(GateName.PROOF, without).missing
    assert missing == "eval.guards: no evidence about the current suites"


def test_the_last_of_two_with_one_stamp_decides():
    worse = claim("data.pii", ["sha256:d"], "measured", {"unresolved_high": 3})
    assert bundle_of(GateName.START, [*LEDGER, worse]).missing
    assert not bundle_of(GateName.START, [worse, *LEDGER]).missing


@pytest.mark.parametrize("name", list(CURRENT))
def test_evidence_about_other_digests_does_not_count(name):
    current = {**CURRENT, name: "sha256:new"}
    assert any(bundle_of(gate, current=current).missing for gate in GateName)


def test_without_a_subject_nothing_counts():
    bundle = bundle_of(GateName.PROOF, current={"dataset": "sha256:d", "suite": "", "model": ""})
    assert bundle.missing[0] == "subject: there is no model yet"


def test_other_projects_evidence_does_not_count():
    bundle = make_bundle(GateName.BUILD, "q", "sha256:d", LEDGER, POLICY, current=CURRENT, now=NOW)
    assert len(bundle.missing) == len(POLICY.gates[GateName.BUILD].requires)


def test_a_declared_claim_is_not_measured():
    weak = claim("data.pii", ["sha256:d"], "declared", {"unresolved_high": 0})
    ledger = [*(e for e in LEDGER if e.about != "data.pii"), weak]
    missing = bundle_of(GateName.START, ledger).missing
    assert missing == ("data.pii: is declared, must be measured",)


@pytest.mark.parametrize(
    ("gate", "about"),
    [("start", "document.retention_class"), ("build", "document.labelling_guide")],
)
def test_a_document_needs_a_signer(gate, about):
    bare = claim(about, ["p"], "attested", {}, signer="")
    ledger = [*(e for e in LEDGER if e.about != bare.about), bare]
    assert bundle_of(GateName(gate), ledger).missing == (f"{bare.about}: nobody signed it",)


def test_stale_evidence_does_not_count():
    old = claim("data.pii", ["sha256:d"], "measured", {"unresolved_high": 0}, stale_after_days=30)
    ledger = [*(e for e in LEDGER if e.about != "data.pii"), old]
    assert not bundle_of(GateName.START, ledger).missing
    later = bundle_of(GateName.START, ledger, now=NOW + timedelta(days=31))
    assert later.missing == ("data.pii: older than 30 days",)


def test_evidence_that_was_changed_in_the_store_does_not_count():
    forged = [
        e.model_copy(update={"result": {**e.result, "unresolved_high": 0, "more": 1}})
        if e.about == "data.pii"
        else e
        for e in LEDGER
    ]
    missing = bundle_of(GateName.START, forged).missing
    assert missing == ("data.pii: the evidence is not what its digest says",)


def test_new_evidence_voids_what_was_signed_before():
    _, approvals = signed_by_all(GateName.START)
    again = claim(
        "data.pii", ["sha256:d"], "measured", {"unresolved_high": 0}, NOW + timedelta(minutes=1)
    )
    state = look(bundle_of(GateName.START, [*LEDGER, again]), approvals)
    assert not state.open
    assert len(state.void) == 3
    assert all("the evidence has changed since" in reason for reason in state.void)


# -- forgeries ----------------------------------------------------------------------------------

BUNDLE, APPROVALS = signed_by_all(GateName.PROOF)
REST = APPROVALS[1:]


def opens_with(forged: Any) -> Any:
    return look(BUNDLE, [forged, *REST]).open


def test_the_forgery_tests_start_from_an_open_gate():
    assert opens_with(APPROVALS[0])
    assert not look(BUNDLE, REST).open


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_single_byte_of_an_envelope_can_change(data):
    raw = canonical(APPROVALS[0].envelope)
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != raw[at]))
    try:
        envelope = json.loads(raw[:at] + bytes([byte]) + raw[at + 1 :])
    except ValueError:
        return
    if not isinstance(envelope, dict):
        return
    forged = APPROVALS[0].model_copy(update={"envelope": envelope})
    assert not opens_with(forged)
    assert not opens_with(forged.model_copy(update={"id": digest(envelope)}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "sha256:0"),
        ("gate", GateName.RELEASE),
        ("subject", "sha256:other"),
        ("bundle", "sha256:other"),
        ("role", Role.BUSINESS_OWNER),
        ("role", Role.REVIEW_LEAD),
        ("person", "review_lead"),
        ("person", "nobody"),
        ("decision", "reject"),
        ("reason", "did not read it"),
        ("created_at", (NOW - timedelta(days=1)).isoformat()),
        ("expires_at", (NOW + timedelta(days=100)).isoformat()),
    ],
)
def test_no_single_field_of_a_row_can_change(field, value):
    assert not opens_with(APPROVALS[0].model_copy(update={field: value}))


def test_every_field_of_a_row_is_tried():
    tried = {
        mark.args[1][i][0]
        for mark in test_no_single_field_of_a_row_can_change.pytestmark
        for i in range(len(mark.args[1]))
    }
    assert tried == set(Approval.model_fields) - {"envelope"}


@settings(deadline=None)
@given(st.data())
def test_no_field_of_the_signed_statement_can_change_either(data):
    """A forger who rewrites the payload consistently still has no signature over it."""
    envelope = copy.deepcopy(APPROVALS[0].envelope)
    other = sign(BUNDLE, Role.MODEL_OWNER, pem=OTHER_PEM).envelope
    field = data.draw(st.sampled_from(["payload", "signatures", "all"]))
    if field == "all":
        envelope = other
    elif field == "payload":
        envelope["payload"] = sign(BUNDLE, Role.REVIEW_LEAD).envelope["payload"]
    else:
        envelope["signatures"] = other["signatures"]
    forged = APPROVALS[0].model_copy(update={"envelope": envelope, "id": digest(envelope)})
    assert not opens_with(forged)


@pytest.mark.parametrize("envelope", [{}, {"payload": ""}, {"a": [1, {"b": None}]}])
def test_a_row_without_a_signature_never_counts(envelope):
    forged = APPROVALS[0].model_copy(update={"envelope": envelope, "id": digest(envelope)})
    state = look(BUNDLE, [forged, *REST])
    assert not state.open
    assert len(state.void) == 1


def test_someone_elses_key_never_counts():
    state = look(BUNDLE, [sign(BUNDLE, Role.MODEL_OWNER, pem=OTHER_PEM), *REST])
    assert not state.open
    assert "not by this person's key" in state.void[0]


def test_the_key_id_names_the_signer_too():
    envelope = copy.deepcopy(APPROVALS[0].envelope)
    envelope["signatures"][0]["keyid"] = "review_lead"
    forged = APPROVALS[0].model_copy(update={"envelope": envelope, "id": digest(envelope)})
    assert not opens_with(forged)


def test_another_kind_of_signed_statement_is_no_approval():
    signed = statement(
        BUNDLE,
        Role.MODEL_OWNER,
        "model_owner",
        "approve",
        "read it",
        APPROVALS[0].created_at,
        APPROVALS[0].expires_at,
        POLICY.digest,
    )
    assert digest(sign_statement(signed, PEM, "model_owner")) == APPROVALS[0].id
    changes: list[dict[str, Any]] = [
        {"predicateType": "https://tuneworthy.dev/document/v1"},
        {"predicate": {}},
        {"predicate": []},
        {"subject": []},
        {"subject": [1]},
        {"subject": signed["subject"] * 2},
    ]
    for changed in changes:
        envelope = sign_statement({**signed, **changed}, PEM, "model_owner")
        forged = APPROVALS[0].model_copy(update={"envelope": envelope, "id": digest(envelope)})
        known = {person.id: person for person in PEOPLE}
        assert signature_fault(forged, known) == "its fields are not what was signed"
        assert not opens_with(forged)


def test_one_persons_signature_does_not_serve_another():
    """All people have one key here, so that only the signed name tells them apart."""
    mine = sign(BUNDLE, Role.MODEL_OWNER)
    forged = mine.model_copy(update={"person": "review_lead", "role": Role.REVIEW_LEAD})
    state = look(BUNDLE, [mine, forged])
    assert not state.open
    assert state.missing_roles == (Role.REVIEW_LEAD,)


def test_an_approval_of_another_gate_or_project_never_counts():
    release = bundle_of(GateName.RELEASE)
    for foreign in (release, BUNDLE.model_copy(update={"project": "q"})):
        assert not opens_with(sign(foreign, Role.MODEL_OWNER))


def test_a_true_signature_over_a_bundle_with_missing_evidence_never_opens():
    lacking = BUNDLE.model_copy(update={"missing": ("eval.proof: gone",)})
    assert not look(lacking, [sign(lacking, role) for role in POLICY.roles(GateName.PROOF)]).open


def test_another_policy_voids():
    text = canonical(POLICY).decode()
    other = type(POLICY).model_validate({**json.loads(text), "valid_days": 100})
    state = look(BUNDLE, APPROVALS, policy=other)
    assert not state.open
    assert all("another policy" in reason for reason in state.void)


# -- time ---------------------------------------------------------------------------------------


def test_an_approval_ends_when_it_says():
    assert look(BUNDLE, APPROVALS, now=NOW + timedelta(days=89)).open
    state = look(BUNDLE, APPROVALS, now=NOW + timedelta(days=90))
    assert not state.open
    assert "expired" in state.void[0]


def test_an_approval_cannot_stand_for_ever():
    assert opens_with(sign(BUNDLE, Role.MODEL_OWNER, days=POLICY.valid_days))
    assert not opens_with(sign(BUNDLE, Role.MODEL_OWNER, days=POLICY.valid_days + 1))


def test_times_that_cannot_be_read_void():
    vague = make_approval(
        BUNDLE,
        role=Role.MODEL_OWNER,
        person="model_owner",
        decision="approve",
        reason="",
        created_at="now",
        expires_at="later",
        policy=POLICY,
        private_pem=PEM,
    )
    assert not opens_with(vague)
    naive = NOW.replace(tzinfo=None)
    assert not opens_with(sign(BUNDLE, Role.MODEL_OWNER, at=naive))


# -- people -------------------------------------------------------------------------------------


def with_changed(person_id: Any, **update: Any) -> Any:
    return [p.model_copy(update=update) if p.id == person_id else p for p in PEOPLE]


@pytest.mark.parametrize(
    "update",
    [
        {"roles": ()},
        {"roles": (Role.BUSINESS_OWNER,)},
        {"active": False},
        {"public_key": OTHER_PUBLIC},
        {"roles": (Role.MODEL_OWNER, Role.PLATFORM_ADMIN)},
    ],
)
def test_a_role_must_still_be_held(update):
    assert not look(BUNDLE, APPROVALS, with_changed("model_owner", **update)).open


def test_the_trainer_cannot_open_proof_or_release():
    for gate in (GateName.PROOF, GateName.RELEASE):
        state = look(*signed_by_all(gate), submitted_by="model_owner")
        assert not state.open
        assert "submitted the training run" in " ".join(state.void)


@pytest.mark.parametrize("gate", list(GateName))
def test_a_run_that_names_nobody_reduces_the_independence_of_those_who_judge_it(gate):
    for nobody in ("local", "somebody who is not registered"):
        state = look(*signed_by_all(gate), submitted_by=nobody)
        judged = gate in (GateName.PROOF, GateName.RELEASE)
        assert state.open
        assert state.independence == ("reduced" if judged else "full")
        assert [why for why in state.reduced_because if "names nobody" in why] == (
            [*state.reduced_because] if judged else []
        )


def test_a_run_that_names_nobody_lets_nobody_fill_two_roles():
    both = with_changed("model_owner", roles=(Role.MODEL_OWNER, Role.REVIEW_LEAD))
    twice = [APPROVALS[0], sign(BUNDLE, Role.REVIEW_LEAD, person="model_owner")]
    state = look(BUNDLE, twice, both, submitted_by="local")
    assert (state.open, state.independence) == (False, "reduced")


def test_the_reasons_for_reduced_independence_stand_side_by_side():
    people = small_house(2)
    state = look(*signed_by_house(GateName.PROOF, people), people, submitted_by="local")
    assert len(state.reduced_because) == 2
    assert "fewer than three" in state.reduced_because[0]


def test_the_one_who_asks_cannot_be_the_one_who_approves():
    assert not look(BUNDLE, APPROVALS, requested_by={"model_owner"}).open
    asked = look(BUNDLE, APPROVALS, requested_by={"model_owner"})
    assert "model_owner asked for this decision" in " ".join(asked.void)
    no = sign(BUNDLE, Role.MODEL_OWNER, decision="reject")
    assert "rejected" not in " ".join(look(BUNDLE, [no], requested_by={"model_owner"}).void)
    assert look(BUNDLE, APPROVALS, requested_by={"annotation_owner"}).open


@given(st.sampled_from(list(GateName)), st.sets(st.sampled_from([p.id for p in PEOPLE])))
@settings(max_examples=40, deadline=None)
def test_whoever_asks_is_never_among_those_who_decide(gate, asked):
    state = look(*signed_by_all(gate), requested_by=asked)
    assert not asked & set(state.approvers.values())
    assert state.open == (not asked & {role.value for role in POLICY.roles(gate)})


def test_one_person_does_not_fill_two_roles():
    both = with_changed("model_owner", roles=(Role.MODEL_OWNER, Role.REVIEW_LEAD))
    twice = [APPROVALS[0], sign(BUNDLE, Role.REVIEW_LEAD, person="model_owner")]
    state = look(BUNDLE, twice, both)
    assert not state.open
    assert len(state.missing_roles) == 1
    assert "already fills another role" in state.void[0]
    # With a second person the roles are shared out, whoever signed first.
    assert look(BUNDLE, [*twice, APPROVALS[1]], both).open


def test_a_person_who_can_fill_either_role_takes_the_one_nobody_else_can():
    both = with_changed("model_owner", roles=(Role.MODEL_OWNER, Role.REVIEW_LEAD))
    second = Person(id="zoe", name="Zoe", roles=(Role.MODEL_OWNER,), public_key=PUBLIC)
    approvals = [
        APPROVALS[0],
        sign(BUNDLE, Role.REVIEW_LEAD, person="model_owner"),
        sign(BUNDLE, Role.MODEL_OWNER, person="zoe"),
    ]
    state = look(BUNDLE, approvals, [*both, second])
    assert state.approvers == {"model_owner": "zoe", "review_lead": "model_owner"}


def test_a_rejection_keeps_the_gate_shut_until_it_is_taken_back():
    no = sign(BUNDLE, Role.MODEL_OWNER, decision="reject", at=NOW + timedelta(minutes=1))
    state = look(BUNDLE, [*APPROVALS, no], now=NOW + timedelta(hours=1))
    assert not state.open
    assert "rejected: read it" in state.void[0]
    yes = sign(BUNDLE, Role.MODEL_OWNER, at=NOW + timedelta(minutes=2))
    assert look(BUNDLE, [*APPROVALS, no, yes], now=NOW + timedelta(hours=1)).open


def test_one_holders_rejection_outweighs_anothers_approval():
    second = Person(id="zoe", name="Zoe", roles=(Role.MODEL_OWNER,), public_key=PUBLIC)
    no = sign(BUNDLE, Role.MODEL_OWNER, person="zoe", decision="reject")
    assert not look(BUNDLE, [*APPROVALS, no], [*PEOPLE, second]).open


def test_the_countersignature_comes_last():
    bundle = bundle_of(GateName.RELEASE)
    *others, last = POLICY.roles(GateName.RELEASE)
    assert last is Role.GOVERNANCE_OWNER
    later = [sign(bundle, role, at=NOW + timedelta(minutes=1)) for role in others]
    state = look(bundle, [sign(bundle, last), *later], now=NOW + timedelta(hours=1))
    assert state.missing_roles == (last,)
    assert "after the others" in state.void[0]
    again = sign(bundle, last, at=NOW + timedelta(minutes=2))
    assert look(bundle, [*later, again], now=NOW + timedelta(hours=1)).open


# -- few people ---------------------------------------------------------------------------------


def small_house(count: Any) -> Any:
    """So many people share all the roles, in turns."""
    return [
        Person(id=f"p{i}", name=f"P{i}", roles=tuple(DECIDERS[i::count]), public_key=PUBLIC)
        for i in range(count)
    ]


def signed_by_house(gate: Any, people: Any) -> tuple[Any, Any]:
    bundle = bundle_of(gate)
    holder = {role: p.id for p in people for role in p.roles}
    return bundle, [sign(bundle, r, person=holder[r]) for r in POLICY.roles(gate)]


@pytest.mark.parametrize("gate", list(GateName))
def test_two_people_can_open_every_gate_and_it_says_so(gate):
    people = [
        Person(id="a", name="A", roles=tuple(DECIDERS), public_key=PUBLIC),
        Person(id="b", name="B", roles=tuple(DECIDERS), public_key=PUBLIC),
    ]
    bundle = bundle_of(gate)
    roles = POLICY.roles(gate)
    approvals = [sign(bundle, r, person="a" if i else "b") for i, r in enumerate(roles)]
    state = look(bundle, approvals, people)
    assert state.open
    assert state.independence == "reduced"
    assert set(state.approvers.values()) == {"a", "b"}


@pytest.mark.parametrize("gate", list(GateName))
def test_one_person_alone_opens_nothing(gate):
    people = small_house(1)
    state = look(*signed_by_house(gate, people), people)
    assert not state.open
    assert "a second person must decide too" in " ".join(state.void)


def test_two_people_of_whom_one_trained_cannot_open_proof():
    people = small_house(2)
    state = look(*signed_by_house(GateName.PROOF, people), people, submitted_by="p0")
    assert not state.open


def test_a_trainer_does_not_count_among_those_who_can_decide():
    people = [p.model_copy(update={"roles": tuple(DECIDERS)}) for p in small_house(3)]
    bundle = bundle_of(GateName.PROOF)
    approvals = [
        sign(bundle, Role.MODEL_OWNER, person="p1"),
        sign(bundle, Role.REVIEW_LEAD, person="p2"),
    ]
    state = look(bundle, approvals, people, submitted_by="p0")
    assert (state.open, state.independence) == (True, "reduced")
    assert look(bundle, approvals, people, submitted_by="").independence == "full"


def test_three_people_are_held_to_full_independence():
    people = small_house(3)
    bundle = bundle_of(GateName.RELEASE)
    approvals = [sign(bundle, r, person="p0") for r in POLICY.roles(GateName.RELEASE)]
    everything = [p.model_copy(update={"roles": tuple(DECIDERS)}) for p in people]
    state = look(bundle, approvals, everything)
    assert (state.open, state.independence) == (False, "full")


# -- the policy ---------------------------------------------------------------------------------


def test_the_policy_names_the_agreed_roles():
    assert {gate: set(POLICY.roles(gate)) for gate in GateName} == {
        GateName.START: {Role.SOURCE_OWNER, Role.COMPLIANCE_REVIEWER, Role.BUSINESS_OWNER},
        GateName.BUILD: {Role.DATA_STEWARD, Role.ANNOTATION_OWNER, Role.TECHNICAL_OWNER},
        GateName.PROOF: {Role.MODEL_OWNER, Role.REVIEW_LEAD},
        GateName.RELEASE: {
            Role.MODEL_OWNER,
            Role.BUSINESS_OWNER,
            Role.COMPLIANCE_REVIEWER,
            Role.GOVERNANCE_OWNER,
        },
    }


@pytest.mark.parametrize(
    "text",
    [
        "version = 1\nvalid_days = 1\n[gates]",
        "version = 1",
        "not toml",
    ],
)
def test_a_policy_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        read_policy(text)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("roles", ["model_owner", "platform_admin"], "platform admin"),
        ("roles", ["model_owner", "model_owner"], "different roles"),
        ("countersigner", "data_steward", "countersigner"),
        ("requires", [], "at least 1"),
    ],
)
def test_an_unsafe_rule_is_refused(field, value, why):
    content = json.loads(canonical(POLICY))
    content["gates"]["proof"][field] = value
    with pytest.raises(ValueError, match=why):
        type(POLICY).model_validate(content)


def test_an_unreadable_condition_is_refused():
    content = json.loads(canonical(POLICY))
    content["gates"]["proof"]["requires"][0]["where"] = ["low is high"]
    with pytest.raises(ValueError, match="not a condition"):
        type(POLICY).model_validate(content)
