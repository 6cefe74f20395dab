"""What cleaning did can be counted and looked at."""

from pathlib import Path

from gemma_garage.augment.reading.clean import note_characters
from gemma_garage.augment.reading.cleaning import SAMPLES, Cleaning
from gemma_garage.augment.reading.hyphens import Words
from tests.augment.reading.makers import body, list_changes, make_pdf, read_here


def test_samples_are_few_and_differ_and_the_count_goes_on() -> None:
    cleaning = Cleaning()
    for page in range(1, 4):
        cleaning.at(page)("headers_footers", "Aurora Works", "")
    for number in range(100):
        cleaning.note("page_numbers", str(number), "", number)
    cleaning.note("ligatures", "x" * 1000, "y")
    account = cleaning.to_json()
    assert list(account) == ["ligatures", "headers_footers", "page_numbers"]
    header = {"before": "Aurora Works", "after": "", "page": 1}
    assert account["headers_footers"] == {"count": 3, "samples": [header]}
    assert account["page_numbers"]["count"] == 100
    assert len(account["page_numbers"]["samples"]) == SAMPLES
    assert len(account["ligatures"]["samples"][0]["before"]) < 200


def test_ligatures_and_invisible_characters_are_shown_with_their_word() -> None:
    cleaning = Cleaning()
    note_characters("\ufeffan e\ufb03cient so\xadft\x07 \ufb02ow", cleaning.at(2))
    account = cleaning.to_json()
    shown = [(s["before"], s["after"]) for s in account["ligatures"]["samples"]]
    assert shown == [("e\ufb03cient", "efficient"), ("\ufb02ow", "flow")]
    assert account["invisible"]["samples"] == [
        {"before": "so<U+00AD>ft<U+0007>", "after": "soft", "page": 2}
    ]


def test_long_words_take_no_long_time() -> None:
    cleaning = Cleaning()
    note_characters("x" * 200_000 + "\ufb01" * 200_000, cleaning.at(None))
    assert cleaning.to_json()["ligatures"]["count"] == 200_000 // 41 + 1


def test_hyphens_stay_where_they_belong() -> None:
    words = Words(["The cut-out of the heater tests the cable drum and the drum brake.", "a pres-"])
    cleaning = Cleaning()
    note = cleaning.at(1)
    joined = [
        words.join(before, after, note)
        for before, after in [
            ("of high pres-", "sure."),
            ("a cut-", "out of it"),  # hyphenated elsewhere
            ("the Ein-", "und Ausgang"),  # the hyphen stands for a word that follows
            ("the self-", "contained pump"),
            ("the cable-", "drum"),  # both are words of this document
            ("by A-", "7"),
            ("the North-", "South line"),
            ("no hyphen", "here"),
        ]
    ]
    assert joined == [
        "of high pressure.",
        "a cut-out of it",
        "the Ein- und Ausgang",
        "the self-contained pump",
        "the cable-drum",
        "by A-7",
        "the North-South line",
        "no hyphen here",
    ]
    samples = cleaning.to_json()["hyphenation"]["samples"]
    assert samples == [{"before": "pres- ⏎ sure", "after": "pressure", "page": 1}]


def test_a_pdf_tells_what_was_cleaned_and_where(tmp_path: Path) -> None:
    pages = []
    for number in range(1, 5):
        header = (70.0, 810.0, "Helvetica", 8.0, "Aurora Works, confidential")
        footer = (280.0, 30.0, "Helvetica", 8.0, f"Page {number} of 4")
        words = body(740, f"The lamp {number} glows while the station is under pres-", "sure.")
        pages.append([header, footer, *words])
    parsed = read_here(make_pdf(tmp_path / "a.pdf", pages))
    assert list_changes(parsed, "headers_footers") == [("Aurora Works, confidential", "", 1)]
    assert parsed.cleaning["headers_footers"]["count"] == 4
    numbers = [(f"Page {number} of 4", "", number) for number in range(1, 5)]
    assert list_changes(parsed, "page_numbers") == numbers
    assert list_changes(parsed, "hyphenation") == [("pres- ⏎ sure", "pressure", 1)]
    assert parsed.cleaning["hyphenation"]["count"] == 4


def test_wrapped_text_tells_its_joins(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "The station measures wind and rain, and it sends what it measured to\n"
        "the receiver in the house every twelve seconds, as soon as the tem-\n"
        "perature has fallen below two degrees, or at least once in each hour.\n"
    )
    parsed = read_here(path)
    assert "as soon as the temperature has fallen" in parsed.text
    assert list_changes(parsed, "hyphenation") == [("tem- ⏎ perature", "temperature", None)]
    assert parsed.cleaning["line_breaks"]["count"] == 2
