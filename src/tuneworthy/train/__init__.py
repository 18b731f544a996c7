"""What to train, what it will cost, and what it was made of."""
