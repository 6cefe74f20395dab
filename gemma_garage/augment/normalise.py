"""Make texts comparable: typography, case, numbers and names. It decides nothing."""

import re
import unicodedata

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_MARKUP = re.compile(r"[*_`|#>]+|^\s*[-+•]\s+|\[([^\]]*)\]\([^)]*\)", re.MULTILINE)
_WORD = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W_]+(?:['-][^\W_]+)*")
# Digits that belong to a name (R2, F-118) are part of that name, not a number.
_NUMBER = re.compile(r"(?<![^\W_])(?<![^\W\d_]-)\d+(?:[.,']\d{3})*(?:[.,]\d+)?")
_THOUSANDS_SPACE = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_SMALL_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBER_WORDS = {
    **{word: str(value) for value, word in enumerate(_SMALL_NUMBERS)},
    **{word: str(10 * value) for value, word in enumerate(_TENS, start=2)},
    **{
        f"{ten}-{one}": str(10 * tens + ones)
        for tens, ten in enumerate(_TENS, start=2)
        for ones, one in enumerate(_SMALL_NUMBERS[1:10], start=1)
    },
    "hundred": "100",
    "thousand": "1000",
    "dozen": "12",
    "half": "0.5",
}


def normalise_text(text: str) -> str:
    """Fold case, ligatures, quotes, dashes, Markdown and white space away."""
    text = unicodedata.normalize("NFKC", text).translate(_DASHES).translate(_QUOTES)
    text = _MARKUP.sub(lambda match: match.group(1) or " ", text)
    return " ".join(text.casefold().replace("\u00ad", "").split())


def normalise_question(text: str) -> str:
    """Words and numbers alone: two questions with the same are the same question."""
    return " ".join(split_words(text))


def split_words(text: str) -> list[str]:
    """Words and numbers, folded, without punctuation."""
    return _WORD.findall(normalise_text(text))


def find_numbers(text: str, *, words: bool = True) -> set[str]:
    """Numbers as values: "1,450", "1450" and "1 450" are one, and with `words` "seven" is 7.

    Three digits after a comma or point are read as thousands, fewer or more as a fraction.
    """
    folded = _THOUSANDS_SPACE.sub("", text)
    folded = unicodedata.normalize("NFKC", folded).translate(_DASHES).translate(_QUOTES)
    found = {_read_number(match.group()) for match in _NUMBER.finditer(folded)}
    if words:
        for word in re.findall(r"[a-z]+(?:-[a-z]+)?", folded.casefold()):
            parts = [word] if word in _NUMBER_WORDS else word.split("-")  # "five-year"
            found |= {_NUMBER_WORDS[part] for part in parts if part in _NUMBER_WORDS}
    return found


def find_codes(text: str) -> set[str]:
    """Words that hold a letter and a digit ("f-118", "r2"), folded."""
    return {word for word in split_words(text) if re.search(r"\d", word) and not word[0].isdigit()}


def _read_number(text: str) -> str:
    text = text.replace("'", "")
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", text):
        return text.replace(",", "").replace(".", "").lstrip("0") or "0"
    whole, _, rest = text.replace(",", ".").rpartition(".")
    if not whole:
        return rest.lstrip("0") or "0"
    rest = rest.rstrip("0")
    whole = whole.replace(".", "").lstrip("0") or "0"
    return f"{whole}.{rest}" if rest else whole
