"""Fixtures of the whole suite: one module per line, each beside what it stands for."""

pytest_plugins = [
    "tests.fixtures.marks",
    "tests.fixtures.media",
    "tests.fixtures.folder",
    "tests.fixtures.servers",
    "tests.fixtures.database",
    "tests.fixtures.store",
    "tests.fixtures.jobs",
    "tests.fixtures.people",
    "tests.fixtures.node",
]
