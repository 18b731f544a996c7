"""Runs the Python in README and docs, so that no page shows code that does not work."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

# Loaded as plug-ins; looked through for doctests too, their common name would clash.
collect_ignore_glob = ["tests/**/conftest.py"]

pytest_collect_file = Sybil(
    parsers=[SkipParser(), PythonCodeBlockParser()],
    patterns=["README.md", "docs/**/*.md"],
).pytest()
