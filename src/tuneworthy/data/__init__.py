"""From files to a dataset version one can defend."""

from tuneworthy.data.build import BuiltDataset, build_dataset, version_id
from tuneworthy.data.checks import CHECKS, run_checks
from tuneworthy.data.clean import Cleaned, clean
from tuneworthy.data.profile import profile_of
from tuneworthy.data.readers import ReadResult, read_source
from tuneworthy.data.rows import Limits
from tuneworthy.data.split import Split, measure_leakage, split_examples

__all__ = [
    "CHECKS",
    "BuiltDataset",
    "Cleaned",
    "Limits",
    "ReadResult",
    "Split",
    "build_dataset",
    "clean",
    "measure_leakage",
    "profile_of",
    "read_source",
    "run_checks",
    "split_examples",
    "version_id",
]
