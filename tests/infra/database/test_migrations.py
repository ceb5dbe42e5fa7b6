"""Migrations go up, down and up again, and describe what the tables say."""

import asyncio
import importlib
import pkgutil

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import revenge
from revenge.infra.database import metadata, migrate
from revenge.infra.database.url import sqlalchemy_url


def _load_every_table() -> None:
    for module in pkgutil.walk_packages(revenge.__path__, "revenge."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)


async def _drift(url: str) -> list[object]:
    _load_every_table()
    engine = create_async_engine(sqlalchemy_url(url))

    def compare(connection: Connection) -> list[object]:
        options = {"include_schemas": True, "compare_type": True, "include_object": lambda _o, name, *_: name != "alembic_version"}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


async def test_base_to_head_to_base_to_head_leaves_no_drift(empty_database_url):
    await migrate.upgrade(empty_database_url)
    await migrate.downgrade(empty_database_url, migrate.BASE)
    assert not any(step.applied for step in await migrate.status(empty_database_url))
    await migrate.upgrade(empty_database_url)
    assert all(step.applied for step in await migrate.status(empty_database_url))
    assert await _drift(empty_database_url) == []


async def test_nodes_that_start_at_once_migrate_once(empty_database_url):
    await asyncio.gather(*(migrate.upgrade(empty_database_url) for _ in range(4)))
    assert all(step.applied for step in await migrate.status(empty_database_url))


async def test_numbers_have_no_gaps_and_one_head(empty_database_url):
    versions = [step.version for step in await migrate.status(empty_database_url)]
    assert versions == [f"{number:06}" for number in range(1, len(versions) + 1)]
