"""Read a web page (HTML, XHTML): its main part as Markdown, without menus, scripts and footers.

Nothing is fetched and no script is run; what a page loads later is not in its file.
"""

import html
import re
from collections.abc import Iterator
from html.entities import name2codepoint
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.blocks import Block, join_blocks, tag_of
from gemma_garage.augment.reading.clean import clean_line, clean_text
from gemma_garage.augment.reading.cleaning import Cleaning, Note
from gemma_garage.augment.reading.encoding import MARKS
from gemma_garage.augment.reading.markdown import format_heading
from gemma_garage.augment.reading.markup import read_blocks
from gemma_garage.augment.reading.parsed import ParsedDocument, Report, describe
from gemma_garage.augment.reading.plain import decode
from gemma_garage.errors import DocumentError

DECLARED = re.compile(
    rb"""<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,200}?encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""",
    re.IGNORECASE,
)
DECLARED_WITHIN_BYTES = 4096  # the HTML standard asks for the first 1,024
# As the WHATWG Encoding Standard has it: pages that name the left mean the right.
MEANT = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "utf-16": "utf-8",  # it could not have been read if it were
}
ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
XML_ENTITIES = ("amp", "lt", "gt", "quot", "apos")
LEFT_OUT_TAGS = ("nav", "footer", "menu", "search")
LEFT_OUT_ROLES = ("navigation", "banner", "contentinfo", "search", "alertdialog", "dialog")
# Whole words of `class` and `id`: what common site builders and documentation tools write.
LEFT_OUT_CLASSES = frozenset(
    "nav navbar navigation topnav sidenav sidebar site-header site-footer site-navigation footer "
    "page-footer breadcrumb breadcrumbs pagination pager headerlink anchorjs-link anchor-link "
    "skip-link skiplink cookie-banner cookie-notice cookie-consent social-share share-buttons "
    "related-posts linenos gutter printfooter mw-editsection mw-jump-link catlinks toc "
    "footnote-backref related sphinxsidebar wy-nav-side rst-footer-buttons edit-this-page".split()
)
INLINE_TAG = re.compile(
    r"</?(?:font|b|i|u|s|a|span|em|strong|small|big|tt|center|nobr)(?:\s[^<>]{0,2000})?>",
    re.IGNORECASE,
)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
MAIN_SHARE = 0.2  # of a page's text; a smaller <main> is not all that matters
ARTICLE_SHARE = 0.5


