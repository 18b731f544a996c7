"""Four gates, signed approvals, the states of a version, and the way back from a response."""

from tuneworthy.govern.approval import (
    PREDICATE_TYPE,
    make_approval,
    signature_fault,
    standing_fault,
    statement,
)
from tuneworthy.govern.authorise import Action, Allowed, Denied, authorise, permit
from tuneworthy.govern.bundle import bundle_digest, make_bundle, version_digest
from tuneworthy.govern.gates import gate_state
from tuneworthy.govern.past import past_fault
from tuneworthy.govern.policy import GateRule, Policy, Requirement, load_policy, read_policy
from tuneworthy.govern.states import SERVED, advance, ways_on
from tuneworthy.govern.trace import manifest_digest, trace

__all__ = [
    "PREDICATE_TYPE",
    "SERVED",
    "Action",
    "Allowed",
    "Denied",
    "GateRule",
    "Policy",
    "Requirement",
    "advance",
    "authorise",
    "bundle_digest",
    "gate_state",
    "load_policy",
    "make_approval",
    "make_bundle",
    "manifest_digest",
    "past_fault",
    "permit",
    "read_policy",
    "signature_fault",
    "standing_fault",
    "statement",
    "trace",
    "version_digest",
    "ways_on",
]
