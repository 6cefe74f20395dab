"""Files made to do harm: each ends in text or in one of our errors, and touches nothing outside."""

import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.chunk import LIMIT_TOKENS, chunk
from gemma_garage.augment.reading import parse as parsing
from gemma_garage.augment.reading.parse import parse
from gemma_garage.augment.reading.sandbox import run_in_child
from gemma_garage.errors import DocumentError
from tests.augment.reading.fuzzing import Outcome, read_parts, try_all, write_parts
from tests.augment.reading.makers import body, make_pdf
from tests.augment.reading.samples import HTML, WORDS, write_samples

PACKAGES = ("docx", "pptx", "xlsx", "epub")
ENDED = ("text", "refused")
LAUGHS = '<!ENTITY l0 "hahahahahaha">' + "".join(
    f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 12)
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_samples(tmp_path_factory.mktemp("samples"))


def _try(paths: list[Path], folder: Path) -> list[Outcome]:
    work = folder / "work"
    work.mkdir()
    outcomes = try_all(paths, work)
    strange = [outcome for outcome in outcomes if outcome.kind not in ENDED]
    assert not strange, strange
    return outcomes


def _pack(sample: Path, path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    parts = read_parts(sample.read_bytes())
    change(parts)
    path.write_bytes(write_parts(parts))
    return path


def _plant(xml: bytes, doctype: str, reference: str) -> bytes:
    """The document with a DOCTYPE, and a reference to its entity in each text there is."""
    text = re.sub(r"<\?xml[^>]*\?>|<!DOCTYPE[^>]*>", "", xml.decode("utf-8"))
    root = re.search(r"<([A-Za-z][\w:.-]*)", text)
    assert root
    text = re.sub(r">([^<>]*\w[^<>]*)</", rf">{reference}\1</", text)
    return f"<!DOCTYPE {root[1]} [{doctype}]>{text}".encode()


@pytest.mark.slow
@pytest.mark.parametrize("format_name", PACKAGES)
def test_entities_are_neither_multiplied_nor_fetched(
    samples: dict[str, Path], tmp_path: Path, format_name: str
) -> None:
    """Billion laughs, a local file and an address, in every XML part of every kind of package."""
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET")
    doctypes = {
        "laughs": (LAUGHS, "&l11;"),
        "file": (f'<!ENTITY leak SYSTEM "{secret.as_uri()}">', "&leak;"),
        "web": (
            '<!ENTITY leak SYSTEM "http://127.0.0.1:9/x"><!ENTITY % more SYSTEM '
            '"http://127.0.0.1:9/y.dtd"> %more;',
            "&leak;",
        ),
    }
    sample = samples[format_name]
    names = [
        name
        for name in read_parts(sample.read_bytes())
        if name.endswith((".xml", ".rels", ".xhtml", ".opf"))
    ]
    # Of the many layouts of a presentation, which are all read in the same way, a few.
    names = [name for name in names if not re.search(r"Layout([3-9]|\d\d)\.", name)]
    paths = []
    for label, (doctype, reference) in doctypes.items():
        for number, name in enumerate(names):

            def plant(parts: dict[str, bytes], name: str = name) -> None:
                parts[name] = _plant(parts[name], doctype, reference)  # noqa: B023

            path = tmp_path / f"{label}-{number}.{format_name}"
            paths.append(_pack(sample, path, plant))
    for outcome in _try(paths, tmp_path):
        assert "TOPSECRET" not in outcome.said
        assert len(outcome.said) < 5_000


@pytest.mark.parametrize("format_name", PACKAGES)
def test_bombs_inside_documents(samples: dict[str, Path], tmp_path: Path, format_name: str) -> None:
    def swell(parts: dict[str, bytes]) -> None:
        name = max((n for n in parts if n.endswith(("xml", "xhtml"))), key=lambda n: len(parts[n]))
        parts[name] = parts[name].replace(b"?>", b"?>" + b" " * 60_000_000, 1)
        if len(parts[name]) < 1_000_000:
            parts[name] = b" " * 60_000_000 + parts[name]

    path = _pack(samples[format_name], tmp_path / f"bomb.{format_name}", swell)
    assert path.stat().st_size < 1_000_000
    (outcome,) = _try([path], tmp_path)
    assert re.search(r"packed [\d,]+ times \(60 MB unpacked\)", outcome.said), outcome.said


@pytest.mark.parametrize("format_name", PACKAGES)
def test_odd_names_in_documents_lead_nowhere(
    samples: dict[str, Path], tmp_path: Path, format_name: str
) -> None:
    def add(parts: dict[str, bytes]) -> None:
        for name in ("../../../../evil.txt", "/tmp/evil.txt", "C:\\evil.txt", "a/../../evil.xml"):
            parts[name] = b"evil"

    path = _pack(samples[format_name], tmp_path / f"a.{format_name}", add)
    before = set(tmp_path.rglob("evil*"))
    (outcome,) = _try([path], tmp_path)
    assert outcome.kind == "text" and set(tmp_path.rglob("evil*")) == before


def _make_png(width: int, height: int) -> bytes:
    """A PNG that says it has so many pixels, all of them black."""

    def part(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(4_000_000))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", packed) + part(b"IEND", b"")


def _make_pdf_bomb(path: Path) -> Path:
    """A page whose content unpacks to 120 MB."""
    whole = make_pdf(path, [body(700, "Words.")], pageCompression=0).read_bytes()
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"0 0 m " * 1_000_000) for _ in range(20)) + packer.flush()
    head, found, rest = whole.partition(b"stream\n")
    assert found
    head = re.sub(rb"/Length \d+", b"/Length %d /Filter /FlateDecode" % len(packed), head)
    path.write_bytes(head + b"stream\n" + packed + b"\n" + rest[rest.index(b"endstream") :])
    return path


