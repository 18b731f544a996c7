"""Tuneworthy: is it worth fine-tuning, and is the tuned model worthy of production?"""

__version__ = "0.1.0"
__all__ = ["__version__"]
