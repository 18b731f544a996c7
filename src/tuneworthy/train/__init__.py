"""What to train, what it will cost, and what it was made of."""

from tuneworthy.train.plan import EstimateError, estimate_error, run_id

__all__ = ["EstimateError", "estimate_error", "run_id"]
