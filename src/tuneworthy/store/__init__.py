"""The evidence ledger and the blobs: SQLite or PostgreSQL, local files or object storage."""
