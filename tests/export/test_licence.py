from pathlib import Path

from gemma_garage.export.licence import GEMMA_NOTICE, write_licence
from gemma_garage.gemma.catalogue import find_base


def test_gemma_terms_go_along_with_notice_and_modification(tmp_path: Path) -> None:
    terms = tmp_path / "terms"
    terms.write_text("<html>the terms</html>")
    folder = tmp_path / "out"
    folder.mkdir()
    write_licence(find_base("gemma-3-1b-it"), folder, terms)
    notice = (folder / "NOTICE").read_text()
    assert notice.startswith(GEMMA_NOTICE)
    assert "modified work" in notice and "google/gemma-3-1b-it" in notice
    licence = (folder / "LICENSE").read_text()
    assert GEMMA_NOTICE in licence and "GEMMA_TERMS.html" in licence
    assert "prohibited_use_policy" in licence
    assert (folder / "GEMMA_TERMS.html").read_text() == terms.read_text()


def test_without_a_copy_of_the_terms_none_is_promised(tmp_path: Path) -> None:
    write_licence(find_base("gemma-3-1b-it"), tmp_path, None)
    assert "GEMMA_TERMS.html" not in (tmp_path / "LICENSE").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["LICENSE", "NOTICE"]


def test_gemma_4_carries_the_apache_licence(tmp_path: Path) -> None:
    write_licence(find_base("gemma-4-E2B-it"), tmp_path, None)
    licence = (tmp_path / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in licence and "END OF TERMS AND CONDITIONS" in licence
    assert GEMMA_NOTICE not in (tmp_path / "NOTICE").read_text()
    assert "modified work" in (tmp_path / "NOTICE").read_text()
