"""From files to a dataset version one can defend."""
