"""What production says: drift, decay, overrides, health, alerts."""

from tuneworthy.monitor.alerts import drift_alert, health_alerts
from tuneworthy.monitor.decay import DayScore, Decay, check_decay
from tuneworthy.monitor.drift import check_drift, request_text
from tuneworthy.monitor.health import health, succeeded
from tuneworthy.monitor.overrides import (
    OverrideReview,
    WeekCount,
    review_overrides,
    weekly_overrides,
)

__all__ = [
    "DayScore",
    "Decay",
    "OverrideReview",
    "WeekCount",
    "check_decay",
    "check_drift",
    "drift_alert",
    "health",
    "health_alerts",
    "request_text",
    "review_overrides",
    "succeeded",
    "weekly_overrides",
]
