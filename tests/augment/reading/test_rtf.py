"""RTF: characters in every way they can be written, and what structure the format has."""

from pathlib import Path

import pytest

from gemma_garage.augment.reading.parse import parse
from tests.augment.reading.makers import read_here

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}"
    r"{\f2\fcharset128 MS Gothic;}{\f3\fcharset2 Symbol;}}{\colortbl;\red0\green0\blue0;}"
    r"{\stylesheet{\ql Normal;}{\s1\outlinelevel0\b heading 1;}{\s2 heading 2;}{\s15 Title;}"
    r"{\*\cs10 Default;}}{\info{\title The Pump}{\author A. Miller}}{\*\generator Word 2003;}"
)


def write_rtf(path: Path, body: str) -> Path:
    path.write_bytes(f"{HEAD}{body}}}".encode("latin-1"))
    return path


def test_structure(tmp_path: Path) -> None:
    body = r"""{\header\pard Pump manual, revision 3\par}{\footer\pard Page 1\par}
\pard\s15 The {\b Pump}\par
\pard\s1 Care\par
\pard Oil it.{\footnote\pard{\super\chftn} See p. 4.} Then\line wait.\par
\pard\s2{\listtext 1.1\tab}Steps\par
\pard{\listtext 1.\tab}\ls1 Open\par
{\listtext 2.\tab}Close\par
{\pntext\f3\'b7\tab}Rest\par
\trowd\cellx1000\cellx2000\pard\intbl Part\cell Torque\cell\row
\trowd\clvmgf\cellx1000\cellx2000\pard\intbl Lid\par\pard\intbl wide\cell 4 Nm\cell\row
\trowd\clvmrg\cellx1000\cellx2000\pard\intbl\cell 5 Nm\cell\row
\pard{\pict\wmetafile8\bin6 a}{b\c 0102}{\*\unknown gone}After it.{\shp{\*\shpinst{\sp{\sn
wide}{\sv 1}}{\shptxt\pard In a box\par}}{\shprslt{\*\do In a box}}}\par"""
    parsed = parse(write_rtf(tmp_path / "a.rtf", body))
    assert parsed.text == (
        "# The Pump\n\n## Care\n\nOil it. [1] Then\nwait.\n\n[1] See p. 4.\n\n### 1.1 Steps\n\n"
        "1. Open\n2. Close\n- Rest\n\n"
        "|  |  |\n| --- | --- |\n| Part | Torque |\n| Lid wide | 4 Nm |\n| Lid wide | 5 Nm |\n\n"
        "After it.\n\nIn a box\n\nHeader: Pump manual, revision 3"
    )
    assert parsed.details == {"title": "The Pump", "author": "A. Miller"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"gr\'f6\'dfer \endash  \'84ja\'93", "größer – „ja“"),
        (r"\u8211\'96 \u20320?\u22909? \uc2\u12354\'82\'a0\uc0\u12356 .", "– 你好 あい."),
        (r"\u-10179?\u-8704? smile", "😀 smile"),
        (r"{\f1 \'cd\'e0\'f1\'ee\'f1} ok", "Насос ok"),
        (r"{\f2 \'83\'7c\'83\'93\'83v} ok", "ポンプ ok"),  # the last second byte is a plain "v"
        (r"5 {\f3 m}m, {\f3\'b3} 3", "5 μm, ≥ 3"),
        (r"m{\super 2} so\-ft 5\~bar \{x\} a\\b", "m² soft 5 bar {x} a\\b"),
        (r"seen {\v hidden}{\deleted gone}{\*\bkmkstart b}end", "seen end"),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt a link}}", "a link"),
    ],
)
def test_characters(tmp_path: Path, body: str, text: str) -> None:
    assert read_here(write_rtf(tmp_path / "a.rtf", rf"\pard {body}\par")).text == text


@pytest.mark.parametrize(
    "body",
    [
        "{" * 100_000 + "words",
        "words" + "}" * 1000 + "more",
        r"words\bin999999999 x",
        r"words\uc-9\u99999999\f-7\s99999999\ilvl-3\outlinelevel-9\par",
        r"words" + r"\cell\row" * 20_000,
        r"words" + r"{\footnote x" * 5_000,
        r"words\'zz\'\u\~\*",
    ],
)
def test_hostile_files_end_in_text(tmp_path: Path, body: str) -> None:
    assert "words" in read_here(write_rtf(tmp_path / "a.rtf", body)).text
