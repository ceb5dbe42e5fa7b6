"""The house of the faults: built once for a file, and only where it can be."""

from collections.abc import Iterator

import pytest

from tests.cluster.faults.house import running_house
from tests.cluster.faults.lab import Lab, why_not
from tests.cluster.faults.load import Load


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Lab, Load]]:
    """Three nodes at work in network namespaces."""
    if reason := why_not():
        pytest.skip(reason)
    with running_house() as house:
        yield house


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They start servers, and last as long as their faults do."""
    for item in items:
        if "tests/cluster/faults/" in str(item.path):
            item.add_marker(pytest.mark.servers)
            item.add_marker(pytest.mark.timeout(240))
