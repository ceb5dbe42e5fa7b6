"""Who gets how much of a connection that is too small for everybody."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenge.core.qos import Qos
from revenge.infra.bandwidth.fill import fill
from revenge.infra.bandwidth.shares import Limits, Want, divide

M = 1_000_000 / 8
"""Bytes per second of a Mbit/s."""
SMALL = Limits(node=100 * M)
P0, P1, P2, P3, P4 = Qos


def mbit(limits: Limits, *wants: Want) -> list[float]:
    return [pytest.approx(rate / M, rel=1e-6, abs=1e-6) for rate in divide(limits, wants)]


def greedy(qos: Qos, user: str = "ann", *, remote: bool = False) -> Want:
    return Want(qos, user, inf, remote)


def test_without_a_limit_nobody_is_limited():
    assert divide(Limits(), [greedy(qos) for qos in Qos]) == [inf] * 5
    assert not Limits().bind
    assert SMALL.bind


def test_the_example_of_a_connection_of_100_mbit():
    """Streams 80, the rest 20; of that the background 5, and maintenance waits."""
    assert mbit(SMALL, greedy(P1), greedy(P2), greedy(P3), greedy(P4)) == [80, 15, 5, 0]


def test_with_nobody_watching_the_background_has_what_people_leave():
    assert mbit(SMALL, greedy(P3)) == [100]
    assert mbit(SMALL, greedy(P2), greedy(P3)) == [75, 25]
    assert mbit(SMALL, greedy(P3), greedy(P4)) == [100, 0]
    assert mbit(SMALL, greedy(P4)) == [100]


def test_what_streams_do_not_use_is_lent_to_downloads_but_not_to_the_background():
    stream, download, sync = mbit(SMALL, Want(P1, "ann", 16 * M), greedy(P2, "bob"), greedy(P3, "bob"))
    assert (stream, download, sync) == (16, 79, 5)


def test_pages_come_before_everything():
    assert mbit(SMALL, Want(P0, "", 30 * M), greedy(P1), greedy(P2)) == [30, 50, 20]


def test_who_opens_more_connections_gets_no_more():
    ann = [greedy(P2, "ann") for _ in range(4)]
    assert mbit(SMALL, *ann, greedy(P2, "bob")) == [12.5] * 4 + [50]


def test_who_wants_little_gets_it_and_the_others_share_the_rest():
    assert mbit(SMALL, Want(P1, "ann", 10 * M), greedy(P1, "bob"), greedy(P1, "cid")) == [10, 45, 45]


def test_a_remote_network_gets_no_more_than_the_uplink_and_the_house_all_the_rest():
    limits = Limits(node=100 * M, uplink=20 * M)
    assert mbit(limits, greedy(P1, "far", remote=True), greedy(P1, "here")) == [20, 80]
    assert mbit(Limits(uplink=20 * M), greedy(P1, remote=True), greedy(P3, "bob", remote=True))[0] == 19
    assert divide(Limits(uplink=20 * M), [greedy(P1)]) == [inf]


def test_a_stream_within_the_house_does_not_squeeze_the_uplink():
    assert divide(Limits(uplink=20 * M), [greedy(P1), greedy(P3, remote=True)]) == [inf, 20 * M]


def test_one_person_gets_no_more_than_a_person_may_whatever_they_do_at_once():
    limits = Limits(user=10 * M)
    assert mbit(limits, greedy(P1), greedy(P2), greedy(P1, "bob"))[:3] == [8, 2, 10]
    assert divide(limits, [greedy(P0)]) == [inf]


def test_what_nobody_wants_is_theirs_before_they_ask():
    stream, idle = divide(SMALL, [Want(P1, "ann", 8 * M), Want(P1, "bob", 0.0)])
    assert stream > 8 * M
    assert idle > 10 * M
    assert stream + idle == pytest.approx(100 * M)


# --- whatever they want ------------------------------------------------------------------------------------------------------------

demands = st.one_of(st.just(inf), st.just(0.0), st.floats(1, 1e9))
wants = st.builds(Want, st.sampled_from(list(Qos)), st.sampled_from("abc"), demands, st.booleans())
many = st.lists(wants, max_size=12)
rates = st.one_of(st.just(inf), st.floats(1e3, 1e9))


@given(st.one_of(st.just(0.0), st.floats(1e-3, 1e9)), st.lists(demands, min_size=1, max_size=10))
def test_a_fair_division_takes_from_nobody_who_has_less(amount, wanted):
    got = fill(amount, wanted)
    assert sum(got) == pytest.approx(min(amount, sum(wanted)))
    for mine, want in zip(got, wanted, strict=True):
        assert 0 <= mine <= want
        if mine < want * (1 - 1e-9):
            assert mine >= max(got) * (1 - 1e-9)


@given(rates, rates, rates, many)
def test_no_bottleneck_is_ever_overfull(node, uplink, user, wanted):
    got = divide(Limits(node, uplink, user), wanted)

    def total(chosen):
        return sum(rate for rate, want in zip(got, wanted, strict=True) if chosen(want))

    assert all(rate >= 0 for rate in got)
    assert total(lambda _: True) <= node * (1 + 1e-9)
    assert total(lambda want: want.remote) <= uplink * (1 + 1e-9)
    for one in "abc":
        assert total(lambda want, one=one: want.user == one and want.qos is not P0) <= user * (1 + 1e-9)


@given(st.floats(1e3, 1e9), many)
def test_reserves_hold_and_nothing_is_wasted_whoever_else_is_greedy(rate, wanted):
    got = divide(Limits(node=rate), wanted)

    def given_to(*classes):
        return sum(share for share, want in zip(got, wanted, strict=True) if want.qos in classes)

    def wanted_by(*classes):
        return sum(want.demand for want in wanted if want.qos in classes)

    slack = 1 - 1e-9
    assert given_to(P0, P1) >= min(wanted_by(P0, P1), 0.8 * rate) * slack
    watched = any(want.qos is P1 for want in wanted)
    if watched:
        assert given_to(P3) <= 0.05 * rate / slack
        assert given_to(P4) == 0
        assert given_to(P2) >= min(wanted_by(P2), 0.15 * rate) * slack
    else:
        assert given_to(P3) >= min(wanted_by(P3), 0.05 * rate) * slack
    if wanted_by(P0, P1, P2) >= rate:
        assert sum(got) == pytest.approx(rate)


@given(st.floats(1e3, 1e9), many)
def test_nobody_in_a_class_gets_less_than_another_without_having_enough(rate, wanted):
    got = divide(Limits(node=rate), wanted)
    for qos in Qos:
        people = {one: [place for place, want in enumerate(wanted) if want.qos is qos and want.user == one] for one in "abc"}
        have = {one: sum(got[place] for place in own) for one, own in people.items() if own}
        for one, mine in have.items():
            if mine < sum(wanted[place].demand for place in people[one]) * (1 - 1e-6):
                assert mine >= max(have.values()) * (1 - 1e-6)
