"""People, gates and the head of the audit log, as JSON."""

from tuneworthy.api.control.visit import Endpoint, Made, Visit
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.gate import GateName


def people(visit: Visit) -> Made:
    """Everybody, and the roles and keys that do not hold yet."""
    work = visit.workspace
    return Made({"people": work.people(), "pending": work.pending_changes()})


def gates(visit: Visit) -> Made:
    """The four gates as they stand."""
    return Made({"gates": visit.workspace.gates()})


def gate(visit: Visit) -> Made:
    """One gate, and what is different since its last approval."""
    name = visit.named["gate"]
    if name not in list(GateName):
        raise ConfigProblem(
            "no_gate",
            f"There is no gate '{name[:40]}'.",
            fix="One of: " + ", ".join(one.value for one in GateName),
        )
    found = next(one for one in visit.workspace.gates() if one.gate.value == name)
    return Made({"gate": found, "changed": visit.workspace.gate_changed(name)})


def audit(visit: Visit) -> Made:
    """How long the log is, its head, and the newest checkpoint."""
    return Made(visit.workspace.audit_head())


ROUTES = (
    Endpoint("GET", "/control/people", people, programs=True),
    Endpoint("GET", "/control/gates", gates, programs=True),
    Endpoint("GET", "/control/gates/{gate}", gate, programs=True),
    Endpoint("GET", "/control/audit", audit, programs=True),
)
