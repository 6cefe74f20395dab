"""Old Office and OpenDocument files: what is asked of LibreOffice, and what is said without it."""

import shutil
import sys
from pathlib import Path

import pytest

from gemma_garage.augment.reading import office
from gemma_garage.augment.reading.parse import parse
from gemma_garage.errors import DocumentError
from tests.augment.reading.makers import make_zip, read_here

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
WORD_BLOCK = b"\xec\xa5\xc1\x00" + bytes(6) + b"\x00\x12" + bytes(500)  # a FIB without encryption
ODT = {"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": b"<m/>"}
SOFFICE = """#!/bin/sh
here=$(dirname "$0")
for word; do echo "$word"; done > "$here/arguments"
env > "$here/environment"
for source; do :; done
cp "$source" "$here/given"
while [ $# -gt 1 ]; do
  case "$1" in
    --outdir) out=$2;;
    --convert-to) to=$2;;
    -env:UserInstallation=file://*) cp "${1#*file://}/user/registrymodifications.xcu" "$here/";;
  esac
  shift
done
if [ -f "$here/hang" ]; then exec sleep 60; fi
if [ ! -f "$here/result.$to" ]; then echo "Error: source file could not be loaded" >&2; exit 0; fi
mkdir -p "$out" && cp "$here/result.$to" "$out/document.$to"
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the false soffice is a script")


@pytest.fixture
def soffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a false LibreOffice, which gives out result.docx and result.pptx."""
    from docx import Document
    from pptx import Presentation

    folder = tmp_path / "program"
    folder.mkdir()
    program = folder / "soffice"
    program.write_text(SOFFICE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    document = Document()
    document.add_heading("Care", 1)
    document.add_paragraph("Oil it.")
    document.save(str(folder / "result.docx"))
    deck = Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Aurora"
    deck.save(str(folder / "result.pptx"))
    return folder


@pytest.mark.parametrize(
    ("suffix", "format_name", "text"),
    [("doc", "docx", "# Care\n\nOil it."), ("ppt", "pptx", "# Aurora")],
)
def test_old_files_are_turned_into_new_ones(
    tmp_path: Path,
    soffice: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    format_name: str,
    text: str,
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "s3cret")
    path = tmp_path / f"-o $(x) ü.{suffix}"
    path.write_bytes(OLE + WORD_BLOCK)
    parsed = parse(path)
    assert (parsed.text, parsed.format) == (text, suffix)
    wanted = format_name.upper()
    assert parsed.notes == (f"Turned into {wanted} by LibreOffice before it was read.",)
    arguments = (soffice / "arguments").read_text().splitlines()
    assert {"--headless", "--norestore", "--convert-to", format_name} <= set(arguments)
    source = Path(arguments[-1])
    assert source.name == f"document.{suffix}" and not source.parent.exists()
    assert (soffice / "given").read_bytes() == path.read_bytes()
    settings = (soffice / "registrymodifications.xcu").read_text()
    assert 'name="DisableMacrosExecution" oor:op="fuse"><value>true<' in settings
    assert "s3cret" not in (soffice / "environment").read_text()


def test_open_document_files_go_the_same_way(tmp_path: Path, soffice: Path) -> None:
    assert read_here(make_zip(tmp_path / "a.odt", ODT)).text == "# Care\n\nOil it."
    slides = ODT | {"mimetype": b"application/vnd.oasis.opendocument.presentation"}
    assert read_here(make_zip(tmp_path / "a.odp", slides)).pages == 1
    with pytest.raises(DocumentError, match=r"not ODT: it is an OpenDocument slide show.*\.odp"):
        read_here(make_zip(tmp_path / "b.odt", slides))


def test_without_libreoffice_the_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(office, "USUAL_PLACES", ())
    (tmp_path / "a.doc").write_bytes(OLE)
    with pytest.raises(DocumentError, match=r"not installed.*Install LibreOffice.*save it as DOCX"):
        read_here(tmp_path / "a.doc")


def test_what_libreoffice_cannot_open_is_refused_with_its_words(
    tmp_path: Path, soffice: Path
) -> None:
    (soffice / "result.docx").unlink()
    (tmp_path / "a.doc").write_bytes(OLE)
    with pytest.raises(DocumentError, match=r"could not open “a\.doc”.*could not be loaded"):
        read_here(tmp_path / "a.doc")


def test_libreoffice_that_hangs_is_cut_off(
    tmp_path: Path, soffice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy("/dev/null", soffice / "hang")
    monkeypatch.setattr(office, "TIME_LIMIT_S", 0.5)
    (tmp_path / "a.ppt").write_bytes(OLE)
    with pytest.raises(DocumentError, match=r"did not turn “a\.ppt” into PPTX within 0\.5 seconds"):
        read_here(tmp_path / "a.ppt")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.doc", OLE + WORD_BLOCK[:10] + b"\x00\x13" + bytes(500)),
        ("a.doc", OLE + "EncryptedPackage".encode("utf-16-le")),
        ("a.ppt", OLE + b"\x00\x00\xf6\x0f\x20\x00\x00\x00\x14\x00\x00\x00\xdf\xc4\xd1\xf3"),
    ],
)
def test_a_password_is_told_before_libreoffice_would_ask_for_it(
    tmp_path: Path, soffice: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DocumentError, match=r"protected with a password.*take the password off"):
        read_here(tmp_path / name)
    assert not (soffice / "arguments").exists()


def test_a_password_of_an_open_document_is_told(tmp_path: Path, soffice: Path) -> None:
    locked = ODT | {"META-INF/manifest.xml": b"<manifest:encryption-data/>"}
    with pytest.raises(DocumentError, match="protected with a password"):
        read_here(make_zip(tmp_path / "a.odt", locked))
