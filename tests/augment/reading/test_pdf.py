"""PDF: running text in reading order, and a clear word on why there is none."""

from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from gemma_garage.augment.reading.parse import parse
from gemma_garage.errors import DocumentError
from tests.augment.reading.makers import body, encrypt_pdf, make_pdf, make_story, read_here

TITLE = (70.0, 760.0, "Helvetica-Bold", 20.0, "Aurora 7 Handbook")


def test_wrapped_lines_become_paragraphs_and_split_words_whole(tmp_path: Path) -> None:
    lines = body(
        700,
        "The Aurora is a station that measures the weather on mountains and at sea, and its sen-",
        "sors are heated in winter. The cut-out of the heater is tested once a year by a tech-",
        "nician, who also checks the first-class seals of the housing and the thermal cut-",
        "out of the mast.",
    )
    lines += body(630, "A second paragraph stands apart.")
    text = parse(make_pdf(tmp_path / "a.pdf", [[TITLE, *lines]])).text
    first, second = text.split("\n\n")[1:]
    assert "its sensors are heated" in first
    assert "by a technician, who" in first
    assert "thermal cut-out of the mast." in first  # the hyphen stands inside a line as well
    assert second == "A second paragraph stands apart."


def test_headings_by_size_and_weight(tmp_path: Path) -> None:
    strings = [
        TITLE,
        (70, 720, "Helvetica-Bold", 14, "Care"),
        *body(700, "Clean the funnel every spring with a soft brush and cold water, and dry it."),
        (70, 670, "Helvetica-Bold", 10, "Winter"),
        *body(655, "Switch the heater on when the first frost comes, and off again in March."),
        *body(625, "Note: a line in plain print is no heading"),
        *body(600, "Call the workshop when the lamp at the foot of the mast stays red all day."),
    ]
    text = parse(make_pdf(tmp_path / "a.pdf", [strings])).text
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == ["# Aurora 7 Handbook", "## Care", "### Winter"]


