"""Labelling: who is asked what, how far they agree, and what their labels come to."""

from tuneworthy.data.labelling.items import Rows, read_items
from tuneworthy.data.labelling.label_studio import labelling_config, read_export, tasks
from tuneworthy.data.labelling.labelled_rows import labelled_lines
from tuneworthy.data.labelling.quality import Quality, quality
from tuneworthy.data.labelling.queueing import Standing, choose, in_order, needs
from tuneworthy.data.labelling.resolve import conflicting, labels_of, newest, resolve, standing
from tuneworthy.data.labelling.rules import LabellingFunction, RuleFile, compiled, weak_labels
from tuneworthy.data.labelling.values import checked

__all__ = [
    "LabellingFunction",
    "Quality",
    "Rows",
    "RuleFile",
    "Standing",
    "checked",
    "choose",
    "compiled",
    "conflicting",
    "in_order",
    "labelled_lines",
    "labelling_config",
    "labels_of",
    "needs",
    "newest",
    "quality",
    "read_export",
    "read_items",
    "resolve",
    "standing",
    "tasks",
    "weak_labels",
]
