"""Row formats: one file a format, with how it is read and, where people train on it, written."""
