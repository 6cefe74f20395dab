"""The README tells the truth: its tree is the disk's, its files are there."""

import re
from pathlib import Path

from tools.write_tree import END, ROOT, START, draw_tree

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tree_is_the_one_on_the_disk() -> None:
    written = README.partition(START)[2].partition(END)[0].strip()
    assert written == draw_tree(), "run: python tools/write_tree.py"


def test_every_file_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_module_says_what_it_is() -> None:
    for path in Path(ROOT / "gemma_garage").rglob("*.py"):
        if "versions" not in path.parts:
            assert path.read_text(encoding="utf-8").startswith('"""'), path


def test_no_file_claims_an_address_that_is_not_ours() -> None:
    names = ["github.com/gemma" + "-garage", "gemma" + "-garage["]
    for pattern in ("*.md", "*.toml", "*.py", "Makefile", "Dockerfile", "*.ipynb"):
        for path in ROOT.rglob(pattern):
            if {".venv", "node_modules", ".git"} & set(path.parts):
                continue
            text = path.read_text(encoding="utf-8")
            assert not [name for name in names if name in text], path


def test_no_file_names_a_registry_or_a_place_of_ours() -> None:
    words = ["pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js", "/wo" + "rk/"]
    for pattern in ("*.md", "*.toml", "*.txt", "*.py", "Makefile", "Dockerfile", "*.ipynb"):
        for path in ROOT.rglob(pattern):
            if {".venv", "node_modules", ".git"} & set(path.parts):
                continue
            text = path.read_text(encoding="utf-8")
            assert not [word for word in words if word in text], path
