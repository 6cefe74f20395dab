"""Write the README's file tree from the disk: one line a file, the first line of its docstring.

`python tools/write_tree.py` rewrites the part between the two markers; a test compares them.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- tree -->", "<!-- /tree -->"
WIDTH = 30
OTHER = {
    "app.py": None,
    "Dockerfile": "the same in a container; the GPU when given",
    "requirements.txt": "what a Hugging Face Space installs",
    "constraints.txt": "the one set of versions that is tested together",
    "notebooks/": "Gemma Garage in Colab",
    "bench/": "each claim about speed or memory, as a script that prints a ratio",
    "docs/": "architecture, troubleshooting, LOG of findings",
    "tests/": "mirrors the package; e2e/ walks from document to export",
    "tools/": "what makes the sample files and this tree",
}

OTHER_FOLDERS = {
    "sample": "the invented manual that `demo` uses, with 20 questions",
    "licences": "texts that travel with an export",
    "versions": "the steps",
    "paraphrase_weights": "what the starter's lower layers begin as, with its terms",
    "writer_adapter": "the trained question writer: its weights, its words, its terms",
}


def describe(path: Path) -> str:
    """The first sentence of a Python file's docstring, without its last dot."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")


def draw_tree(root: Path = ROOT) -> str:
    """The tree as it should stand in the README."""
    lines = []
    for name, text in OTHER.items():
        path = root / name
        if path.exists():
            lines.append(_line(0, name, text or describe(path)))
    package = root / "gemma_garage"
    lines.append(_line(0, "gemma_garage/", describe(package / "__init__.py")))
    lines += _list_folder(package, 1)
    return "```\n" + "\n".join(lines) + "\n```"


def _list_folder(folder: Path, depth: int) -> list[str]:
    """Modules first, then folders with what is in them."""
    lines = []
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.name.startswith(("__", ".")):
            continue
        if path.suffix == ".py":
            lines.append(_line(depth, path.name, describe(path)))
        elif path.is_dir():
            init = path / "__init__.py"
            text = describe(init) if init.exists() else OTHER_FOLDERS[path.name]
            lines.append(_line(depth, path.name + "/", text))
            if init.exists():
                lines += _list_folder(path, depth + 1)
    return lines


def _line(depth: int, name: str, text: str) -> str:
    return f"{'  ' * depth}{name}".ljust(WIDTH) + " " + text


def main() -> int:
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{START}\n{draw_tree()}\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
