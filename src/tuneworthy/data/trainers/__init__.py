"""Ready configurations for the trainers that people use, from a project's own settings."""

from tuneworthy.data.trainers.wanted import NEEDS, Files
from tuneworthy.data.trainers.write import TRAINERS, configuration

__all__ = ["NEEDS", "TRAINERS", "Files", "configuration"]
