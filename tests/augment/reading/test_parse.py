"""The door: what a file really is, its size, its encoding; and the limits of reading it."""

from pathlib import Path

import pytest

from gemma_garage.augment.reading.parse import check_file, parse
from gemma_garage.errors import DocumentError, Stopped
from tests.augment.reading.makers import body, make_pdf, make_zip, read_here

SENTENCE = "Die Größe beträgt 5 µm – „genau“."


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
@pytest.mark.parametrize("suffix", ["txt", "md"])
def test_text_in_any_encoding(tmp_path: Path, encoding: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    text = f"{SENTENCE} Die Pumpe läuft über Nacht.\r\nÄrger gibt es selten.\r\n" * 3
    path.write_bytes(text.encode(encoding))
    assert read_here(path).text.startswith(f"{SENTENCE} Die Pumpe läuft über Nacht.\nÄrger gibt")


def test_russian_in_its_old_code_page(tmp_path: Path) -> None:
    text = "Насос следует устанавливать горизонтально. Давление составляет девять бар. " * 5
    (tmp_path / "a.txt").write_bytes(text.encode("cp1251"))
    assert "Насос следует" in parse(tmp_path / "a.txt").text


def test_hard_wrapped_text_is_joined_and_lists_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "The station measures wind and rain, and it sends what it measured to\n"
        "the receiver in the house every twelve seconds, over a distance of up\n"
        "to two hundred metres.\n\n- a lamp that is lit while the station has power from its cell\n"
        "- a key\n\nAurora Works\nHarbour Street 5\n"
    )
    assert parse(path).text == (
        "The station measures wind and rain, and it sends what it measured to the receiver in the "
        "house every twelve seconds, over a distance of up to two hundred metres.\n\n"
        "- a lamp that is lit while the station has power from its cell\n- a key\n\n"
        "Aurora Works\nHarbour Street 5"
    )


def test_markdown_keeps_code_and_underlined_headings_become_marked_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("Title\n=====\n\nText\n\nPart\n----\n\n```\nx = 1\ny = 2\n```\n\n| a | b |\n")
    assert parse(path).text == ("# Title\n\nText\n\n## Part\n\n```\nx = 1\ny = 2\n```\n\n| a | b |")


def test_front_matter_of_markdown_is_no_text_and_gives_the_title(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text(
        '---\ntitle: "Pump X200: care"\nauthor: Ann\ntags:\n  - oil\n- wear\n\n---\n'
        "\n# Oil\n\nOften.\n"
    )
    parsed = parse(path)
    assert parsed.text.strip() == "# Oil\n\nOften."
    assert parsed.details == {"title": "Pump X200: care", "author": "Ann"}
    rules = "---\nA line between two rules.\n\n---\n\nMore.\n"
    path.write_text(rules)
    assert "A line between two rules." in parse(path).text
    path.write_text("---\n" + "key: value\n" * 200_000)  # it never ends
    assert parse(path).text.count("key") == 200_000


def test_no_control_character_or_lone_surrogate_leaves_the_parser(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"ef\xef\xac\x81cient\x07\x1b so\xc2\xadft 5\xc2\xa0bar \xe2\x80\x8bend")
    assert parse(path).text == "efficient soft 5 bar end"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", b"", r"“a\.pdf” is empty \(0 bytes\)"),
        (
            "a.pdf",
            b"\x89PNG\r\n\x1a\n" + bytes(50),
            r"it is a PNG image.*Rename it to end in \.png",
        ),
        ("a.txt", b"%PDF-1.7\n", r"it is a PDF.*Rename it to end in \.pdf"),
        ("a.pdf", b"PK\x03\x04" + bytes(50), "ZIP container"),
        ("a.docx", b"just words", "should be Word.*it is plain text"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "old or a protected.*DOCX"),
        ("a.md", bytes(range(256)) * 4, "binary data"),
        ("a.doc", b"just words", r"should be old Word.*plain text.*rename it to end in \.txt"),
        ("a.doc", b"{\\rtf1 x}", r"it is a Rich Text.*Rename it to end in \.rtf"),
        ("a.rtf", b"just words", "should be Rich Text"),
        ("a.xyz", b"words", r"ends in “\.xyz”, which cannot be read"),
        ("noending", b"words", "has no ending"),
        ("a.tar.gz", b"\x1f\x8b", r"not opened \(“\.gz”; “\.zip” is\).*zip the files"),
    ],
)
def test_mislabelled_files_are_named_at_the_door(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DocumentError, match=said):
        check_file(path, name, max_mb=100)
    with pytest.raises(DocumentError, match=said):
        parse(path)


def test_size_and_presence_are_checked_at_the_door(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 2_000_000)
    with pytest.raises(DocumentError, match=r"has 2\.0 MB; at most 1 MB.*MAX_UPLOAD_MB"):
        check_file(path, "a.txt", max_mb=1)
    with pytest.raises(DocumentError, match="cannot be opened"):
        check_file(tmp_path / "gone.txt", "gone.txt", max_mb=1)
    with pytest.raises(DocumentError, match="cannot be opened"):
        check_file(tmp_path, "folder.txt", max_mb=1)


@pytest.mark.parametrize("text", ["   \n\n \t", "--- *** ---"])
def test_a_file_without_words_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(DocumentError, match="holds no text"):
        parse(tmp_path / "a.txt")


def test_a_big_file_is_cut_off_by_time_and_the_message_names_it(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "big.pdf", [body(700, "Words upon words.")] * 300)
    with pytest.raises(DocumentError, match=r"“big\.pdf” could not be read: it took too long"):
        parse(path, time_limit_s=0.05)


def test_reading_stops_on_request_and_reports_pages(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", [body(700, "Words.")] * 3)
    seen: list[tuple[int, int]] = []
    parse(path, on_progress=lambda *step: seen.append(step))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(Stopped):
        parse(path, should_stop=lambda: True)


def test_a_zip_that_breaks_the_reader_is_a_document_error(tmp_path: Path) -> None:
    types = b"presentationml.presentation.main+xml"
    path = make_zip(tmp_path / "a.pptx", {"[Content_Types].xml": types})
    with pytest.raises(DocumentError, match=r"“a\.pptx”"):
        parse(path)
