"""Settings that change while a node runs."""

from pathlib import Path

from revenge.bootstrap.build import build
from revenge.bootstrap.live import listeners
from revenge.bootstrap.settings import Settings
from revenge.core.settings import Secret, fields
from revenge.infra.log import Log, LogSettings
from revenge.services.auth.settings import AuthSettings


def test_every_live_setting_has_somebody_who_takes_it():
    house = build(Settings(auth=AuthSettings(jwt_secret=Secret("-" * 32))), Path("run"), "")
    live = {field.path for field in fields(Settings) if field.live}
    assert set(listeners(house, Log(LogSettings()))) == live
    listeners(house, Log(LogSettings()))["server.bandwidth"](8_000_000)
    assert house.bandwidth.sent.limits.node == house.bandwidth.fetched.limits.node == 1_000_000
