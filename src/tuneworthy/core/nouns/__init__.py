"""The nouns of the product: frozen, shared by every stage, one subject a file."""
