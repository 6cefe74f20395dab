"""DOCX and PPTX: everything that can be read, once, in its order; packages of sane size only."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from lxml import etree

from gemma_garage.augment.reading import ooxml
from gemma_garage.augment.reading.parse import parse
from gemma_garage.augment.reading.read import read_document
from gemma_garage.errors import DocumentError
from tests.augment.reading.makers import make_zip


def _insert(paragraph: Any, xml: str) -> None:
    paragraph._p.append(parse_xml(xml.replace("NS", nsdecls("w"), 1)))


def test_docx_in_document_order(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_heading("Aurora 7", 0)
    document.add_heading("Data", 1)
    document.add_paragraph("Before the table.")
    table = document.add_table(2, 3)
    rows = [["Part", "Torque", "Use"], ["Lid", "4 Nm", "a|b"]]
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("After the table.")
    document.add_paragraph("first", style="List Bullet")
    document.add_paragraph("deeper", style="List Bullet 2")
    document.add_heading("Care", 2)
    document.add_paragraph("The end.")
    document.save(str(tmp_path / "a.docx"))
    assert parse(tmp_path / "a.docx").text == (
        "# Aurora 7\n\n## Data\n\nBefore the table.\n\n"
        "| Part | Torque | Use |\n| --- | --- | --- |\n| Lid | 4 Nm | a\\|b |\n\n"
        "After the table.\n\n- first\n  - deeper\n\n### Care\n\nThe end."
    )


def test_docx_text_that_libraries_overlook(tmp_path: Path) -> None:
    """Content controls, insertions and text boxes are read; deleted text is not."""
    from docx import Document

    document = Document()
    _insert(document.add_paragraph("Kept "), "<w:ins NS><w:r><w:t>inserted</w:t></w:r></w:ins>")
    _insert(
        document.add_paragraph("Here"), "<w:del NS><w:r><w:delText>gone</w:delText></w:r></w:del>"
    )
    _insert(
        document.add_paragraph("Beside"),
        "<w:r NS><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></w:r>",
    )
    inner = "<w:p><w:r><w:t>In a control</w:t></w:r></w:p>"
    control = f"<w:sdt {nsdecls('w')}><w:sdtContent>{inner}</w:sdtContent></w:sdt>"
    document.element.body.insert(0, parse_xml(control))
    document.save(str(tmp_path / "a.docx"))
    assert parse(tmp_path / "a.docx").text == (
        "In a control\n\nKept inserted\n\nHere\n\nBeside\n\nIn a box"
    )


def test_docx_merged_cells_and_nested_tables(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    table = document.add_table(3, 3)
    for n, row in enumerate(table.rows):
        for m, cell in enumerate(row.cells):
            cell.text = f"{n}{m}"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "tall"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "wide"
    table.cell(2, 2).add_table(1, 1).cell(0, 0).text = "inner"
    document.save(str(tmp_path / "a.docx"))
    assert parse(tmp_path / "a.docx").text == (
        "| 00 | wide |  |\n| --- | --- | --- |\n| tall | 11 | 12 |\n| tall | 21 | 22 inner |"
    )


def test_docx_short_bold_lines_are_headings_only_without_heading_styles(tmp_path: Path) -> None:
    from docx import Document

    for styled, expected in ((False, "## Care\n\nWipe it."), (True, "# Data\n\nCare\n\nWipe it.")):
        document = Document()
        if styled:
            document.add_heading("Data", 1)
        document.add_paragraph().add_run("Care").bold = True
        document.add_paragraph("Wipe it.")
        document.save(str(tmp_path / "a.docx"))
        assert parse(tmp_path / "a.docx").text == expected


def test_pptx_title_once_groups_tables_and_notes(tmp_path: Path) -> None:
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    cover = deck.slides.add_slide(deck.slide_layouts[0])
    cover.shapes.title.text = "Aurora 7"
    cover.placeholders[1].text = "A station"
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Data"
    frame = slide.placeholders[1].text_frame
    frame.text = "heated"
    inner = frame.add_paragraph()
    inner.text, inner.level = "to 40 °C", 1
    outer = slide.shapes.add_group_shape()
    group = outer.shapes.add_group_shape()
    box = group.shapes.add_textbox(0, Inches(6.6), Inches(1), Inches(0.2))
    box.text_frame.text = "Deep in a group"
    table = slide.shapes.add_table(2, 2, 0, Inches(7), Inches(4), Inches(0.4)).table
    for n, row in enumerate([["Part", "Mass"], ["Mast", "4 kg"]]):
        for m, text in enumerate(row):
            table.cell(n, m).text = text
    slide.notes_slide.notes_text_frame.text = "Say that it is\nwarm."
    deck.save(str(tmp_path / "a.pptx"))
    parsed = parse(tmp_path / "a.pptx")
    first = "# Aurora 7\n\nA station"
    second = (
        "## Data\n\n- heated\n  - to 40 °C\n\nDeep in a group\n\n"
        "| Part | Mass |\n| --- | --- |\n| Mast | 4 kg |\n\nNotes: Say that it is warm."
    )
    assert parsed.text == f"{first}\n\n{second}"
    assert (parsed.pages, parsed.page_starts) == (2, (0, len(first) + 2))


@pytest.mark.parametrize("suffix", ["docx", "pptx"])
def test_a_truncated_package_is_refused(tmp_path: Path, suffix: str) -> None:
    packed = BytesIO()
    if suffix == "docx":
        from docx import Document

        Document().save(packed)
    else:
        from pptx import Presentation

        Presentation().save(packed)
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(packed.getvalue()[:-2000])
    with pytest.raises(DocumentError, match=rf"“cut\.{suffix}” cannot be opened.*cut off"):
        parse(path)


def test_a_package_with_a_broken_part_is_refused(tmp_path: Path) -> None:
    types = b"<Types>wordprocessingml.document.main+xml</Types>"
    path = make_zip(
        tmp_path / "a.docx", {"[Content_Types].xml": types, "word/document.xml": b"<w:doc"}
    )
    with pytest.raises(DocumentError, match=r"“a\.docx” cannot be opened"):
        parse(path)


def test_zips_of_other_kinds_are_named(tmp_path: Path) -> None:
    types = "[Content_Types].xml"
    cases = [
        ({"readme.txt": b"hello"}, "ZIP archive with 1 files and no DOCX"),
        ({types: b"spreadsheetml.sheet.main+xml"}, "Excel workbook"),
        ({types: b"presentationml.presentation.main+xml"}, "it is a PowerPoint file.*Rename"),
        ({"mimetype": b"application/epub+zip"}, "EPUB"),
    ]
    for members, said in cases:
        path = make_zip(tmp_path / "a.docx", members)
        with pytest.raises(DocumentError, match=said):
            read_document(str(path), "a.docx", None, lambda done, total: None)


def test_zip_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = make_zip(tmp_path / "bomb.docx", {"word/document.xml": bytes(20_000_000)})
    with pytest.raises(DocumentError, match=r"packed .* times .* ZIP bomb"):
        ooxml.check_package(bomb, "bomb.docx", "docx")
    monkeypatch.setattr(ooxml, "MAX_UNPACKED_MB", 10)
    with pytest.raises(DocumentError, match="would unpack to 20 MB"):
        ooxml.check_package(bomb, "bomb.docx", "docx")
    monkeypatch.setattr(ooxml, "MAX_MEMBERS", 2)
    many = make_zip(tmp_path / "many.docx", {f"{n}.xml": b"" for n in range(3)})
    with pytest.raises(DocumentError, match="3 parts"):
        ooxml.check_package(many, "many.docx", "docx")


def test_entities_of_a_document_are_not_expanded(tmp_path: Path) -> None:
    """A billion laughs or a local file in the XML must not reach the text."""
    from docx import Document

    Document().save(str(tmp_path / "plain.docx"))
    with zipfile.ZipFile(tmp_path / "plain.docx") as package:
        members = {name: package.read(name) for name in package.namelist()}
    tree = etree.fromstring(members["word/document.xml"])
    xml = etree.tostring(tree).decode()
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET")
    doctype = f'<!DOCTYPE d [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'
    paragraph = "<w:p><w:r><w:t>seen &leak; end</w:t></w:r></w:p>"
    members["word/document.xml"] = (
        doctype + xml.replace("<w:body>", "<w:body>" + paragraph, 1)
    ).encode()
    text = parse(make_zip(tmp_path / "evil.docx", members)).text
    assert "TOPSECRET" not in text and text.startswith("seen")
