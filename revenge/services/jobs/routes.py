"""Endpoints of jobs, for admins."""

from collections.abc import Sequence
from uuid import UUID

from revenge.api.endpoint import Endpoint, delete, get, post
from revenge.core.page import Page, PageQuery
from revenge.services.jobs.entity import JobDetails, JobEntry, JobQuery, LogLine, Queues, Retried, RetryAll
from revenge.services.jobs.service import Jobs

_MAY = "jobs:manage"


class JobRoutes:
    """The doors to work in the background."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoints."""
        return [
            get("/api/v1/admin/queues", self.queues, may=_MAY),
            get("/api/v1/admin/jobs", self.page, may=_MAY),
            post("/api/v1/admin/jobs/retry", self.retry_all, may=_MAY),
            get("/api/v1/admin/jobs/{id}", self.show, may=_MAY),
            delete("/api/v1/admin/jobs/{id}", self.discard, may=_MAY),
            get("/api/v1/admin/jobs/{id}/log", self.log, may=_MAY),
            post("/api/v1/admin/jobs/{id}/retry", self.retry, may=_MAY),
            post("/api/v1/admin/jobs/{id}/cancel", self.cancel, may=_MAY, status=202),
        ]

    async def queues(self) -> Queues:
        """How the queues stand, and why something waits."""
        return await self.jobs.queues()

    async def page(self, query: JobQuery) -> Page[JobEntry]:
        """Jobs that wait, run, failed or are done, the one asked for last first."""
        return await self.jobs.page(query)

    async def retry_all(self, body: RetryAll) -> Retried:
        """Let all failed jobs, or those of one kind, be tried again."""
        return await self.jobs.retry_all(body)

    async def show(self, id: UUID) -> JobDetails:
        """One job and what it was asked to do."""
        return await self.jobs.get(id)

    async def discard(self, id: UUID) -> None:
        """Forget a job that failed or was cancelled."""
        await self.jobs.discard(id)

    async def log(self, id: UUID, query: PageQuery) -> Page[LogLine]:
        """What a job's runs had to say, the latest first."""
        return await self.jobs.log(id, query)

    async def retry(self, id: UUID) -> JobEntry:
        """Let a failed or cancelled job be tried again."""
        return await self.jobs.retry(id)

    async def cancel(self, id: UUID) -> JobEntry:
        """Cancel a job that waits, or stop it where it runs."""
        return await self.jobs.cancel(id)
