"""Is it worth tuning? The decision and the scorecard, from answers and evidence."""
