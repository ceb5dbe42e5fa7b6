"""What a cluster gave stands below everything that is set by hand, in a file nobody else reads."""

import stat

import pytest

from revenge.bootstrap.settings import Settings
from revenge.core.errors import StartRefused
from revenge.core.settings import load
from revenge.infra.joined import forget, joined, place, remember, remembered

GIVEN = {
    "cluster.enabled": "true",
    "cluster.secret": "s" * 32,
    "cluster.raft.join_addrs": "one:7000,two:7000",
    "database.url": "postgresql://db/revenge",
    "cache.url": "redis://store",
    "a.newer.setting": "x",
}


def test_it_fills_what_nobody_set(tmp_path):
    remember(tmp_path, GIVEN)
    loaded = joined(load(Settings, {"REVENGE_CACHE_URL": "redis://mine"}), tmp_path)
    assert loaded.values.cluster.enabled
    assert loaded.values.cluster.raft.join_addrs == ("one:7000", "two:7000")
    assert (loaded.values.database.url, loaded.values.cache.url) == ("postgresql://db/revenge", "redis://mine")
    assert loaded.origin("cluster.secret").kind == "cluster"
    assert loaded.origin("cache.url").kind == "environment"
    assert stat.S_IMODE(place(tmp_path).stat().st_mode) == 0o600


def test_a_node_that_was_never_in_one_and_one_that_forgot_have_nothing(tmp_path):
    assert remembered(tmp_path) == {}
    remember(tmp_path, GIVEN)
    forget(tmp_path)
    forget(tmp_path)
    assert joined(load(Settings, {}), tmp_path).values == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "cannot be read"),
        ('{"cluster.secret": "short"}', "cluster.secret must be at least 32"),
        ('{"cluster.enabled": "true"}', "needs database.url"),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_a_sentence(tmp_path, text, words):
    place(tmp_path).write_text(text)
    with pytest.raises(StartRefused, match=words):
        joined(load(Settings, {}), tmp_path)