def read_html(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of the page's main part as Markdown. Raises DocumentError for what is no text."""
    cleaning = Cleaning()
    text = decode_markup(path.read_bytes(), name)
    page = parse_markup(text, name)
    has_body = bool(re.search(r"<body[\s>]", text, re.IGNORECASE))
    blocks, details = _read_page(page, has_body, cleaning.at(None))
    return ParsedDocument(
        "html", clean_text(join_blocks(blocks)), cleaning=cleaning.to_json(), details=details
    )


def decode_markup(data: bytes, name: str) -> str:
    """Byte order mark, else UTF-8 if it is that, else what the page declares, else a guess."""
    if data.startswith(tuple(mark for mark, _ in MARKS)):
        return decode(data, name)
    declared = DECLARED.search(data[:DECLARED_WITHIN_BYTES])
    codec = declared[1].decode("ascii").lower() if declared else ""
    codec = MEANT.get(codec, codec)
    # Pages lie about it when an editor saved them anew; text that is UTF-8 by chance is rare.
    for candidate in (codec,) if codec.startswith("iso-2022") else ("utf-8", codec):
        try:
            return data.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
    return decode(data, name)


def parse_markup(text: str, name: str) -> Any:
    """The root element of an HTML or XHTML text. Raises DocumentError where there is none."""
    from lxml import etree

    if text.lstrip()[:200].startswith("<?xml") or "http://www.w3.org/1999/xhtml" in text[:2000]:
        try:
            return _parse_xml(text)
        except etree.LxmlError:
            pass  # most pages that claim to be XHTML are not well-formed; browsers read them so
    for attempt in (text, INLINE_TAG.sub("", text)):
        parser = etree.HTMLParser(
            encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
        )
        try:
            root = etree.fromstring(attempt.encode("utf-8", "replace"), parser)
        except etree.LxmlError as error:
            raise DocumentError(f"“{name}” cannot be read as a web page: {error}.") from error
        # Tags that are never closed nest without end, and the parser gives up in the middle.
        if not any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
            break
    else:
        raise DocumentError(
            f"“{name}” has more than 2,000 elements in one another. Open it in a browser, print it "
            "to a PDF, and add that."
        )
    if root is None:
        raise DocumentError(
            f"“{name}” holds no text (0 letters or digits). Save the page anew from the browser."
        )
    return root


def _parse_xml(text: str) -> Any:
    from lxml import etree

    def spell_out(found: re.Match[str]) -> str:
        known = found[1] in name2codepoint and found[1] not in XML_ENTITIES
        return chr(name2codepoint[found[1]]) if known else found[0]

    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(ENTITY.sub(spell_out, body).encode("utf-8", "replace"), parser)


def is_hidden(element: Any) -> bool:
    """Whether a browser would not show it, by its own attributes."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(HIDDEN.search(element.get("style") or ""))


def _read_page(root: Any, has_body: bool, note: Note) -> tuple[list[Block], dict[str, str]]:
    # Where a page has no <body>, the parser puts what it finds first into the <head>.
    body = next((e for e in root.iter() if has_body and tag_of(e) == "body"), root)
    title, author = _read_head(root)
    mains = _find_main(body)

    def skip(element: Any) -> bool:
        if is_hidden(element):
            return True
        if not _is_furniture(element, whole_page=mains == [body]):
            return False
        if shown := _show(element):
            note("boilerplate", shown, "")
        return True

    for element in _beside(body, mains):
        if shown := _show(element):
            note("boilerplate", shown, "")
    blocks = [block for main in mains for block in read_blocks(main, skip, note)]
    if not any(block.level == 1 for block in blocks):
        headings = [clean_line("".join(e.itertext())) for e in body.iter() if tag_of(e) == "h1"]
        heading = headings[0] if len(headings) == 1 and headings[0] else title
        if heading and blocks:
            blocks.insert(0, Block("heading", format_heading(heading, 1), 1))
    return blocks, describe(title, author)


def _read_head(root: Any) -> tuple[str, str]:
    title, author = "", ""
    for element in root.iter():
        tag = tag_of(element)
        if tag == "title" and not title and tag_of(element.getparent()) == "head":
            title = clean_line("".join(element.itertext()))
        elif tag == "meta" and (element.get("name") or "").lower() in ("author", "dc.creator"):
            author = author or element.get("content") or ""
        elif tag == "body":
            break
    return title, author


def _find_main(body: Any) -> list[Any]:
    """What holds the page's own text: <main>, else its only <article>, else all of it."""
    whole = max(_measure(body), 1)
    mains = [e for e in body.iter() if tag_of(e) == "main" or e.get("role") == "main"]
    mains = [e for e in mains if not any(other in mains for other in e.iterancestors())]
    if mains and sum(map(_measure, mains)) >= MAIN_SHARE * whole:
        return mains
    articles = [e for e in body.iter() if tag_of(e) == "article"]
    if len(articles) == 1 and _measure(articles[0]) >= ARTICLE_SHARE * whole:
        return articles
    return [body]


def _measure(element: Any) -> int:
    """Characters of text, without white space at the ends of its pieces."""
    return sum(
        len((inner.text or "").strip()) * (tag_of(inner) not in ("script", "style", "template"))
        + len((inner.tail or "").strip()) * (inner is not element)
        for inner in element.iter()
    )


def _is_furniture(element: Any, *, whole_page: bool) -> bool:
    tag = tag_of(element)
    if tag in LEFT_OUT_TAGS:
        return True
    if (element.get("role") or "").lower() in LEFT_OUT_ROLES:
        return True
    if tag == "header" and whole_page:
        return not any(tag_of(e) in ("article", "section") for e in element.iterancestors())
    names = f"{element.get('class') or ''} {element.get('id') or ''}".lower().split()
    return bool(LEFT_OUT_CLASSES & set(names)) and tag not in ("html", "body", "main", "article")


def _beside(body: Any, mains: list[Any]) -> Iterator[Any]:
    """The elements that neither hold one of `mains` nor are in one."""
    if mains == [body]:
        return
    path = {id(e) for main in mains for e in (main, *main.iterancestors())}
    kept = {id(main) for main in mains}
    waiting = [body]
    while waiting:
        for child in waiting.pop():
            if id(child) not in path:
                yield child
            elif id(child) not in kept:
                waiting.append(child)


def _show(element: Any) -> str:
    """The element's text with its name, as a sample; "" for none."""
    tag = tag_of(element)
    if tag in ("", "script", "style", "template", "noscript", "link", "svg"):
        return ""
    text = clean_line(" ".join(element.itertext()))
    return f"<{tag}> {html.unescape(text)}" if text else ""
