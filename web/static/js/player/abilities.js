// What this browser can really play, in FFmpeg's names: asked of the browser, not guessed from its name.

import { drawsStyled } from "./styled.js";

const CONTAINERS = {
  mp4: "video/mp4", mov: "video/mp4", webm: "video/webm", matroska: 'video/x-matroska; codecs="avc1.640029"', ogg: "audio/ogg",
  mp3: "audio/mpeg", flac: "audio/flac", wav: "audio/wav", mpegts: "video/mp2t",
};
const VIDEO = {
  h264: ['video/mp4; codecs="avc1.640029"'],
  hevc: ['video/mp4; codecs="hvc1.1.6.L120.90"', 'video/mp4; codecs="hev1.1.6.L120.90"'],
  av1: ['video/mp4; codecs="av01.0.08M.08"'],
  vp9: ['video/webm; codecs="vp9"', 'video/mp4; codecs="vp09.00.40.08"'],
  vp8: ['video/webm; codecs="vp8"'],
  mpeg2video: ['video/mp4; codecs="mp4v.61"'],
  mpeg4: ['video/mp4; codecs="mp4v.20.9"'],
};
const AUDIO = {
  aac: ['audio/mp4; codecs="mp4a.40.2"'],
  mp3: ['audio/mpeg', 'audio/mp4; codecs="mp4a.6b"'],
  ac3: ['audio/mp4; codecs="ac-3"'],
  eac3: ['audio/mp4; codecs="ec-3"'],
  dts: ['audio/mp4; codecs="dtsc"'],
  flac: ['audio/flac', 'audio/mp4; codecs="flac"'],
  opus: ['audio/webm; codecs="opus"', 'audio/mp4; codecs="opus"'],
  vorbis: ['audio/webm; codecs="vorbis"'],
  alac: ['audio/mp4; codecs="alac"'],
};

// The last words a codec's decoder is asked for: its levels, as FFmpeg counts them, from the highest on, and a picture of ten bits.
const LEVELS = {
  h264: [[62, "avc1.64003E"], [52, "avc1.640034"], [51, "avc1.640033"], [42, "avc1.64002A"], [41, "avc1.640029"], [31, "avc1.64001F"]],
  hevc: [[186, "hvc1.1.6.L186.90"], [156, "hvc1.1.6.L156.90"], [153, "hvc1.1.6.L153.90"], [123, "hvc1.1.6.L123.90"], [120, "hvc1.1.6.L120.90"]],
};
const DEEP = { h264: "avc1.6E0029", hevc: "hvc1.2.4.L120.90", vp9: "vp09.02.10.10", av1: "av01.0.04M.10" };

const MSE = window.ManagedMediaSource ?? window.MediaSource;

/** The `client` of a playback session. */
export function abilities(video = document.createElement("video")) {
  const plays = (type) => video.canPlayType(type) !== "";
  const streams = (type) => MSE?.isTypeSupported(type) ?? plays(type);
  const names = (table, test) => Object.keys(table).filter((name) => [table[name]].flat().some(test));
  const shows = (type) => plays(type) && (streams(type) || !MSE);
  const codecs = names(VIDEO, shows);
  return {
    containers: names(CONTAINERS, plays),
    video_codecs: codecs,
    decoders: codecs.filter((codec) => codec in DEEP).map((codec) => decoder(codec, (code) => shows(`video/mp4; codecs="${code}"`))),
    audio_codecs: names(AUDIO, plays),
    subtitle_formats: ["webvtt", ...(window.Worker ? ["hdmv_pgs_subtitle"] : []), ...(drawsStyled() ? ["ass"] : [])],
    ...(MSE ? { transport_streams: false } : {}), // hls.js takes both kinds, and only the other one has several sounds
    hdr: matchMedia("(dynamic-range: high)").matches ? ["hdr10", "hlg"] : [],
  };
}

/** What the decoder of a codec takes; no level is named where it takes the highest. */
function decoder(codec, takes) {
  const levels = LEVELS[codec] ?? [];
  const at = levels.findIndex(([, code]) => takes(code));
  return { codec, bit_depth: takes(DEEP[codec]) ? 10 : 8, ...(at > 0 ? { level: levels[at][0] } : {}) };
}

/** Whether the browser plays HLS by itself and has no media source for hls.js (iPhones, some televisions). */
export const playsHlsItself = (video) => !MSE && video.canPlayType("application/vnd.apple.mpegurl") !== "";
