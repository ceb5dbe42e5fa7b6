"""What plain AAC is, by the few bytes in front of it (AudioSpecificConfig, ISO/IEC 14496-3, 1.6.2.1).

Opening FFmpeg's AAC decoder to be told the same builds its tables anew for each file: half of what looking into a small film costs.
"""

import av

OTHERS = ",".join(sorted(av.codecs_available - {"aac", "aac_fixed"}))
"""Every decoder but AAC's, as FFmpeg's option `codec_whitelist` takes them."""
PROFILE = "LC"
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
_LOW_COMPLEXITY, _SPECTRAL_BAND_REPLICATION = 2, 5
_RATE_WRITTEN_OUT = 15
_SYNC = 0x2B7
"""What announces an extension behind the configuration."""


def plain_layout(config: bytes | None) -> str | None:
    """The channel layout of plain AAC of low complexity; None for every other kind: a decoder must tell."""
    if config is None or len(config) < 2:
        return None
    kind, rate = config[0] >> 3, (config[0] & 7) << 1 | config[1] >> 7
    if kind != _LOW_COMPLEXITY or rate == _RATE_WRITTEN_OUT or config[1] & 7 or _is_extended(config[2:]):
        return None
    return _LAYOUTS.get(config[1] >> 3 & 15)


def _is_extended(rest: bytes) -> bool:
    """Whether it says that the upper half of the spectrum is made up (HE-AAC), or something that is not known here."""
    if not rest:
        return False
    if len(rest) < 3 or rest[0] << 3 | rest[1] >> 5 != _SYNC:
        return True
    return rest[1] & 31 != _SPECTRAL_BAND_REPLICATION or bool(rest[2] & 128)
