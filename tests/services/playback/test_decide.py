"""Which way a file reaches a player: film by player → method, what happens to each stream, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenge.core.facts import AudioTrack, MediaFacts, VideoTrack
from revenge.services.playback.decide import decide, default_audio
from revenge.services.playback.entity import Client
from revenge.services.playback.profiles import PROFILES, abilities
from revenge.services.playback.reasons import is_webm
from tests.services.playback.films import bounds, film, player

CONTAINER, VIDEO, AUDIO = "container_unsupported", "video_codec_unsupported", "audio_codec_unsupported"
DEPTH, HDR, LACED, LARGE, RATE = (
    "video_depth_unsupported",
    "video_hdr_unsupported",
    "video_interlaced",
    "video_too_large",
    "bitrate_too_high",
)
CHROMA, CHANNELS, OPEN, UNKNOWN = "video_chroma_unsupported", "audio_channels", "open_gop", "keyframes_unknown"
PROFILE, LEVEL, SOUND_PROFILE = "video_profile_unsupported", "video_level_unsupported", "audio_profile_unsupported"
ACCOUNT_HEIGHT, ACCOUNT_RATE, SHORT = "account_height", "account_bitrate", "bandwidth_short"

# Film, player, whether the keyframes are clean entries; then: method, picture and played sound in HLS (c copied, e encoded, - none), reasons.
TABLE = [
    # ---- browsers: what they play as it is
    ("mp4 h264 aac", "chromium", "clean", "direct cc", ""),
    ("mp4 h264 aac", "firefox", "clean", "direct cc", ""),
    ("mp4 h264 aac", "safari", "clean", "direct cc", ""),
    ("mp4 h264 aac", "careful", "clean", "direct cc", ""),
    ("mp4 h264 aac/6", "chromium", "clean", "direct cc", ""),
    ("mp4 h264 mp3", "chromium", "clean", "direct ce", ""),
    ("mp4 h264 mp3", "careful", "clean", "direct ce", ""),
    ("mp4 av1 opus", "chromium", "clean", "direct ce", ""),
    ("mp4 av1:10bit aac", "chromium", "clean", "direct cc", ""),
    ("mp4 vp9 aac", "firefox", "clean", "direct cc", ""),
    ("webm vp9 opus", "chromium", "clean", "direct ce", ""),
    ("webm vp8 vorbis", "firefox", "clean", "direct ee", ""),
    ("webm av1 opus/6", "firefox", "clean", "direct ce", ""),
    ("mkv vp9 opus", "chromium", "clean", "direct ce", ""),
    ("mp4 hevc aac", "safari", "clean", "direct cc", ""),
    ("mp4 hevc:10bit:hdr10 eac3/6", "safari", "clean", "direct cc", ""),
    ("mp4 h264", "chromium", "clean", "direct c-", ""),
    ("mp4 - aac", "chromium", "clean", "direct -c", ""),
    ("mp3 - mp3", "chromium", "clean", "direct -e", ""),
    ("flac - flac", "firefox", "clean", "direct -e", ""),
    # ---- browsers: another container is enough
    ("mkv h264 aac", "chromium", "clean", "remux cc", CONTAINER),
    ("mkv h264 aac", "firefox", "clean", "remux cc", CONTAINER),
    ("mkv h264 aac", "safari", "clean", "remux cc", CONTAINER),
    ("mkv h264 aac", "careful", "clean", "remux cc", CONTAINER),
    ("ts h264 aac", "chromium", "clean", "remux cc", CONTAINER),
    ("ts h264 ac3/6", "safari", "clean", "remux cc", CONTAINER),
    ("mkv hevc:10bit aac", "safari", "clean", "remux cc", CONTAINER),
    ("mkv av1 aac", "chromium", "clean", "remux cc", CONTAINER),
    ("mkv h264", "chromium", "clean", "remux c-", CONTAINER),
    ("mkv - aac", "chromium", "clean", "remux -c", CONTAINER),
    ("webm vp9 opus", "safari", "clean", "transcode ee", f"{CONTAINER} {VIDEO} {AUDIO}"),
    # ---- browsers: the sound has to be encoded, the picture not
    ("mkv h264 ac3/6", "chromium", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv h264 eac3/6", "firefox", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv h264 dts/6", "chromium", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv h264 truehd/8", "safari", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv h264 flac", "chromium", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv h264 opus", "chromium", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv h264 mp3", "chromium", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv h264 aac:HE-AAC", "chromium", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mp4 h264 aac:HE-AAC", "chromium", "clean", "direct ce", ""),
    ("mp4 h264 ac3/6", "chromium", "clean", "transcode ce", AUDIO),
    ("mp4 h264 mp2", "careful", "clean", "transcode ce", AUDIO),
    ("ts h264 mp2", "firefox", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv - dts/6", "chromium", "clean", "transcode -e", f"{CONTAINER} {AUDIO}"),
    # ---- browsers: the picture has to be encoded
    ("mp4 hevc aac", "chromium", "clean", "transcode ec", VIDEO),
    ("mp4 hevc aac", "firefox", "clean", "transcode ec", VIDEO),
    ("mkv hevc:10bit dts/6", "chromium", "clean", "transcode ee", f"{CONTAINER} {VIDEO} {AUDIO}"),
    ("mp4 h264:10bit aac", "chromium", "clean", "transcode ec", DEPTH),
    ("mp4 h264:10bit aac", "safari", "clean", "transcode ec", DEPTH),
    ("mp4 h264:422 aac", "chromium", "clean", "transcode ec", CHROMA),
    ("mp4 h264:444 aac", "careful", "clean", "transcode ec", CHROMA),
    ("mkv mpeg2video ac3/6", "chromium", "unknown", "transcode ee", f"{CONTAINER} {VIDEO} {AUDIO}"),
    ("ts mpeg2video mp2", "safari", "unknown", "transcode ee", f"{CONTAINER} {VIDEO} {AUDIO}"),
    ("avi mpeg4 mp3", "chromium", "unknown", "transcode ee", f"{CONTAINER} {VIDEO} {AUDIO}"),
    ("mp4 mpeg4 aac", "firefox", "unknown", "transcode ec", VIDEO),
    ("avi h264 mp3", "chromium", "unknown", "transcode ee", f"{CONTAINER} {UNKNOWN} {AUDIO}"),
    ("asf vc1 wmav2", "chromium", "unknown", "transcode ee", f"{CONTAINER} {VIDEO} {AUDIO}"),
    ("mp4 av1:10bit:hdr10 aac", "chromium", "clean", "transcode ec", HDR),
    ("mp4 hevc:10bit:dolby_vision aac", "safari", "clean", "transcode ec", HDR),
    ("webm vp9:10bit:hlg opus", "chromium", "clean", "transcode ee", f"{HDR} {AUDIO}"),
    ("mp4 h264:laced aac", "chromium", "clean", "transcode ec", LACED),
    ("ts mpeg2video:laced mp2", "firefox", "unknown", "transcode ee", f"{CONTAINER} {VIDEO} {LACED} {AUDIO}"),
    ("mp4 hevc:10bit:hdr10:2160p aac", "chromium max_height=1080", "clean", "transcode ec", f"{VIDEO} {HDR} {LARGE}"),
    # ---- where the picture can be cut matters only on the way through HLS
    ("mkv h264 aac", "chromium", "open", "transcode ec", f"{CONTAINER} {OPEN}"),
    ("mkv h264 aac", "chromium", "unknown", "transcode ec", f"{CONTAINER} {UNKNOWN}"),
    ("ts h264 aac", "safari", "open", "transcode ec", f"{CONTAINER} {OPEN}"),
    ("mp4 h264 aac", "chromium", "open", "direct ec", ""),
    ("mp4 h264 aac", "chromium", "unknown", "direct ec", ""),
    ("mp4 h264 ac3/6", "chromium", "open", "transcode ee", f"{OPEN} {AUDIO}"),
    ("mkv h264 aac", "mpv containers=mp4", "open", "remux cc", CONTAINER),
    ("mkv vp8 opus", "safari containers=mp4 video=h264,vp8", "clean", "transcode ee", f"{CONTAINER} {VIDEO} {AUDIO}"),
    # ---- players that open everything
    ("mkv hevc:10bit:hdr10 truehd/8", "vlc", "clean", "direct ce", ""),
    ("mkv hevc:10bit:dolby_vision dts/6", "mpv", "clean", "direct ce", ""),
    ("avi mpeg4 mp3", "vlc", "unknown", "direct ee", ""),
    ("ts mpeg2video:laced mp2", "mpv", "unknown", "direct ee", ""),
    ("mkv h264:10bit flac/6", "vlc", "open", "direct ce", ""),
    ("mp4 h264:422 pcm_s24le", "mpv", "clean", "direct ce", ""),
    ("asf vc1 wmav2", "vlc", "unknown", "direct ee", ""),
    ("mkv h264 ac3/6", "vlc", "clean", "direct cc", ""),
    # ---- televisions and boxes
    ("mkv hevc:10bit:hdr10:2160p eac3/6", "webos", "clean", "direct cc", ""),
    ("mkv hevc:10bit:dolby_vision:2160p eac3/6", "tizen", "clean", "transcode ec", HDR),
    ("mkv h264 dts/6", "webos", "clean", "transcode ce", AUDIO),
    ("mkv vp9 dts/6", "webos", "clean", "transcode ee", f"{VIDEO} {AUDIO}"),  # no transport stream holds it
    ("mkv vp9 dts/6", "webos transport_streams=0", "clean", "transcode ce", AUDIO),
    ("mkv vp9 aac", "tizen", "clean", "direct ec", ""),
    ("ts mpeg2video:laced ac3", "tizen", "unknown", "direct ec", ""),
    ("mkv h264 flac", "android_tv", "clean", "direct ce", ""),
    ("mp4 hevc:10bit:dolby_vision eac3/6", "apple_tv", "clean", "direct cc", ""),
    ("mkv hevc aac", "chromecast", "clean", "transcode ec", f"{CONTAINER} {VIDEO}"),
    ("mkv h264 aac", "dlna", "clean", "remux cc", CONTAINER),
    # ---- what a player says of itself goes over its profile
    ("mkv h264 aac", "chromium containers=mp4,matroska", "clean", "direct cc", ""),
    ("mkv h264 aac", "chromium containers=mkv", "clean", "direct cc", ""),
    ("mkv hevc aac", "chromium containers=matroska video=h264,hevc", "clean", "direct cc", ""),
    ("mp4 h264 ac3/6", "chromium audio=aac,ac3", "clean", "direct cc", ""),
    ("mkv h264 ac3/6", "firefox audio=aac,ac3", "clean", "remux cc", CONTAINER),
    ("mp4 h264 aac", "vlc video=hevc", "clean", "transcode ec", VIDEO),
    ("mp4 h264 aac", "chromium video=", "clean", "transcode ec", VIDEO),
    ("ts h264 aac", "careful containers=ts", "clean", "direct cc", ""),
    ("mp4 av1:10bit:hdr10 aac", "chromium hdr=hdr10", "clean", "direct cc", ""),
    ("mp4 hevc:10bit:hlg aac", "safari hdr=hdr10", "clean", "transcode ec", HDR),
    ("mp4 h264 aac", "chromium max_height=1080", "clean", "direct cc", ""),
    ("mp4 h264 aac", "chromium max_height=720", "clean", "transcode ec", LARGE),
    ("mp4 h264:wide aac", "chromium max_height=800", "clean", "direct cc", ""),
    ("mp4 h264:tall aac", "chromium max_height=1080", "clean", "transcode ec", LARGE),
    ("mp4 h264:turned aac", "chromium max_height=1080", "clean", "transcode ec", LARGE),
    ("mkv hevc ac3/6", "vlc max_height=480", "clean", "transcode ec", LARGE),
    ("mp4 h264 aac", "chromium max_bitrate=4000000", "clean", "direct cc", ""),
    ("mp4 h264 aac", "chromium max_bitrate=3999999", "clean", "transcode ec", RATE),
    ("mkv hevc ac3/6", "vlc max_bitrate=2000000", "clean", "transcode ec", RATE),
    ("flac - flac", "chromium max_bitrate=1000000", "clean", "transcode -e", RATE),
    ("mp4 - aac", "chromium max_bitrate=1000000", "clean", "transcode -e", RATE),
    ("mp4 h264 aac/6", "chromium max_channels=2", "clean", "transcode ce", CHANNELS),
    ("mp4 h264 aac/6", "chromium max_channels=6", "clean", "direct cc", ""),
    ("mkv h264 ac3/6", "vlc max_channels=2", "clean", "transcode ce", CHANNELS),
    ("mkv h264 ac3/2", "vlc max_channels=2", "clean", "direct cc", ""),
    ("mp4 h264 aac/2", "chromium max_channels=1", "clean", "transcode ce", CHANNELS),
    # ---- what its decoders refuse
    ("mp4 h264:level42 aac", "chromium h264.level=41", "clean", "transcode ec", LEVEL),
    ("mp4 h264:level41 aac", "chromium h264.level=41", "clean", "direct cc", ""),
    ("mp4 h264 aac", "chromium h264.level=41", "clean", "direct cc", ""),
    ("mkv hevc:level153 aac", "apple_tv", "clean", "remux cc", CONTAINER),
    ("mkv hevc:level183 aac", "apple_tv", "clean", "transcode ec", f"{CONTAINER} {LEVEL}"),
    ("mp4 hevc:Rext aac", "safari", "clean", "transcode ec", PROFILE),
    ("mp4 hevc:Main_10:10bit aac", "safari", "clean", "direct cc", ""),
    ("mp4 h264:High aac", "chromium h264.profiles=Main,High", "clean", "direct cc", ""),
    ("mp4 h264:High aac", "chromium h264.profiles=Main", "clean", "transcode ec", PROFILE),
    ("mp4 h264:10bit aac", "chromium h264.bit_depth=10", "clean", "direct cc", ""),
    ("mp4 hevc:10bit aac", "safari hevc.bit_depth=8", "clean", "transcode ec", DEPTH),
    ("mp4 h264:2160p aac", "careful", "clean", "transcode ec", LARGE),
    ("mp4 h264:tall aac", "careful", "clean", "direct cc", ""),
    ("mp4 h264:2160p aac", "chromium max_width=1920", "clean", "transcode ec", LARGE),
    ("mp4 h264:wide aac", "chromium max_width=1920", "clean", "direct cc", ""),
    ("mp4 h264 aac/6", "dlna", "clean", "transcode ce", CHANNELS),
    ("mp4 h264 aac:HE-AAC", "dlna", "clean", "transcode ce", SOUND_PROFILE),
    ("mp4 h264 ac3/6", "dlna", "clean", "direct cc", ""),
    ("mp4 h264 aac/6", "chromium aac.max_channels=2", "clean", "transcode ce", CHANNELS),
    # ---- what the account may have, and what the network has left
    ("mp4 h264 aac", "vlc account_height=1080", "clean", "direct cc", ""),
    ("mp4 h264 aac", "vlc account_height=720", "clean", "transcode ec", ACCOUNT_HEIGHT),
    ("mp4 h264 aac", "vlc account_height=720 max_height=480", "clean", "transcode ec", LARGE),
    ("mp4 h264 aac", "vlc account_height=480 max_height=720", "clean", "transcode ec", ACCOUNT_HEIGHT),
    ("mp4 h264 aac", "vlc account_bitrate=4000000", "clean", "direct cc", ""),
    ("mp4 h264 aac", "vlc account_bitrate=3000000", "clean", "transcode ec", ACCOUNT_RATE),
    ("mp4 h264 aac", "vlc bandwidth=8000000", "clean", "direct cc", ""),
    ("mp4 h264 aac", "vlc bandwidth=3000000", "clean", "transcode ec", SHORT),
    ("mp4 h264 aac", "vlc bandwidth=3000000 account_bitrate=2000000", "clean", "transcode ec", ACCOUNT_RATE),
    ("mp4 h264 aac", "vlc bandwidth=1000000 account_bitrate=2000000 max_bitrate=3000000", "clean", "transcode ec", SHORT),
    ("mkv - flac", "vlc bandwidth=1000000", "clean", "transcode -e", SHORT),
    # ---- several sounds: the one a player begins with counts
    ("mkv h264 aac ac3/6", "chromium", "clean", "remux cc", CONTAINER),
    ("mkv h264 ac3/6 aac", "chromium", "clean", "transcode ce", f"{CONTAINER} {AUDIO}"),
    ("mkv h264 ac3/6 aac:default", "chromium", "clean", "remux cc", CONTAINER),
    ("mp4 h264 aac dts/6", "chromium", "clean", "direct cc", ""),
]  # fmt: skip


@pytest.mark.parametrize(("words", "client", "entry", "way", "codes"), TABLE, ids=[" | ".join(row[:3]) for row in TABLE])
def test_a_film_reaches_a_player(words, client, entry, way, codes):
    facts, (method, streams) = film(words), way.split()
    decision = decide(facts, player(client), entry, bounds(client))
    played = default_audio(facts)
    picture = "-" if facts.video is None else "ec"[decision.copy_video]
    sound = "-" if played is None else "ec"[played.index in decision.copy_audio]
    assert (decision.method, picture + sound) == (method, streams)
    assert [reason.code for reason in decision.reasons] == codes.split()


@pytest.mark.parametrize(
    ("words", "client", "expected"),
    [
        ("mkv h264 dts", "webos", True),
        ("mkv h264 dts", "tizen", True),
        ("mkv h264 aac", "dlna", True),
        ("mkv h264 dts", "chromium", False),
        ("mkv h264 dts", "apple_tv", False),
        ("flac - flac", "webos", False),  # nothing but sound is no transport stream
    ],
)
def test_televisions_get_transport_streams(words, client, expected):
    assert decide(film(words), player(client), "clean").transport_streams == expected


def test_the_table_is_as_long_as_it_is_meant_to_be():
    assert len({row[:3] for row in TABLE}) == len(TABLE) >= 80


def test_reasons_name_the_stream_and_say_it_in_a_sentence():
    decision = decide(film("avi mpeg4:laced dts/6"), player("careful max_height=720"), "unknown")
    assert [reason.stream for reason in decision.reasons] == ["container", "video", "video", "video", "audio"]
    assert all(reason.text.endswith(".") and len(reason.text) > 20 for reason in decision.reasons)


@pytest.mark.parametrize(
    ("words", "client", "channels"),
    [
        ("mkv h264 dts/6", "chromium", 2),
        ("mkv h264 dts/6", "chromium max_channels=8", 6),
        ("mkv h264 dts/6", "safari", 6),
        ("mkv h264 dts/6", "safari max_channels=5", 2),
        ("mkv h264 dts/6", "careful max_channels=1", 1),
    ],
)
def test_encoded_sound_has_as_many_channels_as_the_player_takes(words, client, channels):
    assert decide(film(words), player(client), "clean").channels == channels


def test_an_encoded_picture_gets_what_the_sound_leaves_of_the_bandwidth():
    client = player("vlc max_bitrate=2000000")
    assert decide(film("mkv hevc aac/2"), client, "clean").video_bitrate == 2_000_000 - 192_000
    assert decide(film("mkv hevc aac/6"), client, "clean").video_bitrate == 2_000_000 - 576_000
    assert decide(film("mkv hevc"), client, "clean").video_bitrate == 2_000_000
    assert decide(film("mkv hevc dts/6"), player("vlc max_bitrate=300000"), "clean").video_bitrate == 100_000


def test_the_bandwidth_limits_a_picture_that_is_encoded_for_another_reason():
    decision = decide(film("mp4 hevc aac"), player("chromium max_bitrate=5000000"), "clean")
    assert [reason.code for reason in decision.reasons] == [VIDEO]
    assert decision.video_bitrate == 5_000_000 - 192_000


@pytest.mark.parametrize(
    ("words", "client", "lines"),
    [
        ("mkv hevc:2160p aac", "chromium", None),
        ("mkv hevc:2160p aac", "chromium max_height=720", 720),
        ("mkv hevc:2160p aac", "chromium max_width=1280", 720),
        ("mkv hevc:2160p aac", "chromium account_height=1080", 1080),
        ("mkv hevc:2160p aac", "careful", 1080),
        ("mkv hevc:60fps aac", "careful", 720),
        ("mkv hevc:wide aac", "chromium max_width=960", 400),
        ("mkv h264:2160p aac", "chromium", None),
    ],
)
def test_an_encoded_picture_fits_what_the_player_decodes_and_the_account_may_have(words, client, lines):
    assert decide(film(words), player(client), "clean", bounds(client)).max_height == lines


def test_the_network_bounds_an_encoded_picture():
    assert decide(film("mkv hevc aac/2"), player("vlc"), "clean", bounds("vlc bandwidth=2000000")).video_bitrate == 2_000_000 - 192_000


def test_every_stream_has_its_own_way():
    decision = decide(film("mkv h264 ac3/6 aac dts/6"), player("chromium"), "clean")
    assert [(way.stream, way.index, way.method) for way in decision.streams] == [
        ("video", 0, "remux"),
        ("audio", 1, "transcode"),
        ("audio", 2, "remux"),
        ("audio", 3, "transcode"),
    ]
    assert {way.method for way in decide(film("mkv h264 dts/6"), player("vlc"), "clean").streams} == {"direct"}


def test_a_file_that_does_not_say_its_bit_rate_is_measured_by_size_and_length():
    facts = film("mp4 h264 aac", rate=None)
    assert decide(facts, player("chromium max_bitrate=3900000"), "clean").method == "transcode"
    assert decide(facts, player("chromium max_bitrate=4100000"), "clean").method == "direct"


def test_a_film_without_a_length_has_no_bit_rate_to_be_too_high():
    facts = MediaFacts("mp4", 0, 1 << 40, video=VideoTrack(0, "h264", 640, 360))
    assert decide(facts, player("chromium max_bitrate=100000"), "clean").method == "direct"


@pytest.mark.parametrize(("words", "webm"), [("webm vp9 opus", True), ("mkv vp8", True), ("mkv h264 opus", False), ("mp4 vp9 opus", False)])
def test_matroska_that_holds_nothing_else_is_webm(words, webm):
    assert is_webm(film(words)) == webm


# ---- whatever comes

_NAMES = st.sampled_from(
    [
        "h264",
        "hevc",
        "vp8",
        "vp9",
        "av1",
        "mpeg2video",
        "mpeg4",
        "vc1",
        "aac",
        "ac3",
        "eac3",
        "dts",
        "truehd",
        "opus",
        "flac",
        "mp3",
        "",
        "?",
    ]
)
_VIDEO = st.builds(
    VideoTrack,
    st.just(0),
    _NAMES,
    st.integers(0, 16384),
    st.integers(0, 16384).filter(bool),
    pixel_format=st.sampled_from(["yuv420p", "yuv422p10le", "gbrp", "", "nv12"]),
    bit_depth=st.integers(0, 16),
    hdr=st.sampled_from([None, "hdr10", "hlg", "dolby_vision", "new"]),
    interlaced=st.booleans(),
    rotation=st.sampled_from([0, 90, 180, 270]),
    sample_aspect=st.sampled_from(["1:1", "16:11", "0:1"]),
)
_AUDIO = st.builds(
    AudioTrack,
    st.integers(1, 9),
    _NAMES,
    st.integers(0, 64),
    st.sampled_from([8000, 44100, 48000, 192000]),
    profile=st.sampled_from([None, "LC", "HE-AAC", "DTS-HD MA"]),
    bit_rate=st.none() | st.integers(0, 10_000_000),
    default=st.booleans(),
)
_FACTS = st.builds(
    MediaFacts,
    st.sampled_from(["mp4", "matroska", "webm", "mpegts", "avi", "mp3", "unheard"]),
    st.integers(0, 10**9),
    st.integers(0, 10**13),
    bit_rate=st.none() | st.integers(0, 10**9),
    video=st.none() | _VIDEO,
    audio=st.lists(_AUDIO, max_size=4, unique_by=lambda track: track.index).map(tuple),
)
_CLIENTS = st.builds(
    Client,
    profile=st.sampled_from(sorted(PROFILES)),
    containers=st.none() | st.lists(st.sampled_from(["mp4", "matroska", "webm", "*"])),
    video_codecs=st.none() | st.lists(_NAMES),
    audio_codecs=st.none() | st.lists(_NAMES),
    max_height=st.none() | st.integers(144, 8640),
    max_bitrate=st.none() | st.integers(100_000, 10**9),
    max_channels=st.none() | st.integers(1, 32),
    hdr=st.none() | st.lists(st.sampled_from(["hdr10", "hlg", "new"])),
)


@given(_FACTS, _CLIENTS, st.sampled_from(["clean", "open", "unknown"]))
def test_any_film_reaches_any_player_and_the_reasons_agree_with_the_method(facts, client, entry):
    decision = decide(facts, abilities(client, ""), entry)
    streams = {reason.stream for reason in decision.reasons}
    played = default_audio(facts)
    if decision.method == "direct":
        assert not streams
    elif decision.method == "remux":
        assert streams == {"container"}
        assert facts.video is None or decision.copy_video
        assert played is None or played.index in decision.copy_audio
    else:
        assert streams & {"video", "audio"}
        assert ("video" in streams) == (facts.video is not None and not decision.copy_video)
        assert ("audio" in streams) == (played is not None and played.index not in decision.copy_audio)
    assert len({(reason.code, reason.stream) for reason in decision.reasons}) == len(decision.reasons)