def test_outline_makes_headings_of_plain_lines(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.bookmarkPage("one")
    canvas.addOutlineEntry("Setting up", "one")
    canvas.setFont("Helvetica", 10)
    for n, line in enumerate(["Setting up", "", "Put the mast on firm ground and fix it there."]):
        canvas.drawString(70, 700 - 14 * n, line)
    canvas.save()
    assert parse(tmp_path / "a.pdf").text.splitlines()[0] == "# Setting up"


def test_the_outline_says_how_deep_headings_are(tmp_path: Path) -> None:
    """Also where all of them are printed alike; a title above them stays above."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.setTitle("Aurora 7")
    canvas.setAuthor("A. Miller")
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(70, 760, "Aurora 7 Handbook")
    canvas.setFont("Helvetica", 10)
    y = 730
    for level, title in enumerate(["Care", "Winter", "Heater"]):
        canvas.bookmarkPage(title)
        canvas.addOutlineEntry(title, title, level=level)
        canvas.drawString(70, y, title)
        canvas.drawString(70, y - 20, f"What {title.lower()} means is said in this sentence here.")
        y -= 60
    canvas.save()
    parsed = read_here(tmp_path / "a.pdf")
    headings = [line for line in parsed.text.splitlines() if line.startswith("#")]
    assert headings == ["# Aurora 7 Handbook", "## Care", "### Winter", "#### Heater"]
    assert parsed.details == {"title": "Aurora 7", "author": "A. Miller"}


@pytest.mark.parametrize("gap", [0.14, 0.2])
@pytest.mark.parametrize("font", ["Helvetica", "Times-Roman"])
def test_words_set_close_together_are_parted(tmp_path: Path, font: str, gap: float) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.setFont(font, 10)
    x = 70.0
    for word in "The valve of asn1_create_element. opens when the pressure rises".split():
        canvas.drawString(x, 700, word)
        x += canvas.stringWidth(word, font, 10) + gap * 10
    canvas.save()
    parsed = read_here(tmp_path / "a.pdf")
    assert parsed.text == "The valve of asn1_create_element. opens when the pressure rises"


def test_a_chapter_s_running_title_is_dropped_and_the_chapter_s_is_not(tmp_path: Path) -> None:
    """On 8 of 40 pages: fewer than a quarter, but one after the other."""
    pages = []
    for number in range(40):
        chapter = f"About {'ABCDE'[number // 8]}"
        running = (70.0, 800.0, "Helvetica", 9.0, chapter)
        words = body(700, f"Sentence {number} tells what the reader of this page should know.")
        pages.append([running, *words] if number % 8 else words)
    parsed = read_here(make_pdf(tmp_path / "a.pdf", pages))
    assert "About" not in parsed.text
    assert parsed.cleaning["headers_footers"]["count"] == 35


def test_headers_footers_and_page_numbers_are_dropped(tmp_path: Path) -> None:
    pages = []
    for number in range(1, 5):
        header = (70.0, 810.0, "Helvetica", 8.0, "Aurora Works, confidential")
        footer = (280.0, 30.0, "Helvetica", 8.0, f"Page {number} of 4")
        chapter = (70.0, 780.0, "Helvetica-Bold", 16.0, f"Chapter {number}")
        words = body(740, f"The lamp number {number} glows while the station number {number} runs.")
        pages.append([header, footer, chapter, *words])
    parsed = parse(make_pdf(tmp_path / "a.pdf", pages))
    assert "confidential" not in parsed.text and "Page" not in parsed.text
    assert all(f"# Chapter {number}" in parsed.text for number in range(1, 5))


def test_page_marks_point_to_where_pages_begin(tmp_path: Path) -> None:
    sentences = [f"Station {word} stands on the roof." for word in ("one", "two", "three")]
    parsed = parse(make_pdf(tmp_path / "a.pdf", [body(700, s) for s in sentences]))
    assert parsed.pages == 3
    for number, (start, sentence) in enumerate(zip(parsed.page_starts, sentences, strict=True)):
        assert parsed.text[start:].startswith(sentence)
        assert parsed.page_at(start) == number + 1
    assert parsed.page_at(parsed.page_starts[1] - 3) == 1


def test_a_paragraph_over_two_pages_is_one(tmp_path: Path) -> None:
    pages = [body(90, "The valve opens when the"), body(780, "pressure rises above nine bar.")]
    parsed = parse(make_pdf(tmp_path / "a.pdf", pages))
    assert parsed.text == "The valve opens when the pressure rises above nine bar."


def test_exponents_are_not_taken_for_digits(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"))
    x = 70.0
    for text, size, raised in (
        ("The area is 12 m", 10, 0),
        ("2", 6, 4),
        (", and it lasts 3·10", 10, 0),
        ("-6", 6, 4),
        (" seconds of 1234.", 10, 0),
    ):
        canvas.setFont("Helvetica", size)
        canvas.drawString(x, 700 + raised, text)
        x += canvas.stringWidth(text, "Helvetica", size)
    canvas.save()
    expected = "The area is 12 m², and it lasts 3·10⁻⁶ seconds of 1234."
    assert parse(tmp_path / "a.pdf").text == expected


def test_a_number_in_a_cell_that_stands_higher_than_its_row_is_no_exponent(tmp_path: Path) -> None:
    """As in a row of cells set in the middle, one of two lines."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.setFont("Helvetica", 10)
    for y, part, interval in ((740, "Part", "Interval"), (720, "Fleece", "Every 3 weeks")):
        canvas.drawString(70, y, part)
        canvas.drawString(300, y, interval)
    canvas.drawString(70, 697, "Rotor")
    canvas.drawString(300, 700, "Every 4 months")
    canvas.save()
    assert "| Rotor | Every 4 months |" in parse(tmp_path / "a.pdf").text


@pytest.mark.parametrize("ruled", [True, False])
def test_tables_keep_their_rows(tmp_path: Path, ruled: bool) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, Table

    style = getSampleStyleSheet()["Normal"]
    cells = [
        ["Part", "Torque", "Remark"],
        ["Cover", "4 Nm", "dry"],
        ["Mast", "38 Nm", "oil the thread first, and let it rest for an hour before use"],
        ["Foot", "52 Nm", "in two steps"],
    ]
    rows = [[Paragraph(text, style) for text in row] for row in cells]
    grid = [("GRID", (0, 0), (-1, -1), 0.5, "black")] if ruled else []
    table = Table(rows, colWidths=[90, 90, 160], style=[*grid, ("VALIGN", (0, 0), (-1, -1), "TOP")])
    text = parse(
        make_story(
            tmp_path / "a.pdf",
            [Paragraph("Torques of the station.", style), table, Paragraph("After it.", style)],
        )
    ).text
    expected = ["| " + " | ".join(row) + " |" for row in cells]
    expected.insert(1, "| --- | --- | --- |")
    assert text == "\n\n".join(["Torques of the station.", "\n".join(expected), "After it."])


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [f"left line {n} says that the pump runs and" for n in range(9)]
    right = [f"right line {n} says that the fan rests and" for n in range(9)]
    strings = [(70.0, 700.0 - 12 * n, "Helvetica", 10.0, line) for n, line in enumerate(left)]
    strings += [(320.0, 700.0 - 12 * n, "Helvetica", 10.0, line) for n, line in enumerate(right)]
    text = parse(make_pdf(tmp_path / "a.pdf", [strings])).text
    assert "|" not in text
    assert text.index("left line 8") < text.index("right line 0")


def test_bullets_become_list_items(tmp_path: Path) -> None:
    lines = body(700, "The box holds:") + body(680, "• a lamp", "• a cable of", "• a key")
    text = parse(make_pdf(tmp_path / "a.pdf", [lines])).text
    assert text == "The box holds:\n\n- a lamp\n- a cable of\n- a key"


def test_a_bullet_printed_larger_than_its_item_is_no_heading(tmp_path: Path) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import ListFlowable, Paragraph

    style = getSampleStyleSheet()["Normal"]
    items = [Paragraph(text, style) for text in ("nine steel trays", "a brush", "36 recipes")]
    listed = ListFlowable(items, bulletType="bullet", start="•", bulletFontSize=13)
    story = [Paragraph("The box holds what you need for the first days of drying:", style), listed]
    text = parse(make_story(tmp_path / "a.pdf", story)).text
    assert text.endswith("drying:\n\n- nine steel trays\n- a brush\n- 36 recipes")


@pytest.mark.parametrize("bold", [True, False])
def test_a_table_that_goes_on_over_a_page_keeps_its_head(tmp_path: Path, bold: bool) -> None:
    def row(
        y: float, *cells: str, font: str = "Helvetica"
    ) -> list[tuple[float, float, str, float, str]]:
        return [(70.0 + 130 * at, y, font, 10.0, cell) for at, cell in enumerate(cells)]

    head = row(120, "Food", "Heat", "Time", font="Helvetica-Bold" if bold else "Helvetica")
    first = [*head, *row(106, "Apples", "57 degrees", "8 hours")]
    first += row(92, "Bananas", "60 degrees", "11 hours")
    second = row(780, "Basil", "35 degrees", "3 hours") + row(766, "Jerky", "74 degrees", "5 hours")
    text = parse(make_pdf(tmp_path / "a.pdf", [body(700, "Dry it well.") + first, second])).text
    assert text.count("| Food | Heat | Time |") == 2
    assert "| --- | --- | --- |\n| Basil | 35 degrees | 3 hours |\n| Jerky |" in text


def test_a_sheet_of_data_keeps_its_head_and_one_without_gets_none(tmp_path: Path) -> None:
    for head, expected in (("Item", "| Item | Value |\n| --- | --- |"), ("", "|  |  |\n| --- |")):
        strings = [
            (70.0, 700.0, "Helvetica", 10.0, "Item"),
            (260.0, 700.0, "Helvetica", 10.0, "Value"),
        ]
        rows = [("Power", "640 watts"), ("Voltage", "230 volts"), ("Height", "41 centimetres")]
        for at, (name, value) in enumerate(rows):
            y = 686.0 - 14 * at
            strings += [(70.0, y, "Helvetica", 10.0, name), (260.0, y, "Helvetica", 10.0, value)]
        page = strings if head else strings[2:]
        assert expected in parse(make_pdf(tmp_path / "a.pdf", [page])).text


def test_another_table_on_the_next_page_keeps_its_own_head(tmp_path: Path) -> None:
    def row(y: float, *cells: str) -> list[tuple[float, float, str, float, str]]:
        return [(70.0 + 130 * at, y, "Helvetica", 10.0, cell) for at, cell in enumerate(cells)]

    first = [*row(120, "Food", "Heat", "Time"), *row(106, "Apples", "57 degrees", "8 hours")]
    first += row(92, "Bananas", "60 degrees", "11 hours")
    second = row(780, "Part", "Number", "Price") + row(766, "Filter", "318", "14 euros")
    second += row(752, "Tray", "320", "9 euros")
    text = parse(make_pdf(tmp_path / "a.pdf", [body(700, "Dry it well.") + first, second])).text
    assert text.count("| Food | Heat | Time |") == 1
    assert "| Part | Number | Price |\n| --- | --- | --- |\n| Filter |" in text


@pytest.mark.parametrize(
    ("algorithm", "password"), [("RC4-128", "open it"), ("AES-256", "Öffne dich")]
)
def test_passwords(tmp_path: Path, algorithm: str, password: str) -> None:
    plain = make_pdf(tmp_path / "plain.pdf", [body(700, "The code of the safe is 4711.")])
    locked = encrypt_pdf(plain, tmp_path / "locked.pdf", password, algorithm)
    with pytest.raises(DocumentError, match=r"“locked\.pdf” is protected.*No password was given"):
        parse(locked)
    with pytest.raises(DocumentError, match="The password is wrong"):
        parse(locked, "sesame")
    assert parse(locked, password).text == "The code of the safe is 4711."


def test_an_empty_pdf_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="1 page, without any text"):
        parse(make_pdf(tmp_path / "blank.pdf", [[]]))


