"""What well-known players can do, for those that do not say it themselves."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import asdict, replace

from revenge.core.errors import Invalid
from revenge.services.playback.abilities import Abilities
from revenge.services.playback.entity import Client
from revenge.services.playback.profiles.browsers import BROWSERS
from revenge.services.playback.profiles.players import PLAYERS
from revenge.services.playback.profiles.televisions import TELEVISIONS

PROFILES: Mapping[str, Abilities] = {**BROWSERS, **PLAYERS, **TELEVISIONS}
_AGENTS = (
    (re.compile(r"^(VLC|LibVLC)", re.IGNORECASE), "vlc"),
    (re.compile(r"^(mpv|libmpv|Lavf|Kodi)", re.IGNORECASE), "mpv"),
    (re.compile(r"DLNADOC/|UPnP/1"), "dlna"),
    (re.compile(r"Web0S|webOS"), "webos"),
    (re.compile(r"Tizen"), "tizen"),
    (re.compile(r"CrKey"), "chromecast"),
    (re.compile(r"AppleTV|Apple TV"), "apple_tv"),
    (re.compile(r"Android.*\b(?:TV|BRAVIA|SHIELD|AFT\w+)\b"), "android_tv"),
    (re.compile(r"Firefox/"), "firefox"),
    (re.compile(r"Chrome/|Chromium/|Edg/"), "chromium"),
    (re.compile(r"Version/[\d.]+ .*Safari/"), "safari"),
)
"""How players name themselves; the order matters, since most pretend to be the later ones, too."""


def abilities(client: Client | None, agent: str) -> Abilities:
    """Return what the player can do: what it says, over its profile, over that of its User-Agent; Invalid for an unknown profile."""
    name = client.profile if client is not None and client.profile is not None else _recognised(agent)
    if name not in PROFILES:
        raise Invalid(
            f"There is no client profile {name!r}; the profiles are {', '.join(PROFILES)}.", code="profile_unknown", field="client.profile"
        )
    return replace(PROFILES[name], **_said(client, PROFILES[name])) if client is not None else PROFILES[name]


def _said(client: Client, profile: Abilities) -> dict[str, Any]:
    """Return what the client says of itself, as fields of its abilities."""
    said = {field: value for field, value in asdict(client).items() if value is not None and field not in {"profile", "decoders"}}
    fields = {field: frozenset(value) if isinstance(value, list) else value for field, value in said.items()}
    if client.decoders is not None:
        fields["decoders"] = {**profile.decoders, **{decoder.codec: decoder for decoder in client.decoders}}
    return fields


def _recognised(agent: str) -> str:
    return next((name for pattern, name in _AGENTS if pattern.search(agent)), "careful")
