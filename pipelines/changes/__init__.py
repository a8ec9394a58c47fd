"""What changed between two states of an article, by kind; what of it is noise; how to show it. Pure."""

from pipelines.changes.between import MOST_OF_A_KIND, changes_between
from pipelines.changes.kinds import CHANGE_MEANING, Change, ChangeKind
from pipelines.changes.noise import without_noise

__all__ = [
    "CHANGE_MEANING",
    "MOST_OF_A_KIND",
    "Change",
    "ChangeKind",
    "changes_between",
    "without_noise",
]
