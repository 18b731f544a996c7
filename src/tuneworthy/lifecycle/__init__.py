"""Use cases, one file a verb; the only place where stages, store and adapters meet."""
