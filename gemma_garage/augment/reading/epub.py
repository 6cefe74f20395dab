"""Read an EPUB book: its chapters in the order of its spine, as Markdown.

Books locked for one shop's readers (DRM) are refused. Pictures, the table of contents and what a
book fetches from elsewhere are left out.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

from gemma_garage.augment.reading.blocks import Block, join_blocks, tag_of
from gemma_garage.augment.reading.clean import clean_line, clean_text
from gemma_garage.augment.reading.cleaning import Cleaning, Note
from gemma_garage.augment.reading.markdown import format_heading
from gemma_garage.augment.reading.markup import read_blocks
from gemma_garage.augment.reading.ooxml import BROKEN_ZIP, check_package, damaged
from gemma_garage.augment.reading.parsed import ParsedDocument, Report, describe
from gemma_garage.augment.reading.web import decode_markup, is_hidden, parse_markup
from gemma_garage.errors import DocumentError

CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
# Fonts may be scrambled like this in a book that is open otherwise (EPUB OCF 3.3, § 4.4).
FONT_ALGORITHMS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
PAGES = ("application/xhtml+xml", "text/html", "application/xml", "text/xml", "")
CONTENTS_TYPES = ("toc", "landmarks", "page-list", "loi", "lot")


def read_epub(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of the book; an EPUB has no pages. Raises DocumentError."""
    check_package(path, name, "epub")
    try:
        with zipfile.ZipFile(path) as archive:
            return _Book(archive, name).read(report)
    except BROKEN_ZIP as error:
        raise damaged(path, name) from error


class _Book:
    """The parts of the archive that the package document names."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self._name = archive, name
        self._refuse_locked()
        self._package_path = self._find_package()
        self._package = self._parse_xml(self._package_path)
        self._items = {
            item.get("id"): item
            for item in self._package.iter()
            if tag_of(item) == "item" and item.get("id")
        }

    def read(self, report: Report) -> ParsedDocument:
        cleaning = Cleaning()
        labels = self._read_contents()
        texts: list[str] = []
        missing, broken = 0, 0
        parts = list(self._spine())
        for number, part in enumerate(parts, start=1):
            try:
                blocks = self._read_part(part, labels.get(part, ""), cleaning.at(None))
                texts.append(join_blocks(blocks))
            except KeyError:
                missing += 1
            except (*BROKEN_ZIP, DocumentError):
                broken += 1
            report(number, len(parts))
        states = ((missing, "not in the file"), (broken, "damaged and were left out"))
        return ParsedDocument(
            "epub",
            clean_text("\n\n".join(filter(None, texts))),
            notes=tuple(
                f"{count} of {len(parts)} parts of the book are {state}."
                for count, state in states
                if count
            ),
            cleaning=cleaning.to_json(),
            details=describe(self._find_text("title"), self._find_text("creator")),
        )

    def _refuse_locked(self) -> None:
        if ENCRYPTION not in self._archive.NameToInfo:
            return
        locked = [
            method.get("Algorithm")
            for data in self._parse_xml(ENCRYPTION).iter()
            if tag_of(data) == "encrypteddata"
            for method in data
            if tag_of(method) == "encryptionmethod"
        ]
        locked = [algorithm for algorithm in locked if algorithm not in FONT_ALGORITHMS]
        if locked:
            raise DocumentError(
                f"“{self._name}” is locked by its shop (DRM, {len(locked):,} of its parts): only "
                "the shop's own readers can open it. Ask the publisher for a copy without DRM."
            )

    def _parse_xml(self, part: str) -> Any:
        from lxml import etree

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, recover=True
        )
        try:
            root = etree.fromstring(self._archive.read(part), parser)
        except (KeyError, etree.LxmlError) as error:
            raise self._broken(part) from error
        if root is None:
            raise self._broken(part)
        return root

    def _broken(self, part: str) -> DocumentError:
        return DocumentError(
            f"“{self._name}” is not a whole EPUB book: its part {part} is missing or damaged. Get "
            "a fresh copy, or save it anew in the program that made it."
        )

    def _find_package(self) -> str:
        for element in self._parse_xml(CONTAINER).iter():
            if tag_of(element) == "rootfile" and element.get("full-path"):
                return str(element.get("full-path"))
        raise self._broken(CONTAINER)

    def _resolve(self, base: str, link: str) -> str:
        """The archive's name of what `link` in the part `base` points to."""
        plain = unquote(urldefrag(link).url)
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), plain))

    def _spine(self) -> Iterator[str]:
        """The names of the parts to read in order, each once; the contents page is none."""
        references = [e for e in self._package.iter() if tag_of(e) == "itemref"]
        seen: set[str] = set()
        for reference in references:
            item = self._items.get(reference.get("idref"))
            if item is None or (item.get("media-type") or "") not in PAGES:
                continue
            part = self._resolve(self._package_path, item.get("href") or "")
            if part not in seen and "nav" not in (item.get("properties") or "").split():
                seen.add(part)
                yield part

    def _read_part(self, part: str, label: str, note: Note) -> list[Block]:
        data = self._archive.read(part)
        if not data.strip():
            return []
        page = parse_markup(decode_markup(data, self._name), self._name)
        body = next((e for e in page.iter() if tag_of(e) == "body"), page)
        blocks = read_blocks(body, _is_left_out, note)
        if label and blocks and not any(block.kind == "heading" for block in blocks):
            if blocks[0].text.casefold() == label.casefold():
                blocks = blocks[1:]
            blocks.insert(0, Block("heading", format_heading(label, 1), 1))
        return blocks

    def _read_contents(self) -> dict[str, str]:
        """The titles that the book's contents (EPUB 3 nav or EPUB 2 NCX) give to whole parts."""
        labels: dict[str, str] = {}
        for item in self._items.values():
            is_nav = "nav" in (item.get("properties") or "").split()
            if not is_nav and item.get("media-type") != "application/x-dtbncx+xml":
                continue
            part = self._resolve(self._package_path, item.get("href") or "")
            if part not in self._archive.NameToInfo:
                continue
            for link, label in _read_links(self._parse_xml(part)):
                if "#" not in link and label:
                    labels.setdefault(self._resolve(part, link), label)
        return labels

    def _find_text(self, tag: str) -> str:
        return next((e.text or "" for e in self._package.iter() if tag_of(e) == tag), "")


def _read_links(contents: Any) -> Iterator[tuple[str, str]]:
    """(link, title) of an NCX's navPoints or of a nav's anchors."""
    for element in contents.iter():
        if tag_of(element) == "a":
            yield element.get("href") or "", clean_line("".join(element.itertext()))
        elif tag_of(element) == "navpoint":
            label = next((e for e in element if tag_of(e) == "navlabel"), None)
            target = next((e for e in element if tag_of(e) == "content"), None)
            if label is not None and target is not None:
                yield target.get("src") or "", clean_line("".join(label.itertext()))


def _is_left_out(element: Any) -> bool:
    """What a reader would not show, and contents inside a chapter."""
    if is_hidden(element):
        return True
    kinds = element.get("{http://www.idpf.org/2007/ops}type") or ""
    return tag_of(element) == "nav" or (
        any(kind in CONTENTS_TYPES for kind in kinds.split()) or "pagebreak" in kinds
    )
