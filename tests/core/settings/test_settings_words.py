"""Values that have units."""

import pytest

from revenge.core.settings import Bandwidth, ByteSize, Duration, Secret


@pytest.mark.parametrize(
    ("written", "seconds", "shown"),
    [
        ("1s", 1, "1s"),
        ("120s", 120, "2m"),
        ("15m", 900, "15m"),
        ("1h30m", 5400, "1h30m"),
        ("500ms", 0.5, "500ms"),
        ("1.5h", 5400, "1h30m"),
        ("7d", 604800, "7d"),
        ("45", 45, "45s"),
        (2.5, 2.5, "2s500ms"),
        (0, 0, "0s"),
    ],
)
def test_a_duration_is_read_and_shown_as_people_write_it(written, seconds, shown):
    assert Duration.read(written) == seconds
    assert str(Duration.read(written)) == shown


@pytest.mark.parametrize(
    ("written", "bits", "shown"),
    [("100Mbps", 100_000_000, "100Mbps"), ("2.5 Gbit/s", 2_500_000_000, "2500Mbps"), ("800kbps", 800_000, "800kbps"), (9, 9, "9bps")],
)
def test_a_bandwidth_is_read_and_shown_as_people_write_it(written, bits, shown):
    assert Bandwidth.read(written) == bits
    assert str(Bandwidth.read(written)) == shown


def test_a_bandwidth_is_known_in_bytes_too():
    assert Bandwidth.read("8Mbps").bytes_per_second == 1_000_000


@pytest.mark.parametrize(
    ("written", "size", "shown"),
    [
        ("500MB", 500_000_000, "500MB"),
        ("2GiB", 2 << 30, "2GiB"),
        ("1k", 1000, "1KB"),
        ("1KiB", 1024, "1KiB"),
        (77, 77, "77B"),
        (0, 0, "0B"),
    ],
)
def test_a_size_is_read_and_shown_as_people_write_it(written, size, shown):
    assert ByteSize.read(written) == size
    assert str(ByteSize.read(written)) == shown


@pytest.mark.parametrize("kind", [Duration, Bandwidth, ByteSize])
@pytest.mark.parametrize("wrong", ["", "fast", "-1s", "1x", "1s!", True, -1, None, ["1s"], "1 s s", "s"])
def test_what_is_no_amount_is_refused_with_an_example(kind, wrong):
    with pytest.raises(ValueError, match="such as"):
        kind.read(wrong)


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="bandwidth"):
        Bandwidth.read("0Mbps")


def test_a_secret_shows_itself_to_nobody_who_does_not_ask():
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2"
    assert {secret} == {Secret("hunter2")}
    assert secret != "hunter2"
