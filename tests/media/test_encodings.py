# ruff: noqa: RUF001 - letters of many languages stand here, and mean themselves
"""Subtitle files are read in whatever they were written, whether or not their name says the language."""

import pytest

from revenge.core.facts import MediaFacts, SubtitleTrack
from revenge.media.child.encodings import decoded
from revenge.media.pools import media_pool
from revenge.media.rendition import Source
from revenge.media.subtitles import Subtitles

_LINES = {
    ("de", "cp1252"): "Guten Abend, Freunde.\nSüße Äpfel für die Mädchen über dem Fluß.\nIch weiß nicht, was soll es bedeuten.",
    ("fr", "cp1252"): "Où étiez-vous hier soir ?\nÇa m'a semblé étrange.\nÀ bientôt, c'était une très longue journée à l'école.",
    ("is", "cp1252"): "Það var einu sinni maður.\nHann átti þrjár dætur og býr í bænum.\nÞær voru allar mjög góðar, sagði hún.",
    ("ru", "cp1251"): "Добрый вечер, друзья.\nЯ не знаю, что это значит.\nПочему ты не сказал мне раньше?",
    ("ru", "koi8_r"): "Добрый вечер, друзья.\nЯ не знаю, что это значит.\nПочему ты не сказал мне раньше?",
    ("pl", "cp1250"): "Dobry wieczór, przyjaciele.\nDlaczego mi wcześniej nie powiedziałeś?\nMoglibyśmy wyjechać, zażółć gęślą jaźń.",
    ("cs", "cp1250"): "Dobrý večer, přátelé.\nNevím, co to znamená. Proč jsi mi to neřekl dřív?\nPříliš žluťoučký kůň.",
    ("el", "cp1253"): "Καλησπέρα φίλοι.\nΔεν ξέρω τι σημαίνει αυτό.\nΘα μπορούσαμε να φύγουμε μαζί.",
    ("tr", "cp1254"): "İyi akşamlar arkadaşlar.\nBunun ne anlama geldiğini bilmiyorum.\nBirlikte gidebilirdik, şimdi çok geç.",
    ("he", "cp1255"): "ערב טוב חברים.\nאני לא יודע מה זה אומר.\nיכולנו לנסוע ביחד.",
    ("ar", "cp1256"): "مساء الخير يا أصدقاء.\nلا أعرف ماذا يعني هذا.\nكان بإمكاننا الرحيل معا.",
    ("lt", "cp1257"): "Labas vakaras, draugai.\nNežinau, ką tai reiškia.\nMes galėjome išvykti kartu, žąsys ėjo į mišką.",
    ("zh", "gb18030"): "晚上好,朋友们。\n我不知道这是什么意思。\n我们本可以一起离开。",
    ("zh-TW", "big5"): "晚上好,朋友們。\n我不知道這是什麼意思。\n我們本可以一起離開。",
    ("ja", "cp932"): "こんばんは、友達。\nこれがどういう意味か分かりません。\n一緒に行けたのに。",
    ("ja", "euc_jp"): "こんばんは、友達。\nこれがどういう意味か分かりません。\n一緒に行けたのに。",
    ("ko", "cp949"): "안녕하세요, 친구 여러분.\n이게 무슨 뜻인지 모르겠어요.\n우리는 함께 떠날 수 있었어요.",
    ("th", "cp874"): "สวัสดีตอนเย็นเพื่อนๆ\nฉันไม่รู้ว่ามันหมายความว่าอะไร\nเราไปด้วยกันได้",
}


def srt(lines: str) -> str:
    said = enumerate(lines.splitlines() * 3)
    return "".join(f"{n + 1}\n00:00:{n:02d},000 --> 00:00:{n:02d},900\n{line}\n\n" for n, line in said)


@pytest.mark.parametrize(("language", "encoding"), _LINES)
def test_old_files_whose_name_says_the_language_are_read(language, encoding):
    text = srt(_LINES[language, encoding])
    assert decoded(text.encode(encoding), language) == text


@pytest.mark.parametrize(
    ("language", "encoding"), sorted(_LINES.keys() - {("lt", "cp1257")})
)  # Baltic letters look like Central European ones
def test_old_files_that_say_nothing_are_read_too(language, encoding):
    text = srt(_LINES[language, encoding])
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_what_it_is_whatever_the_name_says(encoding):
    assert decoded(srt(_LINES["de", "cp1252"]).encode(encoding), "ru") == srt(_LINES["de", "cp1252"])


def test_a_name_that_lies_and_a_file_that_is_none_are_read_as_far_as_possible():
    russian = srt(_LINES["ru", "cp1251"]).encode("cp1251")
    assert "Я не знаю" in decoded(russian, "ja")
    assert decoded(bytes(range(128, 256)) * 4, "th")
    assert decoded(b"") == ""


async def test_a_child_whose_doors_are_locked_reads_them_too(tmp_path):
    async with media_pool(1).lifetime() as pool:
        for (language, encoding), lines in _LINES.items():
            for told in (language, None):
                path = tmp_path / f"{encoding}.srt"
                path.write_bytes(srt(lines).encode(encoding))
                track = SubtitleTrack(1000, "subrip", told, path=str(path))
                made = await Subtitles(pool).webvtt(Source(str(path), "x", MediaFacts("matroska", 0, 0)), track)
                assert told is None or lines.splitlines()[0] in made.decode()
