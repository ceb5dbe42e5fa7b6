"""Settings that change while a node runs."""

from pathlib import Path
from uuid import uuid4

from revenge.bootstrap.build import build
from revenge.bootstrap.live import listeners
from revenge.bootstrap.settings import Settings
from revenge.core.settings import Secret, fields
from revenge.infra.log import Log, LogSettings
from revenge.services.auth.settings import AuthSettings
from revenge.services.playback.entity import viewing_tag


def test_every_live_setting_has_somebody_who_takes_it():
    house = build(Settings(auth=AuthSettings(jwt_secret=Secret("-" * 32))), Path("run"), "")
    live = {field.path for field in fields(Settings) if field.live}
    assert set(listeners(house, Log(LogSettings()))) == live
    listeners(house, Log(LogSettings()))["server.bandwidth"](8_000_000)
    assert house.bandwidth.sent.limits.node == house.bandwidth.fetched.limits.node == 1_000_000


def test_the_end_of_a_viewing_is_heard_where_streams_are_shared_out(monkeypatch):
    house = build(Settings(auth=AuthSettings(jwt_secret=Secret("-" * 32))), Path("run"), "")
    heard = []
    monkeypatch.setattr(house.bandwidth.sent, "ended", heard.append)
    viewing = uuid4()
    house.ground.bus.drop([viewing_tag(viewing), "something:else"])
    assert str(viewing) in heard[0]
