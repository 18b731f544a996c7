"""What can be asked for, and the one rule of each: which roles, from which state, past which gates.

The rules come from separation of duties as auditors know it (NIST SP 800-53 Rev. 5, AC-5, and the
NIST AI RMF, MEASURE 1.3): who made a thing does not approve it, whoever runs the box decides
nothing, and lowering exposure is easier than raising it.
"""

from enum import StrEnum

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern.states import SERVED


class Action(StrEnum):
    """Everything that changes a project; what is not named here cannot be asked for."""

    # data
    BUILD_DATA = "build_data"
    USE_DATA = "use_data"
    FIX_DATA = "fix_data"
    EXPORT_DATA = "export_data"
    COLLECT = "collect"
    REVIEW_ROWS = "review_rows"
    # labels
    OPEN_QUEUE = "open_queue"
    LABEL = "label"
    SETTLE_LABELS = "settle_labels"
    # assess, train, evaluate
    ASSESS = "assess"
    ANSWER = "answer"
    EVALUATE = "evaluate"
    RETIRE_SUITE = "retire_suite"
    PLAN_TRAINING = "plan_training"
    SUBMIT_RUN = "submit_run"
    # people, gates, policy
    REGISTER = "register"
    ATTEST = "attest"
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST = "request"
    ASK = "ask"
    ANSWER_ASK = "answer_ask"
    WITHDRAW_ASK = "withdraw_ask"
    EXCEPT = "except"
    END_EXCEPTION = "end_exception"
    GRANT = "grant"
    CONFIRM_GRANT = "confirm_grant"
    REVOKE = "revoke"
    DEACTIVATE = "deactivate"
    WITHHOLD_NAME = "withhold_name"
    CHANGE_POLICY = "change_policy"
    CONFIRM_POLICY = "confirm_policy"
    # audit, retention
    VERIFY_AUDIT = "verify_audit"
    CHECKPOINT = "checkpoint"
    NOTIFY = "notify"
    EXPORT_PACK = "export_pack"
    RUN_RETENTION = "run_retention"
    HOLD = "hold"
    RELEASE_HOLD = "release_hold"
    ERASE = "erase"
    SETTLE_TAINT = "settle_taint"
    # serve
    OPEN_ROUTE = "open_route"
    RAISE_EXPOSURE = "raise_exposure"
    ROLL_BACK = "roll_back"
    PAUSE = "pause"
    QUARANTINE = "quarantine"
    READMIT = "readmit"
    RETIRE = "retire"
    DRILL = "drill"
    SET_ALIAS = "set_alias"
    RECORD_TRAFFIC = "record_traffic"
    # watch, duties, keys of programs
    MONITOR = "monitor"
    ACKNOWLEDGE = "acknowledge"
    DO_DUTY = "do_duty"
    MAKE_KEY = "make_key"
    REVOKE_KEY = "revoke_key"
    # sign-in: by the program for whoever stands at the door, one's own account, anybody's
    SIGN_IN = "sign_in"
    OWN_ACCOUNT = "own_account"
    KEEP_ACCOUNTS = "keep_accounts"


class Rule(Part):
    """Who may do one thing; all parts must hold.

    ``roles``: one of them is enough. ``unnamed``: also whoever sits at the console or a program of
    the project itself, under no person's name. ``gates``: all of them stand open. ``states``: the
    version is in one of them, where a version is concerned. ``decides``: it is a judgement, which
    the platform admin never gives and nobody gives on what they made or asked for, or on
    themselves.
    """

    roles: frozenset[Role]
    unnamed: bool = False
    gates: frozenset[GateName] = frozenset()
    states: frozenset[ModelState] = frozenset(ModelState)
    decides: bool = False


