"""What is done again and again, by one node at a time."""

from revenge.infra.schedule.schedule import Every, Schedule

__all__ = ["Every", "Schedule"]
