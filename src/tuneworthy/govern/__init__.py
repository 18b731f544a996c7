"""Four gates, signed approvals, the states of a version, and the way back from a response."""

from tuneworthy.govern.approval import (
    PREDICATE_TYPE,
    approval_altered,
    make_approval,
    project_of,
    signature_fault,
    standing_fault,
    statement,
)
from tuneworthy.govern.asks import ask_states, may_close
from tuneworthy.govern.authorise import Allowed, Denied, Matter, authorise
from tuneworthy.govern.bundle import (
    bundle_digest,
    make_bundle,
    not_asked,
    out_of_time,
    version_digest,
)
from tuneworthy.govern.duties import (
    Adopted,
    Duty,
    DutyPlan,
    due,
    load_duties,
    make_task,
    read_duties,
    shipped_duties,
    shows,
)
from tuneworthy.govern.duty_states import (
    duty_states,
    may_note,
    rests_on,
    summarise,
    used_by,
)
from tuneworthy.govern.exceptions import (
    ended,
    exception_fault,
    firm_fault,
)
from tuneworthy.govern.exceptions import in_words as exception_in_words
from tuneworthy.govern.gates import gate_state
from tuneworthy.govern.laxer import laxer
from tuneworthy.govern.laxer_duties import laxer_duties
from tuneworthy.govern.past import past_fault
from tuneworthy.govern.people import (
    ACTIONS,
    AT_ONCE,
    DELAY,
    Standing,
    can_grant,
    change_fault,
    confirm_fault,
    describe,
    people_at,
)
from tuneworthy.govern.policy import (
    GateRule,
    Policy,
    Requirement,
    load_policy,
    read_policy,
    shipped_policy,
)
from tuneworthy.govern.programme import Facts as ProgrammeFacts
from tuneworthy.govern.programme import (
    Programme,
    load_programme,
    programme_state,
    read_programme,
    shipped_programme,
)
from tuneworthy.govern.requests import requests_about
from tuneworthy.govern.rules import PROGRAMS, RULES, Action, Rule
from tuneworthy.govern.states import SERVED, advance, ways_on
from tuneworthy.govern.trace import manifest_digest, trace
from tuneworthy.govern.traced import Behind
from tuneworthy.govern.traced import facts as traced_facts
from tuneworthy.govern.words import make_word, word_altered, word_fault

__all__ = [
    "ACTIONS",
    "AT_ONCE",
    "DELAY",
    "PREDICATE_TYPE",
    "PROGRAMS",
    "RULES",
    "SERVED",
    "Action",
    "Adopted",
    "Allowed",
    "Behind",
    "Denied",
    "Duty",
    "DutyPlan",
    "GateRule",
    "Matter",
    "Policy",
    "Programme",
    "ProgrammeFacts",
    "Requirement",
    "Rule",
    "Standing",
    "advance",
    "approval_altered",
    "ask_states",
    "authorise",
    "bundle_digest",
    "can_grant",
    "change_fault",
    "confirm_fault",
    "describe",
    "due",
    "duty_states",
    "ended",
    "exception_fault",
    "exception_in_words",
    "firm_fault",
    "gate_state",
    "laxer",
    "laxer_duties",
    "load_duties",
    "load_policy",
    "load_programme",
    "make_approval",
    "make_bundle",
    "make_task",
    "make_word",
    "manifest_digest",
    "may_close",
    "may_note",
    "not_asked",
    "out_of_time",
    "past_fault",
    "people_at",
    "programme_state",
    "project_of",
    "read_duties",
    "read_policy",
    "read_programme",
    "requests_about",
    "rests_on",
    "shipped_duties",
    "shipped_policy",
    "shipped_programme",
    "shows",
    "signature_fault",
    "standing_fault",
    "statement",
    "summarise",
    "trace",
    "traced_facts",
    "used_by",
    "version_digest",
    "ways_on",
    "word_altered",
    "word_fault",
]
