"""Settings: sections declared where they are used, read from the environment, one file, and the declared defaults."""

from revenge.core.settings.about import about
from revenge.core.settings.convert import converted
from revenge.core.settings.describe import describe, markdown
from revenge.core.settings.fields import ALIASES, Field, fields
from revenge.core.settings.load import load
from revenge.core.settings.loaded import Loaded, Origin
from revenge.core.settings.watch import Watcher
from revenge.core.settings.words import Bandwidth, ByteSize, Duration, Secret

__all__ = [
    "ALIASES",
    "Bandwidth",
    "ByteSize",
    "Duration",
    "Field",
    "Loaded",
    "Origin",
    "Secret",
    "Watcher",
    "about",
    "converted",
    "describe",
    "fields",
    "load",
    "markdown",
]
