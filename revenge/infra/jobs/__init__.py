"""Jobs: asked for in a transaction, kept in PostgreSQL, handed over to arq, run in this process."""

from revenge.infra.jobs.job import CEILINGS, YIELDING, Job, JobContext, Queue

__all__ = ["CEILINGS", "YIELDING", "Job", "JobContext", "Queue"]
