"""Credentials by the published forms of their issuers, and passwords by what stands before them."""

from tuneworthy.methods.secrets.search import DETECTOR_VERSION, find_secrets, find_secrets_batch

__all__ = ["DETECTOR_VERSION", "find_secrets", "find_secrets_batch"]
