"""From files to a dataset version one can defend."""

from tuneworthy.data.build import BuiltDataset, build_dataset, version_id
from tuneworthy.data.checks import ROW_CHECKS, WHOLE_CHECKS, Setting
from tuneworthy.data.clean import Cleaned, clean
from tuneworthy.data.examine import table_of
from tuneworthy.data.profile import profile_of
from tuneworthy.data.readers import ReadResult, read_all, read_source
from tuneworthy.data.rows import Limits
from tuneworthy.data.screen import Hits, screen
from tuneworthy.data.split import Split, measure_leakage, split_rows
from tuneworthy.data.table import Table

__all__ = [
    "ROW_CHECKS",
    "WHOLE_CHECKS",
    "BuiltDataset",
    "Cleaned",
    "Hits",
    "Limits",
    "ReadResult",
    "Setting",
    "Split",
    "Table",
    "build_dataset",
    "clean",
    "measure_leakage",
    "profile_of",
    "read_all",
    "read_source",
    "screen",
    "split_rows",
    "table_of",
    "version_id",
]
