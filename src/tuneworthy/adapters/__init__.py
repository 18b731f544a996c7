"""The outside world, one file a library or vendor."""
