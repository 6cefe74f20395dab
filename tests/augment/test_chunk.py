"""Chunks: exact offsets, never over the limit, under the right heading, on the right page."""

import random
from collections.abc import Callable

import pytest

from gemma_garage.augment.chunk import PIECE_CHARACTERS, chunk, estimate_tokens
from gemma_garage.augment.reading import markdown
from gemma_garage.augment.reading.markdown import find_headings
from gemma_garage.augment.reading.parsed import ParsedDocument, join_pages

SENTENCE = "The pump runs at nine bar while the valve is open. "
NASTY = {
    "no space": "a" * 100_000,
    "no newline": SENTENCE * 2_000,
    "one word a line": "word\n" * 5_000,
    "emoji": "flag 👨‍👩‍👧‍👦🙂" * 500,
    "combining marks": "e" + "\u0301" * 2_000 + " end",
    "digits": "1234567890" * 500,
    "Japanese": "東京は日本の首都。" * 1_000,
    "only headings": "# A heading\n\n" * 1_000,
    "a long table": "| a | b |\n| --- | --- |\n" + "| some value | 12 bar |\n" * 1_000,
    "an open fence": "```\n" + "x = 1\n" * 1_000,
    "nested quotes": "> " * 8_000 + "words",
    "nested lists": "".join("  " * depth + "- word\n" for depth in range(200)),
    "emphasis that never ends": "_a" * 6_000,
    "a heading of blanks": "# Title" + " " * 50_000 + "end",
    "blanks": "word" + " " * 50_000 + "word",
    "carriage returns": "one\rtwo\r\nthree\x0bfour " * 500,
}


def count_words(text: str) -> int:
    return len(text.split())


def _parsed(text: str) -> ParsedDocument:
    return ParsedDocument("txt", text)


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
@pytest.mark.parametrize(("limit", "target"), [(400, (200, 320)), (24, (200, 320))])
def test_limit_and_offsets_hold_for_nasty_texts(
    text: str, limit: int, target: tuple[int, int]
) -> None:
    spans = chunk(_parsed(text), limit_tokens=limit, target_tokens=target)
    assert spans
    end = 0
    for number, span in enumerate(spans):
        assert span.number == number
        assert span.text == text[span.start : span.end] and span.start >= end
        assert span.tokens == estimate_tokens(span.text) <= limit
        end = span.end


@pytest.mark.parametrize("count", [len, count_words, lambda text: len(text.encode())])
def test_the_given_counter_decides(count: Callable[[str], int]) -> None:
    text = "\n\n".join(SENTENCE * 12 for _ in range(20))
    spans = chunk(_parsed(text), count, 500, (100, 300))
    assert all(count(span.text) == span.tokens <= 500 for span in spans)
    assert max(span.tokens for span in spans) > 100


def test_no_word_is_lost_or_doubled() -> None:
    shuffle = random.Random(3)
    for _ in range(20):
        words = [
            f"w{n}" + shuffle.choice(["", ".", ",", "\n\n", "\n\n## H\n\n"]) for n in range(600)
        ]
        text = " ".join(words)
        joined = " ".join(span.text for span in chunk(_parsed(text)))
        assert joined.split() == text.split()


def test_only_blank_lines_give_no_chunk() -> None:
    assert chunk(_parsed("\n" * 100_000)) == []
    assert chunk(_parsed("")) == []


def test_a_long_text_is_cut_where_a_section_ends() -> None:
    section = "## Part\n\n" + SENTENCE * 13 + "\n\n" + SENTENCE * 13
    text = "\n\n".join([section] * 40)
    spans = chunk(_parsed(text))
    assert len(text) > 2 * PIECE_CHARACTERS
    assert [span.text for span in spans] == [
        span.text for _ in range(40) for span in chunk(_parsed(section))
    ]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("## Care ##", "Care"),
        ("# a # b ##\t ", "a # b"),
        ("#\tTab", "Tab"),
        ("# #", ""),
        ("#none", ""),
        ("   ###### Deep", "Deep"),
    ],
)
def test_what_a_heading_says(line: str, title: str) -> None:
    assert [heading.path for heading in find_headings(f"before\n{line}\nafter")] == [title][
        : bool(title)
    ]


def test_a_line_without_end_is_no_heading_without_end() -> None:
    (heading,) = find_headings("# " + "word " * 100_000)
    assert len(heading.path) == 200


def test_a_text_of_nothing_but_headings_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "MAX_HEADINGS", 9)
    assert len(find_headings("# a\n" * 9)) == 9
    assert find_headings("# a\n" * 10) == []


def test_heading_paths_and_pages() -> None:
    pages = [
        "# Manual\n\n" + SENTENCE * 20,
        "## Care\n\n" + SENTENCE * 20,
        "### Filter\n\n" + SENTENCE * 20,
        "## Storage\n\n```\n# no heading\n```\n\n" + SENTENCE * 20,
    ]
    spans = chunk(join_pages("pdf", pages))
    assert [(span.heading, span.page) for span in spans] == [
        ("Manual", 1),
        ("Manual > Care", 2),
        ("Manual > Care > Filter", 3),
        ("Manual > Storage", 4),
    ]


def test_a_chunk_knows_where_in_it_another_page_begins() -> None:
    pages = ["It boils.", "Descale it.", "", "Replace the seal.", "It has a guarantee."]
    (span,) = chunk(join_pages("pdf", pages))
    assert span.page == 1
    texts = [span.text[at:].strip()[:4] for at in span.breaks]
    assert texts == ["Desc", "Repl", "Repl", "It h"]  # the third page is empty


def test_small_tails_are_joined_and_headings_stay_with_their_text() -> None:
    text = SENTENCE * 24 + "\n\nA short last remark.\n\n## Next\n\n" + SENTENCE * 24
    spans = chunk(_parsed(text))
    assert all(span.tokens >= 50 for span in spans)
    assert not any(span.text.endswith("## Next") for span in spans)


def test_chunks_end_where_sentences_end() -> None:
    spans = chunk(_parsed(SENTENCE * 500))
    assert all(span.text.endswith(".") and span.text.startswith("The") for span in spans)


def test_a_senseless_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        chunk(_parsed("words"), limit_tokens=3)
