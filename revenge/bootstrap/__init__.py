"""The only place that says "new"."""

from revenge.bootstrap.build import build
from revenge.bootstrap.ground import Part
from revenge.bootstrap.house import House
from revenge.bootstrap.settings import Settings

__all__ = ["House", "Part", "Settings", "build"]
