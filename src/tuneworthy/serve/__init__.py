"""Splitting traffic, judging a canary, recording what was said."""

from tuneworthy.serve.blocks import Block, BlockCounter, Check, blocks_from
from tuneworthy.serve.intake import Ingested, ingest
from tuneworthy.serve.rollout import RolloutState, begin, observe, promote, roll_back
from tuneworthy.serve.segments import SegmentWriter, read_frames
from tuneworthy.serve.split import assign, split_key

__all__ = [
    "Block",
    "BlockCounter",
    "Check",
    "Ingested",
    "RolloutState",
    "SegmentWriter",
    "assign",
    "begin",
    "blocks_from",
    "ingest",
    "observe",
    "promote",
    "read_frames",
    "roll_back",
    "split_key",
]
