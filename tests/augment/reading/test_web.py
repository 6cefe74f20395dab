"""HTML: the page's own text with its structure, whatever stands around it."""

from pathlib import Path

import pytest

from gemma_garage.augment.reading.parse import parse
from gemma_garage.errors import DocumentError
from tests.augment.reading.makers import list_changes, read_here

PAGE = """<!DOCTYPE html><html><head><title>Pump P7 &mdash; ACME</title>
<meta name="author" content="A. Miller"><style>p { color: red }</style></head><body>
<header><a href="/">Home</a></header><nav><ul><li>Products<li>About</ul></nav>
<div class="wide sidebar">Buy now</div>
<main>
<h1>Pump <em>P7</em></h1>
<p>It weighs 12&nbsp;kg and moves 5&nbsp;m<sup>3</sup> of CO<sub>2</sub>.<br>Twice a day<sup><a
href="#n">1</a></sup>.</p>
<h2>Use</h2>
<ol start="3"><li>Open <b>the lid</b><li><p>Fill it</p><ul><li>slowly</ul></ol>
<dl><dt>Mass<dd>12 kg<dt>Noise<dd>40 dB</dl>
<table><caption>Torques</caption><tr><th>Part<th>Torque<tr><td rowspan="2">Lid<td>4 Nm
<tr><td>5 Nm</table>
<pre><code class="language-sh">run --all
  twice</code></pre>
<blockquote>Do not open.</blockquote>
<p style="display: none">unseen</p>
<script>var secret = 1;</script>
</main>
<footer>© ACME</footer></body></html>"""


def test_a_page_becomes_markdown_without_what_stands_around_it(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE, encoding="utf-8")
    parsed = parse(path)
    assert parsed.text == (
        "# Pump P7\n\nIt weighs 12 kg and moves 5 m³ of CO₂.\nTwice a day [1].\n\n## Use\n\n"
        "3. Open the lid\n4. Fill it\n  - slowly\n\n- Mass: 12 kg\n- Noise: 40 dB\n\nTorques\n\n"
        "| Part | Torque |\n| --- | --- |\n| Lid | 4 Nm |\n| Lid | 5 Nm |\n\n"
        "```\nrun --all\n  twice\n```\n\n> Do not open."
    )
    assert parsed.details == {"title": "Pump P7 — ACME", "author": "A. Miller"}
    left_out = [before for before, _, _ in list_changes(parsed, "boilerplate")]
    assert left_out == ["<header> Home", "<nav> Products About", "<div> Buy now", "<footer> © ACME"]


def test_a_page_without_main_keeps_all_but_menus(tmp_path: Path) -> None:
    path = tmp_path / "a.htm"
    path.write_text(
        "<title>Care</title><header>Shop</header><nav>Menu</nav><div>One<div>Two</div>Three</div>"
        "<section><header><h2>Oil</h2></header>Change it.</section><footer>Imprint</footer>"
    )
    parsed = read_here(path)
    assert parsed.text == "# Care\n\nOne\n\nTwo\n\nThree\n\n## Oil\n\nChange it."


def test_tables_that_only_arrange_a_page_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<table><tr><td><h1>A</h1><p>x</p></td><td><p>y</p></td></tr></table>")
    assert read_here(path).text == "# A\n\nx\n\ny"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="windows-1251">', "cp1251"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', "koi8-r"),
        ('<meta charset="iso-8859-1">', "cp1252"),  # as browsers take it
        ('<meta charset="utf-8">', "cp1252"),  # a lie: then the letters decide
        ('<meta charset="iso-8859-1">', "utf-8"),  # the other lie
        ('<meta charset="shift_jis">', "cp932"),
        ('<meta charset="gb2312">', "gb18030"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ('<?xml version="1.0" encoding="iso-8859-2"?>', "iso8859-2"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, head: str, encoding: str) -> None:
    texts = {
        "cp1251": "Насос следует устанавливать горизонтально.",
        "koi8-r": "Давление составляет девять бар.",
        "cp932": "ポンプは水平に設置してください。",
        "gb18030": "水泵应水平安装。压力为九巴。",
        "iso8859-2": "Pompa pracuje całą noc, więc należy ją sprawdzać.",
    }
    text = texts.get(encoding, "Größe: 5 µm – „genau“, täglich geprüft.")
    if encoding in ("iso8859-2",):
        text = text.replace("–", "-")
    path = tmp_path / "a.html"
    path.write_bytes(f"{head}<p>{text}</p>".encode(encoding))
    assert read_here(path).text == text


def test_xhtml_with_empty_elements_and_entities(tmp_path: Path) -> None:
    """An HTML parser would take all after <script/> for a script, and <title/> for a title."""
    path = tmp_path / "a.xhtml"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY big "bigbigbig"><!ENTITY e SYSTEM '
        f'"{(tmp_path / "secret").as_uri()}">]>'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x"/></head>'
        "<body><h1>Care</h1><p>5&nbsp;kg &mdash; caf&eacute;<a id='x'/> &e; &amp; done</p></body>"
        "</html>"
    )
    (tmp_path / "secret").write_text("TOPSECRET")
    text = read_here(path).text
    assert text.startswith("# Care\n\n5 kg — café") and text.endswith("& done")
    assert "TOPSECRET" not in text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<b>" * 100_000 + b"<p>words", "words"),  # tags that are never closed
        (b"<ul><li>" * 900 + b"words", "words"),
        (b"<table><tr><td>" * 300 + b"words", "words"),
        (b"<p>" + b"x" * 11_000_000, "xx"),  # one node of more than 10 MB
        (b"<table>" + b"<tr>" + b"<td rowspan=999 colspan=999>x</td>" * 300, "x"),
    ],
)
def test_hostile_pages_end_in_text(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(data)
    text = read_here(path).text
    assert expected in text and len(text) < 16_000_000


def test_what_nests_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(b"<div>" * 100_000 + b"words")
    with pytest.raises(DocumentError, match=r"“a\.html” has more than 2,000 elements in one"):
        read_here(path)


def test_a_page_without_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body><script>load()</script><nav>Menu</nav></body></html>")
    with pytest.raises(DocumentError, match="holds no text"):
        read_here(path)
