"""Where the evidence is found in a passage, and that marking it makes no tag of any text."""

import pytest

from gemma_garage.augment.locate import find_evidence, find_page
from gemma_garage.schema import Chunk
from gemma_garage.ui.evidence import mark_evidence

PASSAGE = (
    "The X200 is **robust**.\nIts oil is changed after every 500 hours. Keep it dry; check it."
)


def found(evidence: str, answer: str = "", text: str = PASSAGE) -> tuple[list[str], str]:
    spans, kind = find_evidence(text, evidence, answer)
    return [text[start:end] for start, end in spans], kind


def test_evidence_is_found_across_line_breaks_and_the_rest_is_escaped() -> None:
    marked = mark_evidence("<a> Oil is\nchanged   yearly. <b>", "oil is changed yearly.")
    assert marked == ('&lt;a&gt; <mark class="evidence">Oil is\nchanged   yearly.</mark> &lt;b&gt;')


def test_evidence_with_tags_is_marked_as_text() -> None:
    marked = mark_evidence("see <img src=x> here", "<img src=x>")
    assert "<img" not in marked
    assert "<mark" in marked


def test_the_answer_is_marked_where_the_evidence_is_not_in_the_passage() -> None:
    marked = mark_evidence("It holds 55 g.", "something else", "55 g")
    assert marked == 'It holds <mark class="answer">55 g</mark>.'
    assert mark_evidence("It holds 55 g.", "", "") == "It holds 55 g."


def test_a_quote_of_several_pieces_marks_each() -> None:
    pieces, kind = found("The X200 is **robust**. … Keep it dry")
    assert (pieces, kind) == (["The X200 is **robust**.", "Keep it dry"], "evidence")


@pytest.mark.parametrize(
    ("evidence", "marked"),
    [
        ("The X200 is robust.", "The X200 is **robust"),
        ("Its oil is changed after every 500 hour.", "Its oil is changed after every 500 hours"),
        ("its oil is chnaged after every 500 hours", "Its oil is changed after every 500 hours"),
    ],
)
def test_a_slip_or_markup_is_found_on_whole_words(evidence: str, marked: str) -> None:
    pieces, kind = found(evidence)
    assert kind == "alike"
    assert marked in pieces[0]
    assert len(pieces[0]) <= len(marked) + 3


def test_what_is_not_there_marks_nothing() -> None:
    assert found("Batteries are sold separately by the dealer") == ([], "")
    assert found("oil filter", "every year") == ([], "")


def test_letters_whose_small_form_is_longer_do_not_shift_the_mark() -> None:
    text = "İİİİ. The lid ist fastened with four screws."
    assert found("The lid is fastened with four screws.", text=text)[0] == [
        "The lid ist fastened with four screws"
    ]


@pytest.mark.parametrize(
    ("evidence", "answer", "page"),
    [("One is first.", "", 4), ("Two is next.", "", 5), ("", "last", 7), ("Not there.", "", 4)],
)
def test_the_page_is_that_of_the_evidence(evidence: str, answer: str, page: int) -> None:
    text = "One is first.\n\nTwo is next.\n\nThree is last."
    at = text.index("Three")
    chunk = Chunk(text=text, page=4, breaks=[text.index("Two"), at, at])  # page 6 has no text
    assert find_page(chunk, evidence, answer) == page
    assert find_page(Chunk(text=text, page=None, breaks=[]), evidence, answer) is None
