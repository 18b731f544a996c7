"""The control API: people sign in here, and look and act in their own name."""
