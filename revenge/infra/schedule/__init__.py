"""What is done again and again, by the node that leads, once for every time it is due."""

from revenge.infra.schedule.schedule import Schedule
from revenge.infra.schedule.task import Cron, Every, Run, Task

__all__ = ["Cron", "Every", "Run", "Schedule", "Task"]
