// The player's page: puts the parts together and ties them to the buttons.

import { clock, knows, languageName, t } from "../words.js";
import { Captions } from "./captions.js";
import { Drawn } from "./drawn.js";
import { listenToKeys } from "./keys.js";
import { Origins } from "./origins.js";
import { Player } from "./player.js";
import { Screen } from "./screen.js";
import { Scrub } from "./scrub.js";
import { Sheet } from "./sheet.js";
import { Source } from "./source.js";
import { Styled } from "./styled.js";
import { Taste } from "./taste.js";

const root = document.getElementById("player");
const job = JSON.parse(root.dataset.job);
const find = (id) => document.getElementById(id);
const video = find("video");

const screen = new Screen(root, () => video.paused || sheet?.isOpen || !find("panel").hidden);
const origins = new Origins();
const source = new Source(video, job.vendor, origins);
const taste = new Taste(job.taste);
const drawers = { hdmv_pgs_subtitle: new Drawn(video, job.vendor), ass: new Styled(video, job.vendor) };
const captions = new Captions(video, { foot: find("captions"), head: find("captions-head") }, taste, drawers);
const player = new Player(job, { video, source, captions, screen, origins, taste });
const scrub = new Scrub(video, find("scrub"), (seconds) => player.seekTo(seconds));

// ---- menus
player.subtitleName = (track) => {
  const name = track.title ? `${languageName(track.language)} · ${track.title}` : languageName(track.language);
  return track.forced ? `${name} (${t("player.forced")})` : name;
};

const line = (name, text) => [Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: text })];

function about() {
  const facts = player.session?.facts;
  const heading = Object.assign(document.createElement("h2"), { textContent: t("player.about") });
  const list = document.createElement("dl");
  const way = source.mode === "direct" || !facts ? "direct" : facts.method === "direct" ? "remux" : facts.method;
  list.append(...line(t("player.way"), t(`player.way.${way}`)));
  if (video.videoWidth) list.append(...line(t("player.picture"), `${video.videoWidth} × ${video.videoHeight}`));
  for (const [name, text] of player.file.facts) list.append(...line(name, text));
  const dropped = video.getVideoPlaybackQuality?.().droppedVideoFrames;
  if (dropped) list.append(...line(t("player.dropped"), String(dropped)));
  const reasons = document.createElement("ul");
  if (way !== "direct") reasons.append(...facts.reasons.map((reason) => Object.assign(document.createElement("li"), { textContent: knows(`reason.${reason.code}`) ? t(`reason.${reason.code}`) : reason.text })));
  return [heading, list, reasons];
}

const SIZES = [75, 100, 150, 200];
const STEP = 500;
const LOOKS = [
  ["subtitle_color", t("player.color"), ["white", "grey", "yellow", "cyan", "green"], (name) => t(`player.color.${name}`)],
  ["subtitle_background", t("player.background"), ["box", "shadow", "none"], (name) => t(`player.background.${name}`)],
  ["subtitle_position", t("player.place"), ["bottom", "raised", "top"], (name) => t(`player.place.${name}`)],
];

/** How subtitles look, and how much later they come: each choice is shown at once, and the menu stays. */
function look() {
  const shown = taste.kept;
  const choice = (label, chosen, deed, note) => ({ label, chosen, note, take: () => (deed(), sheet.open("look", label)) });
  const delay = (label, ms, note) => choice(label, ms === captions.delay, () => player.delaySubtitles(ms), note);
  return [
    ...sheet.list(t("player.size"), SIZES.map((size) => choice(`${size} %`, shown.subtitle_size === size, () => captions.dress({ subtitle_size: size })))),
    ...LOOKS.flatMap(([part, heading, names, word]) => sheet.list(heading, names.map((name) => (
      choice(word(name), shown[part] === name, () => captions.dress({ [part]: name }))
    )))),
    ...sheet.list(t("player.delay", { ms: captions.delay }), [
      delay(t("player.earlier"), captions.delay - STEP, "g"), delay(t("player.later"), captions.delay + STEP, "h"), delay(t("player.as_said"), 0),
    ]),
  ];
}

const sheet = new Sheet(root, find("sheet"), {
  about,
  audio: () => sheet.list(t("player.audio"), player.file.audio.map((track, place) => ({
    label: track.label ?? languageName(track.language), note: track.note, chosen: place === player.audio, take: () => player.chooseAudio(place),
  }))),
  subtitles: () => sheet.list(t("player.subtitles"), [
    { label: t("player.off"), chosen: captions.current < 0, take: () => captions.choose(-1, true) },
    ...captions.tracks.map((track, place) => ({
      label: player.subtitleName(track), chosen: place === captions.current, take: () => captions.choose(place, true),
    })),
    { label: t("player.look"), take: () => sheet.open("look") },
  ]),
  look,
  speed: () => sheet.list(t("player.speed"), player.speeds.map((rate) => ({
    label: `${rate}×`, note: rate === 1 ? t("player.normal") : "", chosen: video.playbackRate === rate, take: () => player.setSpeed(rate),
  }))),
});

