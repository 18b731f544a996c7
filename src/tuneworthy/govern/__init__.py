"""Four gates, signed approvals, the states of a version, and the way back from a response."""

from tuneworthy.govern.approval import (
    PREDICATE_TYPE,
    make_approval,
    project_of,
    signature_fault,
    standing_fault,
    statement,
)
from tuneworthy.govern.asks import ask_states, may_close
from tuneworthy.govern.authorise import Allowed, Denied, Matter, authorise
from tuneworthy.govern.bundle import bundle_digest, make_bundle, version_digest
from tuneworthy.govern.exceptions import (
    ended,
    exception_fault,
    firm_fault,
)
from tuneworthy.govern.exceptions import in_words as exception_in_words
from tuneworthy.govern.gates import gate_state
from tuneworthy.govern.laxer import laxer
from tuneworthy.govern.past import past_fault
from tuneworthy.govern.people import (
    ACTIONS,
    AT_ONCE,
    DELAY,
    Standing,
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
from tuneworthy.govern.rules import PROGRAMS, RULES, Action, Rule
from tuneworthy.govern.states import SERVED, advance, ways_on
from tuneworthy.govern.trace import manifest_digest, trace
from tuneworthy.govern.words import make_word, word_fault

__all__ = [
    "ACTIONS",
    "AT_ONCE",
    "DELAY",
    "PREDICATE_TYPE",
    "PROGRAMS",
    "RULES",
    "SERVED",
    "Action",
    "Allowed",
    "Denied",
    "GateRule",
    "Matter",
    "Policy",
    "Requirement",
    "Rule",
    "Standing",
    "advance",
    "ask_states",
    "authorise",
    "bundle_digest",
    "change_fault",
    "confirm_fault",
    "describe",
    "ended",
    "exception_fault",
    "exception_in_words",
    "firm_fault",
    "gate_state",
    "laxer",
    "load_policy",
    "make_approval",
    "make_bundle",
    "make_word",
    "manifest_digest",
    "may_close",
    "past_fault",
    "people_at",
    "project_of",
    "read_policy",
    "shipped_policy",
    "signature_fault",
    "standing_fault",
    "statement",
    "trace",
    "version_digest",
    "ways_on",
    "word_fault",
]
