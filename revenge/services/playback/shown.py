"""How a viewing is shown: to its player, and to the household."""

from collections.abc import Sequence

from revenge.core.caller import Caller
from revenge.core.facts import SubtitleTrack
from revenge.media.subtitles import sidecars
from revenge.services.library.entity import StoredFile
from revenge.services.playback.abilities import EVERYTHING
from revenge.services.playback.decide import default_audio
from revenge.services.playback.entity import AudioChoice, Next, NowPlaying, Screen, Session, Subtitle, Viewing
from revenge.services.playback.repository import Played


def session(viewing: Viewing, file: StoredFile, ticket: str, alternates: Sequence[str], follows: Next | None) -> Session:
    """Return what a player needs; its addresses carry the ticket."""
    base = f"/media/{ticket}"
    return Session(
        id=viewing.id,
        item=viewing.item,
        file_id=file.id,
        method=viewing.decision.method,
        reasons=viewing.decision.reasons,
        streams=viewing.decision.streams,
        direct_url=f"{base}/direct" if viewing.decision.method == "direct" else None,
        hls_url=f"{base}/hls/{'television' if viewing.decision.transport_streams else 'master'}.m3u8",
        audio=_audio(file),
        fonts_url=f"{base}/fonts",
        subtitles=_subtitles(file, base, viewing.decision.subtitle_formats),
        resume_ms=viewing.position_ms,
        duration_ms=viewing.duration_ms,
        progress_url=f"{base}/progress",
        alternates=list(alternates),
        next=follows,
        expires_at=viewing.expires_at,
    )


def now_playing(played: Played, title: str, caller: Caller) -> NowPlaying:
    """Return what the household sees."""
    viewing = played.viewing
    return NowPlaying(
        id=viewing.id,
        user=played.username,
        device=Screen(played.device_name, played.user_agent, viewing.login_id == caller.session_id),
        item=viewing.item,
        title=title,
        method=viewing.decision.method,
        reasons=viewing.decision.reasons,
        streams=viewing.decision.streams,
        state=viewing.state,
        position_ms=viewing.position_ms,
        duration_ms=viewing.duration_ms,
        started_at=viewing.created_at,
    )


def subtitle_tracks(file: StoredFile) -> list[SubtitleTrack]:
    """Return the text subtitles in the file and beside it."""
    inside = file.facts.subtitles if file.facts else ()
    beside = sidecars(file.path, [companion.name for companion in file.companions])
    return [track for track in (*inside, *beside) if track.is_text]


def drawn_tracks(file: StoredFile) -> list[SubtitleTrack]:
    """Return the subtitles in the file that are pictures."""
    return [track for track in (file.facts.subtitles if file.facts else ()) if track.is_drawn]


def _audio(file: StoredFile) -> list[AudioChoice]:
    """Return the audio tracks in the order of the HLS renditions."""
    if file.facts is None:
        return []
    default = default_audio(file.facts)
    return [
        AudioChoice(track.index, track.language, track.title, track.codec, track.channels, track is default) for track in file.facts.audio
    ]


def _subtitles(file: StoredFile, base: str, formats: tuple[str, ...]) -> list[Subtitle]:
    """Return text as WebVTT, which every player is offered; its own look and pictures to those that draw them."""
    offered = [
        (track, "ass", "ass") if track.is_styled and _takes("ass", formats) else (track, "webvtt", "vtt") for track in subtitle_tracks(file)
    ]
    offered += [(track, track.codec, "sup") for track in drawn_tracks(file) if _takes(track.codec, formats)]
    return [_subtitle(track, form, f"{base}/subtitles/{track.index}", suffix) for track, form, suffix in offered]


def _subtitle(track: SubtitleTrack, form: str, address: str, suffix: str) -> Subtitle:
    plain = f"{address}.vtt" if track.is_text else None
    return Subtitle(track.index, track.language, track.title, form, f"{address}.{suffix}", plain, track.default, track.forced)


def _takes(name: str, formats: tuple[str, ...]) -> bool:
    return name in formats or EVERYTHING in formats