@pytest.mark.parametrize("keep", [8, 200])
def test_a_truncated_pdf_is_refused(tmp_path: Path, keep: int) -> None:
    whole = make_pdf(tmp_path / "a.pdf", [body(700, "Some words.")]).read_bytes()
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(whole[:keep])
    with pytest.raises(DocumentError, match=r"“cut\.pdf” .*damaged or was cut off"):
        parse(cut)


def test_the_shipped_manual_says_the_same_as_pdf_and_docx() -> None:
    import gemma_garage

    folder = Path(gemma_garage.__file__).parent / "sample"
    pdf, docx = (parse(folder / f"manual.{suffix}").text for suffix in ("pdf", "docx"))
    assert pdf == docx
    assert pdf.count("\n## ") == 9 and "| Harbour | 213 °C | moka pots |" in pdf


def test_what_pdfium_refuses_is_written_anew(tmp_path: Path) -> None:
    whole = make_pdf(tmp_path / "whole.pdf", [[TITLE, *body(700, "Oil it every 500 hours.")]])
    damaged = tmp_path / "damaged.pdf"
    # As a download that kept the server's headers in front of the file.
    damaged.write_bytes(b"HTTP/1.1 200 OK\r\n" * 180 + whole.read_bytes())
    assert parse(damaged).text == parse(whole).text


