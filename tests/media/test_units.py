"""Looking into coded pictures: lengths and start codes are told apart, also where one looks like the other."""

import pytest

from revenge.media.child.units import is_clean_entry, units

IDR, SLICE = b"\x65", b"\x41"


class Packet(bytes):
    """A coded picture."""


@pytest.mark.parametrize("size", [1, 30, 255, 256, 300, 511, 512, 70_000])
@pytest.mark.parametrize("kind", [IDR, SLICE])
def test_units_are_found_by_their_lengths_whatever_these_are(size, kind):
    """The length of a unit of 256 to 511 bytes begins like a start code."""
    unit = kind + b"\xaa" * (size - 1)
    data = b"".join(len(one).to_bytes(4, "big") + one for one in (unit, SLICE + b"\xbb" * 9))
    assert list(units(data)) == [unit, SLICE + b"\xbb" * 9]
    assert is_clean_entry(Packet(data), "h264") == (kind == IDR)


@pytest.mark.parametrize("start", [b"\0\0\1", b"\0\0\0\1"])
def test_units_are_found_by_their_start_codes(start):
    data = start + IDR + b"\xaa" * 300 + b"\0\0\1" + SLICE + b"\xbb" * 20
    assert [unit.rstrip(b"\0") for unit in units(data)] == [IDR + b"\xaa" * 300, SLICE + b"\xbb" * 20]
    assert is_clean_entry(Packet(data), "h264")


def test_what_is_cut_off_ends_the_search():
    assert list(units(b"\0\0\0\x09" + IDR + b"\xaa")) == [IDR + b"\xaa"]
    assert list(units(b"\0\0")) == list(units(b"")) == []
