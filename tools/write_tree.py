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
    for path in sorted(package.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.name.startswith(("__", ".")):
            continue
        if path.suffix == ".py":
            lines.append(_line(1, path.name, describe(path)))
        elif path.is_dir():
            inside = sorted(p for p in path.glob("*") if not p.name.startswith(("__", ".")))
            text = "the invented manual that `demo` uses, with 20 questions"
            if (path / "__init__.py").exists():
                text = describe(path / "__init__.py")
            lines.append(_line(1, path.name + "/", text))
            lines += [_line(2, p.name, describe(p)) for p in inside if p.suffix == ".py"]
    return "```\n" + "\n".join(lines) + "\n```"


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