@pytest.mark.parametrize("way", ["plain", "RC4-128", "AES-256", "mended"])
def test_outline_title_author_and_password_are_those_that_pypdf_reads(
    tmp_path: Path, way: str
) -> None:
    """PDFium reads the structure, pypdf mends what PDFium refuses: both give the same."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path / "manual.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setTitle("Oil & Öl: the manual")
    canvas.setAuthor("Marta Voss")
    for number, (title, level) in enumerate((("Care", 0), ("Oiling", 1), ("Störungen", 0))):
        canvas.bookmarkPage(title)
        canvas.addOutlineEntry(title, title, level)
        canvas.setFont("Helvetica", 10)  # nothing but the outline makes it a heading
        canvas.drawString(70, 700, title)
        canvas.drawString(70, 670, f"Sentence {number} of the manual is about something.")
        canvas.showPage()
    canvas.save()
    password = None
    if way == "mended":
        path.write_bytes(b"HTTP/1.1 200 OK\r\n" * 180 + path.read_bytes())
    elif way != "plain":
        password = "öl-500"
        path = encrypt_pdf(path, tmp_path / "locked.pdf", password, way)
    parsed = parse(path, password=password)
    reader = PdfReader(path, password=password)
    assert reader.metadata is not None
    assert parsed.details == {"title": reader.metadata.title, "author": reader.metadata.author}
    entries = flatten(reader.outline)
    assert [title for title, _ in entries] == ["Care", "Oiling", "Störungen"]
    for title, level in entries:
        assert f"\n{'#' * level} {title}\n" in f"\n{parsed.text}\n"
    if password:
        for wrong in (None, "guessed"):
            with pytest.raises(DocumentError, match="password"):
                parse(path, password=wrong)


def flatten(outline: Any, level: int = 1) -> list[tuple[str, int]]:
    """(title, depth) of pypdf's outline, in which deeper entries are lists behind their parent."""
    found: list[tuple[str, int]] = []
    for entry in outline:
        if isinstance(entry, list):
            found += flatten(entry, level + 1)
        else:
            found.append((entry.title, level))
    return found
