"""What is believed of a player: what it says, over its profile, over that of its User-Agent."""

import pytest

from revenge.core.errors import Invalid
from revenge.services.playback.entity import Client
from revenge.services.playback.profiles import PROFILES, abilities

AGENTS = [
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "chromium"),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "chromium"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "safari"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1", "safari"),
    ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36", "webos"),
    ("Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) 108.0/8.0 TV Safari/537.36", "tizen"),
    ("Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 CrKey/1.56", "chromecast"),
    ("AppleTV11,1/17.0", "apple_tv"),
    ("VLC/3.0.21 LibVLC/3.0.21", "vlc"),
    ("mpv 0.39.0", "mpv"),
    ("Lavf/60.16.100", "mpv"),
    ("curl/8.5.0", "careful"),
    ("", "careful"),
]


@pytest.mark.parametrize(("agent", "profile"), AGENTS)
def test_a_player_is_known_by_its_user_agent(agent, profile):
    assert abilities(None, agent) == PROFILES[profile]


def test_a_named_profile_wins_over_the_user_agent():
    assert abilities(Client(profile="safari"), "VLC/3.0") == PROFILES["safari"]


def test_what_is_said_wins_and_the_rest_stays():
    said = abilities(Client(video_codecs=["hevc"], max_height=720), "Firefox/140.0")
    assert (said.video_codecs, said.max_height) == ({"hevc"}, 720)
    assert said.audio_codecs == PROFILES["firefox"].audio_codecs


def test_an_unknown_profile_is_refused_with_the_known_ones():
    with pytest.raises(Invalid, match="chromium, firefox") as refused:
        abilities(Client(profile="toaster"), "")
    assert (refused.value.code, refused.value.field) == ("profile_unknown", "client.profile")
