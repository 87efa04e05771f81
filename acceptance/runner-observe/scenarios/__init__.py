from . import cancel, ends, idle, work
from .registry import ALL

__all__ = ["ALL", "cancel", "ends", "idle", "work"]
