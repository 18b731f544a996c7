"""What production says: drift, decay, overrides, health, alerts."""

from tuneworthy.core.nouns.monitoring import Decay, OverrideReview
from tuneworthy.monitor.alerts import decay_alert, drift_alert, health_alerts, override_alert
from tuneworthy.monitor.decay import (
    ACCURACY,
    SATISFACTION,
    DayScore,
    check_decay,
    daily_scores,
    newest_scores,
)
from tuneworthy.monitor.drift import check_drift, request_text
from tuneworthy.monitor.health import health, succeeded
from tuneworthy.monitor.overrides import (
    RISE,
    WeekCount,
    count_overrides,
    review_overrides,
    weekly_overrides,
)

__all__ = [
    "ACCURACY",
    "RISE",
    "SATISFACTION",
    "DayScore",
    "Decay",
    "OverrideReview",
    "WeekCount",
    "check_decay",
    "check_drift",
    "count_overrides",
    "daily_scores",
    "decay_alert",
    "drift_alert",
    "health",
    "health_alerts",
    "newest_scores",
    "override_alert",
    "request_text",
    "review_overrides",
    "succeeded",
    "weekly_overrides",
]
