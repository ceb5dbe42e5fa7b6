"""The Range header, cell by cell of the table of right answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenge.api.ranges import Span, Unsatisfiable, parse


@pytest.mark.parametrize(
    ("header", "spans"),
    [
        ("bytes=2-4", [(2, 4)]),
        ("bytes=5-", [(5, 9)]),
        ("bytes=-3", [(7, 9)]),
        ("bytes=-30", [(0, 9)]),
        ("bytes=2-99999999999999999999999999", [(2, 9)]),
        ("bytes=0-1,4-5", [(0, 1), (4, 5)]),
        ("Bytes = 0-1 , 4-5 ,", [(0, 1), (4, 5)]),
        ("bytes=8-,20-30", [(8, 9)]),
        ("bytes=9-9", [(9, 9)]),
        # what cannot be read, or makes no sense to honour, is ignored: the whole is sent
        (None, None),
        ("bytes=5-2", None),
        ("bytes=0-1,5-2", None),
        ("bytes=abc", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=1-2-3", None),
        ("bytes=+1-2", None),
        ("bytes=\u0661-\u0662", None),
        ("items=0-1", None),
        ("bytes", None),
        ("bytes=0-9,0-9", None),
        ("bytes=" + ",".join(["0-0"] * 33), None),
    ],
)
def test_ten_bytes_are_cut_as_the_standard_says(header, spans):
    found = parse(header, 10)
    assert found == (None if spans is None else [Span(*span) for span in spans])


@pytest.mark.parametrize("header", ["bytes=-0", "bytes=10-", "bytes=20-30", "bytes=" + "9" * 30 + "-", "bytes=-0,10-"])
def test_ranges_that_touch_nothing_cannot_be_satisfied(header):
    with pytest.raises(Unsatisfiable):
        parse(header, 10)


def test_an_empty_file_has_last_bytes_but_no_first_one():
    assert parse("bytes=-5", 0) is None
    for header in ("bytes=0-", "bytes=-0"):
        with pytest.raises(Unsatisfiable):
            parse(header, 0)


@given(st.text(), st.integers(0, 100))
def test_no_header_ever_asks_for_bytes_that_are_not_there(header, size):
    for text in (header, f"bytes={header}"):
        try:
            spans = parse(text, size)
        except Unsatisfiable:
            continue
        assert all(0 <= span.start <= span.end < size for span in spans or [])


@given(st.lists(st.tuples(st.none() | st.integers(0, 120), st.none() | st.integers(0, 120)), min_size=1, max_size=5), st.integers(0, 100))
def test_well_formed_ranges_never_yield_more_than_the_whole(ranges, size):
    header = "bytes=" + ",".join(f"{'' if a is None else a}-{'' if b is None else b}" for a, b in ranges)
    try:
        spans = parse(header, size)
    except Unsatisfiable:
        return
    assert sum(span.length for span in spans or []) <= size
