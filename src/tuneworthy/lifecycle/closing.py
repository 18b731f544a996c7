"""What to type where a gate lacks a piece of evidence."""

from collections.abc import Sequence

from tuneworthy.core.nouns.document import DOCUMENT

_COMMANDS = {
    "card.model": "tuneworthy train card",
    "ceiling.summary": "tuneworthy eval run",
    "data.agreement": "tuneworthy label agreement QUEUE",
    "data.leakage": "tuneworthy data build",
    "data.pii": "tuneworthy data build",
    "data.poison_screen": "tuneworthy data build",
    "data.version": "tuneworthy data build",
    "decision.verdict": "tuneworthy assess",
    "eval.base_comparison": "tuneworthy eval run --tuned",
    "eval.blind_review": "tuneworthy eval pairs close NAME",
    "eval.comparison": "tuneworthy eval run --tuned",
    "eval.failure_analysis": "tuneworthy eval errors",
    "eval.gate_drill": "tuneworthy eval drill",
    "eval.general_ability": "tuneworthy eval run --safety",
    "eval.guards": "tuneworthy eval run --tuned",
    "eval.incumbent_comparison": "tuneworthy eval run --tuned",
    "eval.proof": "tuneworthy eval run --tuned",
    "eval.ratings": "tuneworthy eval ratings close NAME",
    "eval.red_team": "tuneworthy eval red-team run --by PERSON --owner PERSON",
    "monitor.heartbeat": "tuneworthy serve start",
    "people.named": "tuneworthy people add PERSON NAME --role ROLE",
    "people.operators": "tuneworthy people add PERSON NAME --role technical_owner",
    "rollout.plan": "tuneworthy assess plan",
    "rollout.rollback_drill": "tuneworthy serve drill",
    "safety.extraction": "tuneworthy eval run --safety",
    "safety.suite": "tuneworthy eval run --safety",
    "serve.rollback_drill": "tuneworthy serve drill",
    "suite.frozen": "tuneworthy eval run",
    "train.estimate": "tuneworthy train plan",
    "train.run": "tuneworthy train start",
}


def command(about: str) -> str:
    """The command that makes this evidence anew; empty where nobody knows one."""
    if about.startswith(DOCUMENT):
        return f"tuneworthy people attest {about.removeprefix(DOCUMENT)} FILE --by PERSON"
    return _COMMANDS.get(about, "")


def commands(missing: Sequence[str]) -> tuple[str, ...]:
    """One for each gap, ``about: why``, in their order."""
    return tuple(command(gap.partition(": ")[0]) for gap in missing)
