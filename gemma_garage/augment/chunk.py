"""Split a document's text into Chunks on heading, paragraph and sentence borders.

semantic-text-splitter does the splitting; this module sees to the limits, the offsets, the
heading above and the page. It neither reads files nor stores anything.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gemma_garage.augment.reading.markdown import HEADING, find_headings, heading_path
from gemma_garage.augment.reading.parsed import ParsedDocument

CountTokens = Callable[[str], int]
TARGET_TOKENS = (200, 320)
LIMIT_TOKENS = 400
MIN_LIMIT_TOKENS = 16
SMALL_SHARE = 4  # a Chunk below a quarter of the lower target is joined to its neighbour
LONGEST_WORD = 24  # letters; what is longer is a code and cut much finer
BLANKS_PER_TOKEN = 8
# The splitter's time grows with the square of what is nested or unbroken, so it gets a text in
# pieces; documents of usual size are one or few, and are cut where a Chunk would end anyway.
PIECE_CHARACTERS = 20_000
PARAGRAPH_CHARACTERS = 5_000
CUTS = ("\n\n#", "\n\n", "\n", ". ", " ")  # the best place first
WORD_LIKE = re.compile(r"[A-Za-z]+|[^\W\d_A-Za-z]+|\d+|[^\w\s]+|_+|\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """`document.text[start:end]`, with the headings above its start and the page it starts on.
    `breaks`: offsets in `text` at which another page begins."""

    number: int
    start: int
    end: int
    text: str
    heading: str
    page: int | None
    breaks: tuple[int, ...]
    tokens: int


def estimate_tokens(text: str) -> int:
    """A token count without a tokenizer, meant to err on the high side for Gemma's.

    A token for five letters of a Latin word, for two of any other script or of a string too long
    for a word, for each digit and each mark, four for what lies outside the basic plane, and for
    eight blanks unless there is but one. Measured against the tokenizer of Gemma 3: 1.05 to 1.2
    times its count on English and German manuals, 1.0 on Japanese, up to 2.6 on Russian and
    Hindi, 0.95 on program code. Where a limit must hold exactly, count with the tokenizer.
    """
    tokens = 0
    for match in WORD_LIKE.finditer(text):
        piece = match[0]
        if piece.isspace():
            tokens += -(-len(piece) // BLANKS_PER_TOKEN) if piece != " " else 0
        elif piece[0].isalpha():
            natural = piece.isascii() and len(piece) <= LONGEST_WORD
            tokens += -(-len(piece) // (5 if natural else 2))
        else:
            tokens += len(piece) + 3 * sum(mark > "\uffff" for mark in piece)
    return tokens


def chunk(
    parsed: ParsedDocument,
    count_tokens: CountTokens = estimate_tokens,
    limit_tokens: int = LIMIT_TOKENS,
    target_tokens: tuple[int, int] = TARGET_TOKENS,
) -> list[Span]:
    """The Chunks of the document in reading order.

    Each aims at `target_tokens` (lower, upper) and none has more than `limit_tokens` by
    `count_tokens`. A Chunk's `heading` is the path in force where it starts; headings inside it
    stand in its text. What holds no letter and no digit is left out.

    Raises ValueError for a limit below MIN_LIMIT_TOKENS: no sentence would fit.
    """
    if limit_tokens < MIN_LIMIT_TOKENS:
        raise ValueError(f"limit_tokens is {limit_tokens}; at least {MIN_LIMIT_TOKENS} are needed")
    upper = min(target_tokens[1], limit_tokens)
    lower = min(target_tokens[0], upper)
    text = parsed.text
    spans = _merge_small(
        text,
        [
            part
            for start, end in _split(text, count_tokens, lower, upper)
            for part in _force_limit(text, start, end, count_tokens, limit_tokens)
        ],
        count_tokens,
        limit_tokens,
        lower // SMALL_SHARE,
    )
    headings = find_headings(text)
    found: list[Span] = []
    for start, end in spans:
        piece = text[start:end]
        if not any(map(str.isalnum, piece)):
            continue
        found.append(
            Span(
                number=len(found),
                start=start,
                end=end,
                text=piece,
                heading=heading_path(headings, start),
                page=parsed.page_at(start),
                breaks=parsed.breaks_within(start, end),
                tokens=count_tokens(piece),
            )
        )
    return found


def _split(text: str, count: CountTokens, lower: int, upper: int) -> list[tuple[int, int]]:
    from semantic_text_splitter import MarkdownSplitter

    splitter = MarkdownSplitter.from_callback(count, (lower, upper))
    return [
        (first + start, first + start + len(part))
        for first, last in _cut(text)
        for start, part in splitter.chunk_indices(text[first:last])
    ]


def _cut(text: str) -> list[tuple[int, int]]:
    """Pieces for the splitter; a paragraph that is too long for it is one of several pieces."""
    pieces: list[tuple[int, int]] = []
    start = first = 0
    while first < len(text):
        end = text.find("\n\n", first)
        last = end + 2 if end >= 0 else len(text)
        if last - first > PARAGRAPH_CHARACTERS:
            pieces += _cut_evenly(text, start, first, PIECE_CHARACTERS)
            pieces += _cut_evenly(text, first, last, PARAGRAPH_CHARACTERS)
            start = last
        first = last
    return [*pieces, *_cut_evenly(text, start, len(text), PIECE_CHARACTERS)]


def _cut_evenly(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most `limit` characters, cut in their second half where that hurts least."""
    while end - start > limit:
        cut = start + limit
        for mark in CUTS:
            if (found := text.rfind(mark, start + limit // 2, cut)) >= 0:
                cut = found + len(mark.rstrip("#"))
                break
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def _force_limit(
    text: str, start: int, end: int, count: CountTokens, limit: int
) -> list[tuple[int, int]]:
    """Halve what is still over the limit: one grapheme can be many tokens, and is never split."""
    if end - start < 2 or count(text[start:end]) <= limit:
        return [(start, end)]
    middle = (start + end) // 2
    return [
        *_force_limit(text, start, middle, count, limit),
        *_force_limit(text, middle, end, count, limit),
    ]


def _merge_small(
    text: str, spans: list[tuple[int, int]], count: CountTokens, limit: int, small: int
) -> list[tuple[int, int]]:
    """Join a small Chunk to the one before it, headings without text to the one after them."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged:
            before = merged[-1]
            joins = (
                _is_bare_heading(text[slice(*before)])
                or count(text[start:end]) < small
                or count(text[slice(*before)]) < small
            )
            if joins and count(text[before[0] : end]) <= limit:
                merged[-1] = (before[0], end)
                continue
        merged.append((start, end))
    return merged


def _is_bare_heading(text: str) -> bool:
    return not HEADING.sub("", text).strip()
