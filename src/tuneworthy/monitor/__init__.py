"""What production says: drift, health, alerts."""

from tuneworthy.monitor.alerts import drift_alert, health_alerts
from tuneworthy.monitor.drift import check_drift, request_text
from tuneworthy.monitor.health import health, succeeded

__all__ = [
    "check_drift",
    "drift_alert",
    "health",
    "health_alerts",
    "request_text",
    "succeeded",
]
