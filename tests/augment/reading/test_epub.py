"""EPUB: the chapters in the spine's order; locked, broken and hostile books are refused."""

from pathlib import Path

import pytest

from gemma_garage.augment.reading.parse import parse
from gemma_garage.errors import DocumentError
from tests.augment.reading.makers import make_zip, read_here

CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>"""
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"
xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Pump</dc:title>
<dc:creator>A. Miller</dc:creator></metadata><manifest>
<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
<item id="a" href="text/one%20a.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="text/two.xhtml" media-type="application/xhtml+xml"/>
<item id="c" href="text/gone.xhtml" media-type="application/xhtml+xml"/>
<item id="d" href="cover.jpg" media-type="image/jpeg"/></manifest>
<spine><itemref idref="d"/><itemref idref="nav"/><itemref idref="b"/><itemref idref="a"/>
<itemref idref="c"/></spine></package>"""
NAV = '<nav epub:type="toc"><ol><li><a href="text/two.xhtml">Before use</a></li></ol></nav>'
PAGE = (
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" '
    'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{body}</body></html>'
)
CARE = (
    '<h1>Care</h1><p>An e\ufb03cient one<span epub:type="pagebreak" id="p5">5</span> of '
    "5&#160;kg.</p><table><tr><th>Part</th><th>Use</th></tr><tr><td>Lid</td><td>dry</td></tr></table>"
)
LOCK = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod
Algorithm="{algorithm}"/></enc:EncryptedData></encryption>"""


def make_epub(path: Path, **changes: str) -> Path:
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": PACKAGE,
        "OEBPS/nav.xhtml": PAGE.format(body=NAV),
        "OEBPS/text/one a.xhtml": PAGE.format(body=CARE),
        "OEBPS/text/two.xhtml": PAGE.format(body="<p>Before use</p><p>Read me first.</p>"),
    } | {name.replace("__", "/").replace("_xml", ".xml"): text for name, text in changes.items()}
    return make_zip(path, {name: text.encode() for name, text in members.items()})


def test_chapters_in_the_order_of_the_spine(tmp_path: Path) -> None:
    parsed = parse(make_epub(tmp_path / "a.epub"))
    assert parsed.text == (
        "# Before use\n\nRead me first.\n\n# Care\n\nAn efficient one of 5 kg.\n\n"
        "| Part | Use |\n| --- | --- |\n| Lid | dry |"
    )
    assert parsed.details == {"title": "The Pump", "author": "A. Miller"}
    assert parsed.notes == ("1 of 3 parts of the book are not in the file.",)
    assert parsed.cleaning["ligatures"]["samples"][0]["before"] == "e\ufb03cient"


def test_a_damaged_chapter_does_not_spoil_the_book(tmp_path: Path) -> None:
    parsed = read_here(make_epub(tmp_path / "a.epub", **{"OEBPS/text/two.xhtml": "<!-- -->"}))
    assert parsed.text.startswith("# Care")
    assert "1 of 3 parts of the book are damaged and were left out." in parsed.notes


def test_a_locked_book_is_refused_and_scrambled_fonts_are_none(tmp_path: Path) -> None:
    aes = LOCK.format(algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    path = make_epub(tmp_path / "a.epub", **{"META-INF__encryption_xml": aes})
    with pytest.raises(DocumentError, match=r"locked by its shop \(DRM, 1 of its parts\)"):
        read_here(path)
    fonts = LOCK.format(algorithm="http://www.idpf.org/2008/embedding")
    path = make_epub(tmp_path / "b.epub", **{"META-INF__encryption_xml": fonts})
    assert "Read me first." in read_here(path).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"META-INF__container_xml": "<container>oebps-package+xml</container>"}, "container.xml"),
        ({"OEBPS/book.opf": ""}, r"its part OEBPS/book\.opf is missing or damaged"),
        ({"META-INF__container_xml": CONTAINER.replace("book", "../../x")}, "missing or damaged"),
        ({"META-INF__container_xml": "", "mimetype": "x"}, "no EPUB document"),
    ],
)
def test_broken_books_are_refused(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    path = make_epub(tmp_path / "a.epub", **changes)
    with pytest.raises(DocumentError, match=said):
        read_here(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = make_epub(tmp_path / "a.epub", **{"OEBPS/text/two.xhtml": "x" * 20_000_000})
    with pytest.raises(DocumentError, match="ZIP bomb"):
        read_here(path)
