"""How a person likes to watch is kept for all their devices."""

from uuid import uuid4

from revenge.services.playback.taste import Delay, Preferences

PATH = "/api/v1/playback/preferences"


async def test_everybody_has_their_own_and_the_usual_ones_before_they_choose(house, ann, bob):
    tastes = house.module.tastes
    assert await tastes.of(bob) == Preferences()
    chosen = Preferences("ger", "off", 150, "yellow", "shadow", "top", [Delay(uuid4(), -500)])
    for wanted in (Preferences("eng"), chosen):
        assert await tastes.set(wanted, bob) == await tastes.of(bob) == wanted
    assert await tastes.of(ann) == Preferences()


async def test_of_many_delays_the_last_ones_are_kept(house, bob):
    delays = [Delay(uuid4(), n) for n in range(300)]
    kept = await house.module.tastes.set(Preferences(subtitle_delays=delays), bob)
    assert kept.subtitle_delays == delays[100:] == (await house.module.tastes.of(bob)).subtitle_delays


async def test_they_are_set_as_a_whole_by_their_door(doors, house, bob):
    token = house.household.auth.access.access(bob.user_id, bob.session_id)
    said = await doors("PUT", PATH, {"subtitle_size": 150, "subtitle_language": "ger"}, as_=token)
    usual = {"audio_language": None, "subtitle_delays": []}
    usual |= {"subtitle_color": "white", "subtitle_background": "box", "subtitle_position": "bottom"}
    assert (said.status, said.json) == (200, {"subtitle_size": 150, "subtitle_language": "ger"} | usual)
    assert (await doors("GET", PATH, as_=token)).json == said.json
    for wrong in (
        {"subtitle_size": 1000},
        {"subtitle_background": "pink"},
        {"subtitle_color": "#ff0000"},
        {"subtitle_delays": [{"file_id": "x", "ms": 1}]},
        {"font": "Arial"},
    ):
        assert (await doors("PUT", PATH, wrong, as_=token)).status == 422
    assert (await doors("GET", PATH)).status == 401
