"""Programs that people play films with take what the node sends: FFmpeg, mpv and VLC, by HLS and as it is."""

import os
import pwd
import re
import shutil
import subprocess
from collections import Counter
from urllib.parse import urljoin

import av
import m3u8
import pytest

from tests.fixtures.client import CHROMIUM
from tests.fixtures.servers import short_directory

FILMS = {"Metropolis": (288, 1), "The Third Man": (288, 2), "Nosferatu": (144, 1), "Der müde Tod": (150, 1)}
"""Pictures and sound tracks of the longer films: played as it is, with its sound encoded, with its picture encoded, with both."""
TOOL = "Lavf/62.3.100"
WEBOS = "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager"


@pytest.fixture(params=FILMS, ids=lambda title: title.replace(" ", "-"))
def film(request, node, shelf):
    """Each of the longer films, its number of pictures and of sound tracks."""
    return node.admin.movie(request.param, library=shelf["id"]), *FILMS[request.param]


def run(*command: str, limit: float = 60, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit, check=False, **options)


def needs(program: str):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"no {program} on this machine")


def test_every_segment_of_every_playlist_comes_in_any_order(node, film):
    movie, _, sounds = film
    player, session = node.stranger(CHROMIUM), node.admin.play(movie, agent=CHROMIUM)
    text = player.answer("GET", session["hls_url"])
    assert text.headers["Content-Type"].startswith("application/vnd.apple.mpegurl")
    master = m3u8.loads(text.text)
    assert len(master.playlists) == 1
    kinds = Counter(media.type for media in master.media)
    assert kinds == Counter(AUDIO=sounds, **({"SUBTITLES": len(session["subtitles"])} if session["subtitles"] else {}))
    assert len({(media.type, media.name) for media in master.media}) == len(master.media)

    for uri in [master.playlists[0].uri, *(media.uri for media in master.media)]:
        address = urljoin(session["hls_url"], uri)
        playlist = m3u8.loads(player.answer("GET", address).text)
        assert playlist.is_endlist
        assert max(segment.duration for segment in playlist.segments) <= playlist.target_duration + 0.5
        assert sum(segment.duration for segment in playlist.segments) == pytest.approx(session["duration_ms"] / 1000, abs=0.25)
        parts = [segment.uri for segment in reversed(playlist.segments)] + [part.uri for part in playlist.segment_map]
        for part in parts:
            answer = player.answer("GET", urljoin(address, part))
            assert answer.status_code == 200
            assert answer.content
            again = player.answer("GET", urljoin(address, part))
            assert again.content == answer.content  # the same bytes whoever asks


@needs("ffmpeg")
def test_ffmpeg_plays_hls_whole_and_without_a_complaint(node, film):
    movie, pictures, sounds = film
    session = node.admin.play(movie, agent=CHROMIUM)
    played = run(
        "ffmpeg", "-v", "error", "-i", node.base_url + session["hls_url"], "-map", "0:v", "-map", "0:a",
        "-fps_mode", "passthrough", "-f", "framecrc", "-",
    )  # fmt: skip
    assert (played.returncode, played.stderr) == (0, "")
    frames = Counter(int(line.split(",")[0]) for line in played.stdout.splitlines() if not line.startswith("#"))
    assert frames.pop(0) == pictures
    rates = [int(rate) for rate in re.findall(r"^#sample_rate \d: (\d+)", played.stdout, re.MULTILINE)]
    assert len(frames) == len(rates) == sounds
    assert all(count * 1024 / rates[0] == pytest.approx(session["duration_ms"] / 1000, abs=0.2) for count in frames.values())


@needs("ffmpeg")
def test_a_television_gets_transport_streams_and_seeks_in_them(node, film):
    movie, pictures, _ = film
    address = node.base_url + node.admin.play(movie, agent=WEBOS)["hls_url"]
    assert address.endswith("/television.m3u8")
    assert frames(address) == pictures
    assert 0 < pictures - frames(address, "-ss", "3.5") <= 3.5 * 30
    # what is looked at while somebody seeks
    session = node.admin.play(movie, agent=CHROMIUM)
    stills = m3u8.loads(node.stranger(CHROMIUM).answer("GET", session["hls_url"]).text).iframe_playlists
    assert node.stranger(CHROMIUM).answer("GET", urljoin(session["hls_url"], urljoin(stills[0].uri, "0.m4s"))).content


def frames(address: str, *seek: str) -> int:
    played = run("ffmpeg", "-v", "error", *seek, "-i", address, "-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "framecrc", "-")
    assert (played.returncode, played.stderr) == (0, "")
    return len([line for line in played.stdout.splitlines() if line.startswith("0,")])


@needs("ffmpeg")
def test_ffmpeg_plays_the_file_as_it_is(node, film):
    movie, pictures, _ = film
    session = node.admin.play(movie, agent=TOOL)
    played = run("ffmpeg", "-v", "error", "-i", node.base_url + session["direct_url"], "-map", "0:v", "-c", "copy", "-f", "framecrc", "-")
    assert (played.returncode, played.stderr) == (0, "")
    assert len([line for line in played.stdout.splitlines() if not line.startswith("#")]) == pictures


@needs("mpv")
@pytest.mark.parametrize("way", ["hls_url", "direct_url"])
def test_mpv_plays_picture_and_sound_to_the_end(node, film, way):
    movie, _, _ = film
    url = node.base_url + node.admin.play(movie, agent=TOOL if way == "direct_url" else CHROMIUM)[way]
    common = ("mpv", "--no-config", "--no-ytdl", "--load-scripts=no", "--input-terminal=no", "--msg-level=all=warn,cplayer=info")
    shown = run(*common, "--no-audio", "--vo=null", "--untimed", "--framedrop=no", url)
    heard = run(*common, "--no-video", "--ao=null", "--ao-null-untimed", url)
    for played in (shown, heard):
        assert played.returncode == 0, played.stdout + played.stderr
        assert not re.search(r"error|failed|invalid|corrupt", played.stdout + played.stderr, re.IGNORECASE), played.stdout
    assert "End of file" in shown.stdout


@needs("cvlc")
@pytest.mark.parametrize("way", ["hls_url", "direct_url"])
def test_vlc_takes_everything_to_the_end(node, film, way):
    movie, pictures, _ = film
    url = node.base_url + node.admin.play(movie, agent="VLC/3.0" if way == "direct_url" else CHROMIUM)[way]
    with short_directory() as place:
        place.chmod(0o777)
        kept = place / "kept.ts"
        played = run(
            "cvlc", "--intf", "dummy", "--no-dbus", "--no-lua", "--ignore-config", "--no-sub-autodetect-file", "--sout-keep", "--no-sout-spu",
            "--sout", f"#std{{access=file,mux=ts,dst={kept}}}", "--play-and-exit", url, "vlc://quit",
            env={"HOME": str(place), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}, **_ordinary(),
        )  # fmt: skip
        assert played.returncode == 0, played.stderr
        assert kept.exists(), played.stderr
        with av.open(str(kept)) as film_kept:
            packets = Counter(packet.stream.type for packet in film_kept.demux() if packet.size)
    assert packets["video"] >= pictures * 0.95
    assert packets["audio"] > 0


def _ordinary() -> dict[str, object]:
    """VLC refuses to run as root: it runs as nobody then."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
