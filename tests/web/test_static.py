"""What the browser loads: sent compressed, kept for good, and everything that is mentioned exists."""

import gzip
import re

import pytest

from revenge.core.errors import StartRefused
from web.render import TEMPLATES
from web.static import FOLDER, VENDOR, StaticFiles

TEMPLATE_TEXTS = {path: path.read_text("utf-8") for path in TEMPLATES.rglob("*.html")}
SCRIPTS = {path: path.read_text("utf-8") for path in (FOLDER / "js").rglob("*.js")}
STYLES = {path: path.read_text("utf-8") for path in (FOLDER / "css").rglob("*.css")}


async def test_a_file_is_sent_compressed_and_kept_for_good(stranger, household):
    answer = await stranger.get(household.site.static.url("js/app.js"))
    assert answer.status == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    assert await answer.read() == (FOLDER / "js/app.js").read_bytes()
    again = await stranger.get(household.site.static.url("js/app.js"), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304


async def test_a_program_that_cannot_unpack_gets_the_plain_file(stranger, household):
    answer = await stranger.get(household.site.static.url("css/base.css"), headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert await answer.read() == (FOLDER / "css/base.css").read_bytes()


async def test_an_address_of_another_version_is_answered_but_not_kept(stranger):
    answer = await stranger.get("/static/000000000000/favicon.svg")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert (await stranger.get("/favicon.ico")).headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize("name", ["nothing.js", "../render.py", "..%2Frender.py", "%2e%2e/mount.py", "vendor/.from", "js/", "js/app.js%00"])
async def test_nothing_but_the_pages_files_can_be_had(stranger, household, name):
    answer = await stranger.get(f"/static/{household.site.static.version}/{name}")
    assert answer.status in {400, 404}


def test_the_version_changes_with_any_file(tmp_path):
    for name in VENDOR:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    before = StaticFiles(tmp_path).version
    (tmp_path / "vendor/htmx.js").write_text("2")
    assert StaticFiles(tmp_path).version != before


def test_pages_without_their_scripts_refuse_to_start(tmp_path):
    with pytest.raises(StartRefused, match="make assets"):
        StaticFiles(tmp_path)


def test_every_file_a_template_mentions_exists():
    static = StaticFiles()
    names = {name for text in TEMPLATE_TEXTS.values() for name in re.findall(r"asset\('([^']+)'\)", text)}
    assert len(names) > 8
    for name in names:
        assert static.url(name)


def test_every_module_a_script_imports_exists():
    for path, text in SCRIPTS.items():
        for name in re.findall(r"""(?:from|import)\s+["'](\.[^"']+)["']""", text):
            assert (path.parent / name).resolve().is_file(), (path.name, name)


def test_a_script_names_all_it_imports_so_that_it_comes_at_once():
    static = StaticFiles()
    found = static.modules("js/player/main.js")
    assert len(found) == len(set(found))
    assert {static.url(name) for name in ("js/words.js", "js/api.js", "js/spatial.js", "js/player/session.js")} <= set(found)


def test_every_picture_a_style_mentions_exists():
    for path, text in STYLES.items():
        for name in re.findall(r"""url\(["']?([^"')]+)""", text):
            assert (path.parent / name).resolve().is_file(), (path.name, name)


def test_every_icon_that_is_shown_is_drawn():
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (FOLDER / "icons.svg").read_text()))
    shown = {name for text in TEMPLATE_TEXTS.values() for name in re.findall(r"""icon\(["']([a-z0-9]+)["']\)""", text)}
    shown |= {name for text in SCRIPTS.values() for name in re.findall(r"""\b(?:icon|flash)\(["']([a-z0-9]+)["']""", text)}
    shown |= {name for text in SCRIPTS.values() for pair in re.findall(r'swapIcon\("\w+", [^,]*"(\w+)" : "(\w+)"', text) for name in pair}
    assert {"play", "pause", "mute", "windowed"} <= shown
    assert shown <= drawn


def test_scripts_never_make_code_or_html_from_text():
    for path, text in SCRIPTS.items():
        assert not re.search(r"\beval\(|new Function|insertAdjacentHTML|document\.write|setTimeout\(['\"]", text), path.name
        written = re.findall(r"innerHTML\s*=\s*([^;]+);", text)
        assert written in ([], ["await response.text()"]), path.name  # only what the server rendered, escaped


def test_the_packed_copy_is_the_same_file():
    plain = (FOLDER / "vendor/hls.mjs").read_bytes()
    assert gzip.decompress(gzip.compress(plain, 9, mtime=0)) == plain


def rgb(colour):
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    return [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]


def luminance(colour):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [":root {", ':root[data-theme="light"] {', ':root[data-theme="auto"] {'])
def test_text_stands_out_from_what_is_behind_it(theme):
    block = STYLES[FOLDER / "css/base.css"].split(theme, 1)[1].split("}", 1)[0]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3}(?:[0-9a-f]{3})?);", block))
    for text in ("text", "muted", "faint", "accent-text", "good", "warn", "bad"):
        for behind in ("bg", "raised", "well"):
            assert contrast(colours[text], colours[behind]) >= 4.5, (theme, text, behind)
    for behind in ("accent", "accent-hover"):
        assert contrast(colours["accent-ink"], colours[behind]) >= 4.5
