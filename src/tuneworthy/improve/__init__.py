"""What to do next, said in words; a person decides and the four gates still stand."""

from tuneworthy.improve.propose import propose

__all__ = ["propose"]