_ALL = frozenset(Role)
_DECIDERS = _ALL - {Role.PLATFORM_ADMIN}
_DATA = frozenset({Role.SOURCE_OWNER, Role.DATA_STEWARD, Role.ANNOTATION_OWNER})
_BUILDERS = frozenset({Role.DATA_STEWARD, Role.TECHNICAL_OWNER})
_LEADS = frozenset({Role.ANNOTATION_OWNER, Role.DATA_STEWARD, Role.REVIEW_LEAD})
_MAKERS = frozenset({Role.TECHNICAL_OWNER, Role.MODEL_OWNER, Role.REVIEW_LEAD, *_DATA})
_OWNERS = frozenset({Role.TECHNICAL_OWNER, Role.MODEL_OWNER})
_SAFE = frozenset({*_OWNERS, Role.GOVERNANCE_OWNER, Role.PLATFORM_ADMIN})
_OFFICERS = frozenset({Role.GOVERNANCE_OWNER, Role.COMPLIANCE_REVIEWER})
_SPONSORS = frozenset({Role.GOVERNANCE_OWNER, Role.BUSINESS_OWNER, Role.COMPLIANCE_REVIEWER})
_FOUNDED = frozenset({GateName.START, GateName.BUILD})

_RISING = frozenset(
    {ModelState.APPROVED, ModelState.SHADOW, ModelState.CANARY, ModelState.ROLLED_BACK}
)
"""States from which a version may see more traffic; one that was rolled back is approved first."""
_ENDED = frozenset({ModelState.SUPERSEDED, ModelState.ROLLED_BACK, ModelState.QUARANTINED})

