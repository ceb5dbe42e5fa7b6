"""Migrations go up, down and up again, and describe what the tables say."""

import asyncio
import importlib
import json
import pkgutil

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import revenge
from revenge.infra.database import metadata, migrate
from revenge.infra.database.url import sqlalchemy_url

_FILE = """
insert into shared.files (library_id, root_id, folder, name, size, mtime_ns, inode, facts) values ($1, $2, '{}', $3, 1, 1, 1, $4)
"""


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


async def test_files_that_were_probed_as_mov_are_called_mp4_and_others_keep_their_names(empty_database_url):
    await migrate.upgrade(empty_database_url, "000010")
    connection = await asyncpg.connect(empty_database_url)
    try:
        library = await connection.fetchval("insert into shared.libraries (name, kind) values ('Films', 'movie') returning id")
        root = await connection.fetchval("insert into shared.library_roots (library_id, path) values ($1, '/films') returning id", library)
        for name, facts in (("a", '{"container": "mov", "size": 7}'), ("b", '{"container": "matroska"}'), ("c", None)):
            await connection.execute(_FILE, library, root, name, facts)
        await migrate.upgrade(empty_database_url, "000011")
        rows = await connection.fetch("select facts from shared.files order by name")
        assert [json.loads(row[0]) if row[0] else None for row in rows] == [
            {"container": "mp4", "size": 7},
            {"container": "matroska"},
            None,
        ]
    finally:
        await connection.close()


async def test_a_node_whose_database_is_up_to_date_waits_for_nobody_who_changes_it(empty_database_url):
    await migrate.upgrade(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute("select pg_advisory_lock($1)", migrate._LOCK)
        async with asyncio.timeout(5):
            await migrate.upgrade(empty_database_url)
    finally:
        await connection.close()


async def test_nodes_that_start_at_once_migrate_once(empty_database_url):
    await asyncio.gather(*(migrate.upgrade(empty_database_url) for _ in range(4)))
    assert all(step.applied for step in await migrate.status(empty_database_url))


async def test_numbers_have_no_gaps_and_one_head(empty_database_url):
    versions = [step.version for step in await migrate.status(empty_database_url)]
    assert versions == [f"{number:06}" for number in range(1, len(versions) + 1)]
