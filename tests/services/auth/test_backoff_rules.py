"""How long the door stays shut: the rules alone."""

from datetime import UTC, datetime, timedelta

import pytest

from revenge.services.auth.entity import Wrongs

THEN = datetime(2030, 1, 1, tzinfo=UTC)


def waits(**counts) -> float:
    """Seconds from the last wrong password to the next try."""
    opens = Wrongs(**counts).opens()
    return (opens - THEN).total_seconds() if opens else 0


@pytest.mark.parametrize(("wrong", "seconds"), [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (10, 64), (13, 512), (14, 900), (500, 900)])
def test_each_wrong_password_for_an_account_doubles_the_wait_up_to_the_window(wrong, seconds):
    assert waits(here=wrong, here_last=THEN, from_place=wrong, from_place_last=THEN, places=1, places_last=THEN) == max(
        seconds, waits(from_place=wrong, from_place_last=THEN)
    )


@pytest.mark.parametrize(("wrong", "seconds"), [(19, 0), (20, 2), (21, 4), (40, 900)])
def test_a_place_that_tries_many_accounts_waits_for_all_of_them(wrong, seconds):
    assert waits(here=1, here_last=THEN, from_place=wrong, from_place_last=THEN, known=True) == seconds


@pytest.mark.parametrize(("places", "seconds"), [(9, 0), (10, 2), (12, 8), (15, 60), (5000, 60)])
def test_many_places_that_fail_at_one_account_slow_strangers_by_a_minute_at_most(places, seconds):
    assert waits(places=places, places_last=THEN) == seconds


def test_a_place_the_owner_has_signed_in_from_pays_for_its_own_mistakes_alone():
    assert waits(places=5000, places_last=THEN, known=True) == 0
    assert waits(here=5, here_last=THEN, places=5000, places_last=THEN, known=True) == 2


def test_the_wait_runs_from_the_last_wrong_password_of_its_own_rule():
    early = THEN - timedelta(minutes=10)
    assert Wrongs(here=6, here_last=early, from_place=6, from_place_last=THEN).opens() == early + timedelta(seconds=4)
