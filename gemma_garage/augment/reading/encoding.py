"""Tell in which encoding a text was written, and decode it.

Byte order marks and what is valid UTF-8 leave no doubt. For the rest the letters decide: a text is
read in every code page that could be meant, and the reading wins whose letters are most like
those of one language (naive Bayes over the letters that ASCII lacks).
"""

import codecs
import re
from math import log

from gemma_garage.augment.reading.letter_shares import read_shares

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
ESCAPED = ((re.compile(rb"\x1b\$[@B]"), "iso2022_jp"), (re.compile(rb"~\{[!-w][!-~]"), "hz"))
UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
HIGH_BYTE = re.compile(rb"[\x80-\xff]")
UTF8_BYTES = 4_000_000  # so many are looked at
UTF8_SHARE = 0.9  # of the bytes beyond ASCII; the others are taken for Windows-1252
STRAY_BYTES = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(128, 256)}
# Latin, Greek, Cyrillic, Hebrew, Arabic, Indic, Thai, punctuation, kana, ideographs, Hangul, forms
USUAL_ROWS = frozenset(
    row
    for first, last in (
        (1, 6),
        (9, 14),
        (30, 30),
        (32, 34),
        (48, 48),
        (78, 159),
        (172, 215),
        (254, 255),
    )
    for row in range(first, last + 1)
)
LATIN_ROW = frozenset([9, 10, 12, 13, *range(32, 127), *range(0xA0, 0x100)])
USUAL_SHARE, USUAL_LEAD = 0.95, 0.15
ROWS_SHARE = 0.7  # of the rows that it takes the wrong way round
WORD = re.compile(rb"[A-Za-z\x80-\xff']*[\x80-\xff][A-Za-z\x80-\xff']*")
SAMPLE_WORDS = 2000
SAMPLE_BYTES = 40_000

WESTERN = ("de", "fr", "es", "pt", "it", "sv", "da", "fi", "nl", "is", "et", "en")
CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr", "de")
# (codec, languages written in it, log of how seldom it is met beside the others)
SINGLE = (
    ("cp1252", WESTERN, 0),
    ("cp1250", CENTRAL, -1),
    ("cp1251", ("ru", "uk", "bg"), -1),
    ("cp1253", ("el",), -1),
    ("cp1254", ("tr",), -1),
    ("cp1255", ("he",), -1),
    ("cp1256", ("ar",), -1),
    ("cp1257", ("lt", "lv", "et"), -1),
    ("cp874", ("th",), -1),
    ("iso8859_2", CENTRAL, -2),
    ("iso8859_5", ("ru", "uk", "bg"), -2),
    ("iso8859_7", ("el",), -2),
    ("koi8_r", ("ru",), -1),
    ("koi8_u", ("ru", "uk"), -2),
    ("mac_roman", WESTERN, -3),
    ("mac_latin2", CENTRAL, -4),
    ("mac_cyrillic", ("ru", "uk", "bg"), -4),
    ("cp850", WESTERN, -3),
    ("cp852", CENTRAL, -3),
    ("cp866", ("ru", "bg"), -2),
)
SIGNS = "’‘“”„‚–—…•«»‹›°§©®™€£µ²³½¼¾×±·\xa0№"
INNER_SIGNS = "’·×"  # may stand between two letters
SIGN_SHARE = 0.02
CAPITAL_SHARE = 0.05  # of a letter at a word's start or among capitals, against the small one
FOREIGN, ODD, WRONG, CONTROL = 1e-4, 1e-5, 1e-6, 1e-9
LEAST = log(0.002)  # a mean below this is no text in any of these languages
LIKELY = log(0.02)
# (codec, first bytes of its common characters, their lowest second byte)
DOUBLE = (
    ("cp949", range(0xB0, 0xC9), 0xA1),
    ("gb18030", range(0xB0, 0xD8), 0xA1),
    ("big5hkscs", range(0xA4, 0xC7), 0x40),
)
COMMON_SHARE, KANA_SHARE, HALF_WIDTH_SHARE = 0.85, 0.2, 0.1
FEW_LETTERS = 4  # fewer could as well be two letters of one byte each


def decode_text(data: bytes) -> str:
    """The text, whatever its encoding; bytes that mean nothing in it become U+FFFD."""
    codec = find_codec(data)
    if codec == "utf-8":
        return data.decode("utf-8", "surrogateescape").translate(STRAY_BYTES)
    return data.decode(codec, "replace")


def find_codec(data: bytes) -> str:
    """The name of Python's codec for these bytes."""
    for mark, codec in MARKS:
        if data.startswith(mark):
            return codec
    if wide := guess_utf16(data[:SAMPLE_BYTES]):
        return wide
    if data.isascii():
        escaped = (codec for sign, codec in ESCAPED if sign.search(data) and _fits(data, codec))
        return next(escaped, "utf-8")
    first = HIGH_BYTE.search(data)
    sample = data[first.start() if first else 0 :][:UTF8_BYTES]
    if sum(map(len, UTF8_SEQUENCE.findall(sample))) >= UTF8_SHARE * len(HIGH_BYTE.findall(sample)):
        return "utf-8"
    double, letters = _find_double(data)
    if double and letters >= FEW_LETTERS:
        return double
    single, likeness = _find_single(data)
    if double and likeness < LIKELY:
        return double
    if likeness >= LEAST:
        return single
    from charset_normalizer import from_bytes

    other = from_bytes(data[:SAMPLE_BYTES]).best()
    return other.encoding if other is not None and other.encoding != "ascii" else "cp1252"


