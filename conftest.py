"""Runs the Python in README and docs, so that no page shows code that does not work."""

import os
import signal
from importlib.util import find_spec

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from hypothesis import settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

# No test is judged by how long it took: the machine may be busy.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# A shell that starts the tests in the background leaves SIGINT ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Loaded as plug-ins; looked through for doctests too, their common name would clash.
collect_ignore_glob = ["tests/**/conftest.py"]
if find_spec("presidio_analyzer") is None:
    collect_ignore_glob.append("src/tuneworthy/adapters/presidio.py")

pytest_collect_file = Sybil(
    parsers=[SkipParser(), PythonCodeBlockParser()],
    patterns=["README.md", "docs/**/*.md"],
).pytest()