_A = Action
RULES: dict[Action, Rule] = {
    _A.BUILD_DATA: Rule(roles=_BUILDERS | {Role.SOURCE_OWNER}, unnamed=True),
    _A.USE_DATA: Rule(roles=_BUILDERS, unnamed=True),
    _A.FIX_DATA: Rule(roles=_BUILDERS | _DATA, unnamed=True),
    _A.EXPORT_DATA: Rule(roles=_MAKERS | {Role.COMPLIANCE_REVIEWER}, unnamed=True),
    _A.COLLECT: Rule(roles=_MAKERS, unnamed=True),
    _A.REVIEW_ROWS: Rule(roles=_DECIDERS, decides=True),
    _A.OPEN_QUEUE: Rule(roles=_LEADS | {Role.TECHNICAL_OWNER}),
    # Labels are a person's own work: everybody who is named may give them.
    _A.LABEL: Rule(roles=_ALL),
    _A.SETTLE_LABELS: Rule(roles=_LEADS),
    _A.ASSESS: Rule(roles=_ALL, unnamed=True),
    _A.ANSWER: Rule(roles=_DECIDERS, unnamed=True),
    _A.EVALUATE: Rule(roles=_MAKERS, unnamed=True),
    _A.RETIRE_SUITE: Rule(roles=_OWNERS | {Role.REVIEW_LEAD}, unnamed=True),
    _A.PLAN_TRAINING: Rule(roles=_OWNERS, unnamed=True),
    _A.SUBMIT_RUN: Rule(roles=frozenset({Role.TECHNICAL_OWNER}), unnamed=True, gates=_FOUNDED),
    _A.REGISTER: Rule(roles=_ALL, unnamed=True),
    _A.ATTEST: Rule(roles=_ALL),
    _A.APPROVE: Rule(roles=_DECIDERS, decides=True),
    _A.REJECT: Rule(roles=_DECIDERS, decides=True),
    # Whoever asks for a decision gives none: everybody who is named may ask.
    _A.REQUEST: Rule(roles=_ALL),
    _A.ASK: Rule(roles=_DECIDERS),
    _A.ANSWER_ASK: Rule(roles=_ALL),
    _A.WITHDRAW_ASK: Rule(roles=_DECIDERS),
    _A.EXCEPT: Rule(roles=_OFFICERS, decides=True),
    _A.END_EXCEPTION: Rule(roles=_OFFICERS),
    _A.GRANT: Rule(roles=_SPONSORS | {Role.PLATFORM_ADMIN}),
    _A.CONFIRM_GRANT: Rule(roles=_SPONSORS, decides=True),
    _A.REVOKE: Rule(roles=_SPONSORS | {Role.PLATFORM_ADMIN}),
    _A.DEACTIVATE: Rule(roles=_SPONSORS | {Role.PLATFORM_ADMIN}),
    _A.WITHHOLD_NAME: Rule(roles=_OFFICERS, decides=True),
    _A.CHANGE_POLICY: Rule(roles=frozenset({Role.GOVERNANCE_OWNER})),
    _A.CONFIRM_POLICY: Rule(roles=_SPONSORS, decides=True),
    _A.VERIFY_AUDIT: Rule(roles=_ALL, unnamed=True),
    _A.CHECKPOINT: Rule(roles=_ALL, unnamed=True),
    _A.NOTIFY: Rule(roles=_ALL, unnamed=True),
    _A.EXPORT_PACK: Rule(roles=_ALL, unnamed=True),
    _A.RUN_RETENTION: Rule(roles=_OFFICERS | _BUILDERS | {Role.PLATFORM_ADMIN}, unnamed=True),
    _A.HOLD: Rule(roles=_OFFICERS),
    _A.RELEASE_HOLD: Rule(roles=_OFFICERS, decides=True),
    _A.ERASE: Rule(roles=frozenset({Role.COMPLIANCE_REVIEWER})),
    _A.SETTLE_TAINT: Rule(roles=frozenset({Role.MODEL_OWNER, Role.BUSINESS_OWNER})),
    _A.OPEN_ROUTE: Rule(roles=_OWNERS | {Role.PLATFORM_ADMIN}, unnamed=True),
    _A.RAISE_EXPOSURE: Rule(roles=_OWNERS, unnamed=True, gates=frozenset(GateName), states=_RISING),
    _A.ROLL_BACK: Rule(roles=_SAFE, unnamed=True, states=SERVED),
    _A.PAUSE: Rule(roles=_SAFE, unnamed=True, states=SERVED),
    _A.QUARANTINE: Rule(
        roles=_SAFE | {Role.COMPLIANCE_REVIEWER},
        unnamed=True,
        states=frozenset(ModelState) - {ModelState.QUARANTINED},
    ),
    _A.READMIT: Rule(
        roles=frozenset({Role.MODEL_OWNER, Role.GOVERNANCE_OWNER}),
        gates=frozenset({GateName.PROOF}),
        states=frozenset({ModelState.QUARANTINED}),
        decides=True,
    ),
    _A.RETIRE: Rule(roles=frozenset({Role.MODEL_OWNER, Role.GOVERNANCE_OWNER}), states=_ENDED),
    _A.DRILL: Rule(roles=_SAFE, unnamed=True),
    _A.SET_ALIAS: Rule(roles=_OWNERS, unnamed=True),
    _A.RECORD_TRAFFIC: Rule(roles=_ALL, unnamed=True),
    _A.MONITOR: Rule(roles=_ALL, unnamed=True),
    _A.ACKNOWLEDGE: Rule(roles=_DECIDERS),
    _A.DO_DUTY: Rule(roles=_ALL),
    _A.MAKE_KEY: Rule(roles=_SAFE, unnamed=True),
    _A.REVOKE_KEY: Rule(roles=_SAFE, unnamed=True),
    _A.SIGN_IN: Rule(roles=_ALL, unnamed=True),
    _A.OWN_ACCOUNT: Rule(roles=_ALL),
    _A.KEEP_ACCOUNTS: Rule(
        roles=frozenset({Role.GOVERNANCE_OWNER, Role.PLATFORM_ADMIN}), unnamed=True
    ),
}
"""The whole table; what has no row is denied."""

PROGRAMS = frozenset(
    {
        _A.RECORD_TRAFFIC,
        _A.MONITOR,
        _A.ROLL_BACK,
        _A.PAUSE,
        _A.VERIFY_AUDIT,
        _A.CHECKPOINT,
        _A.NOTIFY,
        _A.SIGN_IN,
    }
)
"""What the product's own processes do under no name, also where a policy asks people for theirs."""