def guess_utf16(data: bytes) -> str | None:
    """The codec of UTF-16 without a byte order mark, None for anything else.

    Read the right way round, nearly all of it is letters in use, in few rows of Unicode; the wrong
    way round it is not. Needs a zero byte, as every space has one.
    """
    sample = data[: len(data) // 2 * 2]
    if not sample.count(0):
        return None
    readings = {"utf-16-le": (sample[1::2], sample[::2]), "utf-16-be": (sample[::2], sample[1::2])}
    usual = {codec: _count_usual(*halves) for codec, halves in readings.items()}
    rows = {codec: len(set(high)) for codec, (high, _) in readings.items()}
    best, other = sorted(readings, key=lambda codec: (-round(usual[codec], 2), rows[codec]))
    clear = usual[best] - usual[other] >= USUAL_LEAD
    if usual[best] >= USUAL_SHARE and (clear or rows[best] <= ROWS_SHARE * rows[other]):
        return best
    best, other = other, best
    if usual[best] >= USUAL_SHARE and rows[best] <= ROWS_SHARE * rows[other]:
        return best
    return None


def _count_usual(high: bytes, low: bytes) -> float:
    """The share of 16-bit units that are a character of a script in wide use."""
    usual = sum(
        second in LATIN_ROW if first == 0 else first in USUAL_ROWS
        for first, second in zip(high, low, strict=True)
    )
    return usual / max(len(high), 1)


def _fits(data: bytes, codec: str) -> bool:
    try:
        codecs.getincrementaldecoder(codec)("strict").decode(data, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _find_double(data: bytes) -> tuple[str, int]:
    """(code page, letters seen) of Japanese, Korean or Chinese in two bytes a character, by where
    the common characters stand in each; ("", 0) when it is none.
    """
    first = HIGH_BYTE.search(data)
    sample = data[first.start() if first else 0 :][:SAMPLE_BYTES]
    for codec in ("cp932", "euc_jp"):
        if _fits(sample, codec):
            text = [c for c in sample.decode(codec, "ignore") if c > "\x7f"]
            kana = sum("\u3041" <= c <= "\u30ff" for c in text)
            half = sum("\uff61" <= c <= "\uff9f" for c in text)
            if kana >= KANA_SHARE * len(text) and half <= HALF_WIDTH_SHARE * len(text):
                return codec, len(text)
    found = []
    for codec, firsts, lowest in DOUBLE:
        if not _fits(sample, codec):
            continue
        pairs = re.findall(rb"[\x81-\xfe][\x30-\xfe]", sample)
        letters = [pair for pair in pairs if not 0xA1 <= pair[0] <= 0xA3]  # the rest is punctuation
        common = sum(pair[0] in firsts and pair[1] >= lowest for pair in letters)
        if letters and common >= COMMON_SHARE * len(letters):
            found.append((common / len(letters), codec, len(letters)))
    # The places of Korean letters are also common Chinese ones, so they are asked for first.
    if found and found[0][1] != "cp949":
        found.sort(reverse=True)
    return (found[0][1], found[0][2]) if found else ("", 0)


def _find_single(data: bytes) -> tuple[str, float]:
    """The likeliest code page with a byte a character, and the mean log likelihood of a letter."""
    words = WORD.findall(data[: SAMPLE_BYTES * 100])[:SAMPLE_WORDS]
    sample = b" ".join(words)
    letters = max(len(HIGH_BYTE.findall(sample)), 1)
    scores = {codec: _score(sample, codec, spoken) + rarity for codec, spoken, rarity in SINGLE}
    best = max(scores, key=lambda codec: scores[codec])
    return best, scores[best] / letters


def _score(sample: bytes, codec: str, languages: tuple[str, ...]) -> float:
    """The log likelihood of the sample in the language that it fits best."""
    text = sample.decode(codec, "replace")
    counts: dict[tuple[str, str], int] = {}
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character > "\x7f":
            key = character, _place(before, character, after)
            counts[key] = counts.get(key, 0) + 1
    return max(
        sum(
            count * log(_share(character, place, shares))
            for (character, place), count in counts.items()
        )
        for shares in map(read_shares, languages)
    )


def _place(before: str, character: str, after: str) -> str:
    """What speaks against the character where it stands: "capital", "wrong", "mixed" or ""."""
    if not character.isalpha():
        inside = before.isalpha() and after.isalpha() and character not in INNER_SIGNS
        return "wrong" if inside else ""
    for neighbour in (before, after):
        latin = neighbour.isascii() and neighbour.isalpha()
        if latin and not "\xaa" <= character <= "\u024f":
            return "mixed"
    if character.isupper():
        return "wrong" if before.islower() else "capital"
    return "wrong" if before.isupper() and after.isupper() else ""


def _share(character: str, place: str, shares: dict[str, float]) -> float:
    known = shares.get(character) or shares.get(character.lower(), 0.0)
    if not known:
        known = SIGN_SHARE if character in SIGNS else FOREIGN if character.isalpha() else ODD
    if character == "\ufffd" or "\x80" <= character < "\xa0":
        return CONTROL
    return known * {"": 1.0, "capital": CAPITAL_SHARE, "wrong": 1e-3, "mixed": 1e-2}[place]
