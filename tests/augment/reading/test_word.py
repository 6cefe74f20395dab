"""DOCX: notes, numbered lists, formulas, symbols, headers, and text boxes in cells."""

from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as OpenDocument
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from tests.augment.reading.makers import read_here

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml."
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def insert(paragraph: Any, xml: str) -> None:
    paragraph._p.append(parse_xml(xml.replace("NS", nsdecls("w"), 1)))


def add_notes(document: OpenDocument, kind: str, texts: dict[int, str]) -> None:
    notes = "".join(
        f'<w:{kind} w:id="{number}"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{kind}>'
        for number, text in texts.items()
    )
    rule = f'<w:{kind} w:type="separator" w:id="0"><w:p><w:r><w:t>rule</w:t></w:r></w:p></w:{kind}>'
    xml = f"<w:{kind}s {nsdecls('w')}>{rule}{notes}</w:{kind}s>".encode()
    package = document.part.package
    part = Part(PackURI(f"/word/{kind}s.xml"), f"{CONTENT}{kind}s+xml", xml, package)
    document.part.relate_to(part, f"{RELATION}{kind}s")


def read(document: OpenDocument, folder: Path) -> str:
    document.save(str(folder / "a.docx"))
    return read_here(folder / "a.docx").text


def test_notes_stand_behind_what_refers_to_them(tmp_path: Path) -> None:
    document = Document()
    first = document.add_paragraph("Oil it")
    insert(first, '<w:r NS><w:footnoteReference w:id="7"/></w:r>')
    insert(first, '<w:r NS><w:endnoteReference w:id="7"/></w:r>')
    table = document.add_table(1, 2)
    table.cell(0, 0).text = "Lid"
    insert(table.cell(0, 0).paragraphs[0], '<w:r NS><w:footnoteReference w:id="3"/></w:r>')
    table.cell(0, 1).text = "4 Nm"
    last = document.add_paragraph("The end")
    insert(last, '<w:r NS><w:footnoteReference w:id="99"/></w:r>')
    add_notes(document, "footnote", {3: "When dry.", 7: "Twice a year."})
    add_notes(document, "endnote", {7: "By law."})
    assert read(document, tmp_path) == (
        "Oil it [1] [2]\n\n[1] Twice a year.\n\n[2] By law.\n\n"
        "|  |  |\n| --- | --- |\n| Lid [3] | 4 Nm |\n\n[3] When dry.\n\nThe end"
    )


def test_lists_are_counted_as_word_counts_them(tmp_path: Path) -> None:
    document = Document()
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for level, (kind, text) in enumerate(
            [("decimal", "%1."), ("lowerLetter", "%2)"), ("decimal", "%1.%3")]
        )
    )
    abstract = f'<w:abstractNum NS w:abstractNumId="90">{levels}</w:abstractNum>'
    numbering.insert(0, parse_xml(abstract.replace("NS", nsdecls("w"))))
    again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'
    for number, override in ((91, ""), (92, again)):
        entry = f'<w:num NS w:numId="{number}"><w:abstractNumId w:val="90"/>{override}</w:num>'
        numbering.append(parse_xml(entry.replace("NS", nsdecls("w"))))
    items = [("a", 91, 0), ("b", 91, 0), ("c", 91, 1), ("d", 91, 1), ("e", 91, 2), ("f", 91, 0)]
    for text, list_id, level in [*items, ("g", 91, 1), ("h", 92, 0)]:
        paragraph = document.add_paragraph(text)
        mark = f'<w:pPr NS><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'
        paragraph._p.insert(0, parse_xml(f"{mark}</w:pPr>".replace("NS", nsdecls("w"))))
    document.add_paragraph("one", style="List Number")
    document.add_paragraph("dot", style="List Bullet")
    assert read(document, tmp_path) == (
        "1. a\n2. b\n  a) c\n  b) d\n    2.1 e\n3. f\n  a) g\n5. h\n1. one\n- dot"
    )


def test_formulas_symbols_and_hidden_text(tmp_path: Path) -> None:
    document = Document()
    paragraph = document.add_paragraph("E:")
    half = "<m:f><m:num>{}</m:num><m:den>{}</m:den></m:f>"
    power = "<m:sSup><m:e>{}</m:e><m:sup>{}</m:sup></m:sSup>"
    words = [f"<m:r><m:t>{text}</m:t></m:r>" for text in ("a+b", "2", "=", "x", "2")]
    formula = half.format(*words[:2]) + words[2] + power.format(*words[3:])
    insert(paragraph, f"<m:oMath {MATH}>{formula}</m:oMath>")
    paragraph.add_run("gone").font.hidden = True
    insert(paragraph, '<w:r NS><w:sym w:font="Symbol" w:char="F0B3"/></w:r>')
    insert(paragraph, '<w:r NS><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>')
    assert read(document, tmp_path) == "E: (a+b)/2=x² ≥→"


def test_headers_and_footers_once_and_no_page_numbers(tmp_path: Path) -> None:
    document = Document()
    document.core_properties.title, document.core_properties.author = "Pump P7", "A. Miller"
    document.add_paragraph("Oil it.")
    document.add_section()
    document.sections[0].header.paragraphs[0].text = "Pump P7, revision 3"
    document.sections[1].header.is_linked_to_previous = False
    document.sections[1].header.paragraphs[0].text = "Pump P7, revision 3"
    document.sections[0].footer.paragraphs[0].text = "Page 4 of 9"
    document.save(str(tmp_path / "a.docx"))
    parsed = read_here(tmp_path / "a.docx")
    assert parsed.text == "Oil it.\n\nHeader: Pump P7, revision 3"
    assert parsed.details == {"title": "Pump P7", "author": "A. Miller"}


def test_text_boxes_are_read_once_wherever_they_stand(tmp_path: Path) -> None:
    """In a cell, in another box, and drawn a second time for old readers."""
    document = Document()
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    box = "<w:txbxContent><w:p><w:r><w:t>{}</w:t>{}</w:r></w:p></w:txbxContent>"
    choice = f"<mc:Choice Requires='wps'>{box.format('outer', box.format('in', ''))}</mc:Choice>"
    fallback = f"<mc:Fallback>{box.format('outer', '')}</mc:Fallback>"
    twice = (
        '<w:r NS xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:AlternateContent>{choice}{fallback}</mc:AlternateContent></w:r>"
    )
    insert(table.cell(0, 0).paragraphs[0], twice)
    assert read(document, tmp_path) == ("|  |  |\n| --- | --- |\n| left | right |\n\nouter\n\nin")