MADE: dict[str, str | bytes] = {
    "deep.html": "<div>" * 100_000 + WORDS,
    "wide.html": f"<p>{WORDS}</p>" + "<table><tr><td colspan=999999 rowspan=999999>x" * 200,
    "calls.html": HTML.replace(
        "<h1>",
        '<img src="http://127.0.0.1:9/a.png"><iframe src="file:///etc/passwd"></iframe>'
        '<link rel="stylesheet" href="http://127.0.0.1:9/a.css"><h1>',
    ),
    "dtd.xhtml": '<!DOCTYPE html SYSTEM "http://127.0.0.1:9/x.dtd"><html '
    f'xmlns="http://www.w3.org/1999/xhtml"><body><p>{WORDS}</p></body></html>',
    "laughs.xhtml": f'<?xml version="1.0"?><!DOCTYPE html [{LAUGHS}]><html '
    f'xmlns="http://www.w3.org/1999/xhtml"><body><p>{WORDS} &l11;</p></body></html>',
    "deep.rtf": r"{\rtf1 " + "{" * 100_000 + WORDS + "}" * 100_001,
    "binary.rtf": r"{\rtf1 " + WORDS + r"{\pict\bin999999999 x}}",
    "deep.json": "[" * 200_000,
    "deep.yaml": "[" * 50_000,
    "deep.md": "> " * 20_000 + WORDS + "\n\n" + "".join("  " * n + "- a\n" for n in range(400)),
    "ticks.md": "`" * 100_000 + WORDS + "\n" + "=" * 100_000,
    "blanks.md": "# Title" + " " * 500_000 + "end\n\n" + "word" + "\t" * 500_000 + "word",
    "rule.md": "a\n" * 50_000 + "-" * 500_000 + "x",
    "wide.csv": ",".join(f"c{n}" for n in range(10_000)) + "\n" + ",".join("1" * 10_000),
    "quote.csv": 'a,b\n"' + "x" * 3_000_000,
    "vast.png": _make_png(60_000, 60_000),
    "tall.png": _make_png(1, 2_000_000),
    "short.png": _make_png(20_000, 8_000),
    "pages.pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages"
    b"/Count 2000000000/Kids[2 0 R 2 0 R]>>endobj\ntrailer<</Root 1 0 R>>\n",
    "outline.pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>endobj\n2 0 obj"
    b"<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox"
    b"[0 0 9 9]>>endobj\n4 0 obj<</First 5 0 R/Last 5 0 R>>endobj\n5 0 obj<</Title(a)/First 5 0 R"
    b"/Next 5 0 R/Parent 4 0 R>>endobj\ntrailer<</Root 1 0 R>>\n",
    "launch.pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Launch/F(/bin/sh)"
    b">>>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n3 0 obj<</Type/Page"
    b"/Parent 2 0 R/MediaBox[0 0 9 9]/AA<</O<</S/URI/URI(http://127.0.0.1:9)>>>>>>endobj\n"
    b"trailer<</Root 1 0 R>>\n",
}


@pytest.mark.slow
def test_files_that_go_too_deep_too_wide_or_outside(tmp_path: Path) -> None:
    paths = [_make_pdf_bomb(tmp_path / "bomb.pdf")]
    for name, data in MADE.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data if isinstance(data, bytes) else data.encode())
    found = {outcome.path.name: outcome for outcome in _try(paths, tmp_path)}
    for name in ("calls.html", "dtd.xhtml", "deep.md", "blanks.md"):
        assert found[name].kind == "text", found[name]
    for name in ("deep.html", "deep.json", "deep.yaml", "wide.csv", "vast.png"):
        assert found[name].kind == "refused", found[name]
    assert all(len(outcome.said) < 3_000_000 for outcome in found.values())


@pytest.mark.slow
def test_a_line_of_200_mb_is_refused_and_one_of_1_mb_is_read(tmp_path: Path) -> None:
    path = tmp_path / "line.txt"
    with path.open("wb") as out:
        out.write(b"word and " * 1_000)
        out.truncate(200_000_000)  # the rest takes no room on the disk
    with pytest.raises(DocumentError, match=r"holds 50,000,000 characters or more; at most 20,"):
        parse(path, memory_limit_mb=256)
    path.write_bytes(b"x" * 25_000_000)
    with pytest.raises(DocumentError, match=r"holds 25,000,000 characters or more"):
        parse(path)
    path.write_bytes(b"word and " * 100_000)
    spans = chunk(parse(path))
    assert max(span.tokens for span in spans) <= LIMIT_TOKENS
    assert sum(len(span.text.split()) for span in spans) == 200_000


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        ("crash", "“a.txt” could not be read: its reader crashed"),
        ("leave", "“a.txt” could not be read: its reader crashed"),
        ("stumble", "“a.txt” could not be read: KeyError"),
        ("loop", "“a.txt” could not be read: it took too long (allowed are 1 seconds"),
        ("allocate", "“a.txt” could not be read: it took too much memory"),
    ],
)
def test_a_reader_that_dies_is_an_error_of_its_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: str, said: str
) -> None:
    """What the fuzz tests count as caught when a whole child dies."""

    def run(target: str, arguments: dict[str, Any], **options: Any) -> Any:
        return run_in_child(f"tests.augment.reading.hostile:{hostile}", {}, **options)

    monkeypatch.setattr(parsing, "run_in_child", run)
    path = tmp_path / "a.txt"
    path.write_text(WORDS)
    limit_s = 1 if hostile == "loop" else 60
    with pytest.raises(DocumentError, match=re.escape(said)):
        parse(path, time_limit_s=limit_s, memory_limit_mb=512)
