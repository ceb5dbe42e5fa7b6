"""Every word a person reads stands in the catalogue, in both languages, and nothing stands there in vain."""

import ast
import json
import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from revenge.services.library.entity import Trouble
from web.words import FOLDER, Catalogue

WEB = FOLDER.parent
REVENGE = WEB.parent / "revenge"
LANGUAGES = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
_KEY = r"[a-z][a-z_0-9]*(?:\.[-a-z_0-9]+)+"
_USED = re.compile(rf"""\b(?:t|words|knows)\(\s*["'`]({_KEY})["'`]""")
_BUILT = re.compile(r"""\b(?:t|words)\(\s*f?["'`]([a-z_.]+\.)(?:["'] ~|\$\{|\{)""")
_LISTED = re.compile(rf"""["']({_KEY})["']""")
_CONDITIONAL = re.compile(rf"""\bt\([^()]*\?\s*"({_KEY})"\s*:\s*"({_KEY})"\)|\bwords\(\s*\n?\s*"({_KEY})\"""")
_OPEN_SETS = ("language.", "problem.", "reason.", "scan.error.")
"""Keys whose last part comes from data: codes of languages, errors and decisions."""


def sources():
    for pattern in ("templates/**/*.html", "static/js/**/*.js", "**/*.py"):
        for path in WEB.glob(pattern):
            yield path.read_text("utf-8")


def test_both_languages_have_the_same_sentences():
    assert set(LANGUAGES) == {"en", "de"}
    assert set(LANGUAGES["en"]) == set(LANGUAGES["de"])


def places(sentence):
    forms = sentence.values() if isinstance(sentence, dict) else [sentence]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def test_a_sentence_has_the_same_places_in_both_languages():
    for key, english in LANGUAGES["en"].items():
        german = LANGUAGES["de"][key]
        assert places(english) == places(german), key
        assert type(english) is type(german), key
        assert all((set(form) == {"one", "other"}) if isinstance(form, dict) else form for form in (english, german)), key


def test_every_key_that_is_used_has_a_sentence():
    used = {key for text in sources() for key in _USED.findall(text)}
    used |= {key for text in sources() for keys in _CONDITIONAL.findall(text) for key in keys if key}
    assert used
    assert not used - set(LANGUAGES["en"])
    for text in sources():
        for prefix in _BUILT.findall(text):
            assert any(key.startswith(prefix) for key in LANGUAGES["en"]), prefix


def test_no_sentence_stands_there_in_vain():
    mentioned = {key for text in sources() for key in _LISTED.findall(text)} | {key for text in sources() for key in _USED.findall(text)}
    built = tuple({prefix for text in sources() for prefix in _BUILT.findall(text)}) + _OPEN_SETS
    assert not [key for key in LANGUAGES["en"] if key not in mentioned and not key.startswith(built)]


def test_every_error_a_person_can_cause_has_a_sentence():
    codes = {code for path in REVENGE.rglob("*.py") for code in raised(path)}
    assert {"wrong_credentials", "setup_code_wrong"} <= codes
    assert not {code for code in codes if f"problem.{code}" not in LANGUAGES["en"]} - _NOT_FOR_PAGES, (
        "add problem.<code> to both catalogues"
    )


def test_every_reason_for_converting_a_film_has_a_sentence():
    nodes = [node for name in ("reasons", "bounds") for node in ast.walk(ast.parse((REVENGE / f"services/playback/{name}.py").read_text()))]
    said = [node.args[0] for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason"]
    said += [node.elts[1] for node in nodes if isinstance(node, ast.Tuple) and len(node.elts) == 3]  # a bound, its code, its words
    codes = {node.value for node in said if isinstance(node, ast.Constant)}
    assert {"bandwidth_short", "video_level_unsupported"} <= codes
    assert "audio_codec_unsupported" in codes
    assert not {code for code in codes if f"reason.{code}" not in LANGUAGES["en"]}, "add reason.<code> to both catalogues"


def test_everything_a_scan_cannot_take_in_has_a_sentence():
    words = {word for kind in get_args(Trouble) for word in get_args(kind)}
    assert {"cut_off", "folder_away"} <= words
    assert not {word for word in words if f"scan.error.{word}" not in LANGUAGES["en"]}, "add scan.error.<code> to both catalogues"


def raised(path: Path):
    """The codes of the errors a file raises."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from (word.value.value for word in node.exc.keywords if word.arg == "code" and isinstance(word.value, ast.Constant))


_NOT_FOR_PAGES: set[str] = {"profile_unknown", "progress_empty", "field_unknown", "disk"}
"""Only a program that calls the API by itself can cause these, or the start of a node."""


def test_a_number_is_written_as_the_language_does():
    catalogue = Catalogue.load()
    assert catalogue.languages["en"].number(12345.6, 1) == "12,345.6"
    assert catalogue.languages["de"].number(12345.6, 1) == "12.345,6"
    assert catalogue.languages["de"]("library.items", count=1) == "1 Film"
    assert catalogue.languages["de"]("library.items", count=2000) == "2.000 Filme"


@pytest.mark.parametrize(
    ("wishes", "accept", "language"),
    [
        ((), "", "en"),
        ((), "de-DE,de;q=0.9,en;q=0.8", "de"),
        ((), "fr-FR, en;q=0.5, de;q=0.7", "de"),
        ((), "fr, ja;q=0.3", "en"),
        ((), "de;q=0, en", "en"),
        ((), "de;q=often, *;;;", "en"),
        (("de-AT",), "en", "de"),
        ((None, "en"), "de", "en"),
        (("tlh",), "de", "de"),
    ],
)
def test_the_language_is_the_persons_choice_then_the_browsers_then_english(wishes, accept, language):
    assert Catalogue.load().choose(*wishes, accept=accept).language == language


def test_a_sentence_that_one_language_lacks_is_english_there(tmp_path: Path):
    (tmp_path / "en.json").write_text('{"a.b": "Hello"}')
    (tmp_path / "de.json").write_text("{}")
    assert Catalogue.load(tmp_path).languages["de"]("a.b") == "Hello"
    assert Catalogue.load(tmp_path).languages["de"]("no.such") == "no.such"