// ---- what the picture shows
let countdown = localStorage.getItem("revenge_clock") === "left";

function tick() {
  scrub.setLength(player.length);
  scrub.update();
  const [at, length] = [player.position * 1000, player.length * 1000];
  const total = document.createElement("span");
  total.textContent = ` / ${clock(length)}`;
  find("clock").replaceChildren(countdown ? `−${clock(length - at)}` : clock(at), total);
}

function standing() {
  const playing = !video.paused;
  screen.swapIcon("play", playing ? "pause" : "play", t(playing ? "player.pause" : "player.play"));
  screen.swapIcon("mute", video.muted || !video.volume ? "mute" : "volume", t(video.muted ? "player.unmute" : "player.mute"));
  const loud = video.muted ? 0 : Math.round(video.volume * 100);
  find("volume").value = loud;
  find("volume").style.setProperty("--at", `${loud}%`);
  screen.swapIcon("fullscreen", document.fullscreenElement ? "windowed" : "fullscreen", t(document.fullscreenElement ? "player.windowed" : "player.fullscreen"));
  root.querySelector('[data-sheet="audio"]').hidden = player.file.audio.length < 2;
  root.querySelector('[data-sheet="subtitles"]').hidden = !captions.tracks.length;
  find("pip").hidden = !document.pictureInPictureEnabled;
  if (playing) screen.bigPlay(false);
}

player.onChange = () => {
  tick();
  standing();
};
for (const name of ["timeupdate", "progress", "durationchange", "seeking", "loadedmetadata"]) video.addEventListener(name, tick);
for (const name of ["play", "pause", "volumechange", "loadedmetadata", "playing"]) video.addEventListener(name, standing);
document.addEventListener("fullscreenchange", standing);
video.addEventListener("play", () => screen.wake());
video.addEventListener("pause", () => screen.wake());

// ---- what the buttons do
const on = (id, deed) => find(id).addEventListener("click", deed);
on("play", () => player.toggle());
on("big-play", () => player.play());
on("back", () => player.skip(-10));
on("forward", () => player.skip(10));
on("mute", () => player.mute());
on("pip", () => player.pip());
on("fullscreen", () => player.fullscreen());
on("clock", () => {
  countdown = !countdown;
  localStorage.setItem("revenge_clock", countdown ? "left" : "at");
  tick();
});
find("volume").addEventListener("input", (event) => {
  video.muted = false;
  video.volume = event.target.value / 100;
});
for (const id of ["leave", "panel-leave"]) {
  on(id, (event) => {
    event.preventDefault();
    player.leave();
  });
}
on("start-over", () => {
  find("resumed").hidden = true;
  player.seekTo(0);
});

// A click plays or pauses, a double click fills the screen; a touch first shows the controls.
let clicks = 0;
video.addEventListener("click", (event) => {
  if (sheet.isOpen) return;
  if (event.pointerType === "touch") {
    if (touchedAwake) player.screen.rest();
    return;
  }
  clearTimeout(clicks);
  clicks = setTimeout(() => player.toggle(), 220);
});
let touchedAwake = false;
root.addEventListener("pointerdown", () => (touchedAwake = screen.awake && !video.paused), { capture: true });
video.addEventListener("dblclick", (event) => {
  clearTimeout(clicks);
  const box = video.getBoundingClientRect();
  const side = (event.clientX - box.left) / box.width;
  if (matchMedia("(hover: none)").matches && (side < 0.33 || side > 0.67)) player.skip(side < 0.33 ? -10 : 10);
  else player.fullscreen();
});

listenToKeys(root, player, sheet);

if ("mediaSession" in navigator) {
  navigator.mediaSession.metadata = new MediaMetadata({ title: job.title, artwork: job.artwork ? [{ src: job.artwork, type: "image/webp" }] : [] });
  const deeds = { play: () => player.play(), pause: () => player.pause(), stop: () => player.leave(), seekbackward: () => player.skip(-10), seekforward: () => player.skip(10), seekto: ({ seekTime }) => player.seekTo(seekTime) };
  for (const [name, deed] of Object.entries(deeds)) navigator.mediaSession.setActionHandler(name, deed);
}

// ---- begin
const asked = new URLSearchParams(location.search);
const start = asked.has("start") ? Number(asked.get("start")) || 0 : undefined;
const taken = asked.get("take") ?? undefined;
if (asked.has("start") || taken) {
  asked.delete("start"); // a reload goes on where one was
  asked.delete("take");
  history.replaceState(null, "", location.pathname + (asked.size ? `?${asked}` : ""));
}
root.focus();
const resumed = await player.begin(start, taken);
player.onChange();
if (start === undefined && !taken && resumed > 0) {
  find("resumed-words").textContent = t("player.resumed", { time: clock(resumed * 1000) });
  find("resumed").hidden = false;
  setTimeout(() => (find("resumed").hidden = true), 6000);
}
