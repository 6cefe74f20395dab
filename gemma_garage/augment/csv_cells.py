"""Keep a cell of an exported CSV from being run as a formula by a spreadsheet program.

It knows one cell at a time: quoting and separators are the `csv` module's. Rule: OWASP, "CSV
Injection". What is escaped is meant for people's spreadsheets; JSONL and Parquet need none of it.
"""

import re

# Also the wide forms of these signs, which some programs fold into the plain ones.
FORMULA = re.compile(r"[\s\x00-\x1f\ufeff\u200b]*[=+\-@＝＋－＠]|[\t\r\n\x00]")
# With or without a unit: nothing that calls a function or another program fits into it.
QUANTITY = re.compile(
    r"[+-]?\d+(?:[.,]\d+)*(?:\s?(?:%|‰|°[CFK]?|[A-Za-zµμΩ]{1,6}[²³]?(?:/[A-Za-z]{1,4}[²³]?)?))?"
)


def escape_cell(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet would take it for a formula.

    That is text that begins with = + - @ (also behind blanks), a tab or a line break. A plain
    number such as -5 stays a number, a quantity such as -12 °C as it is.
    """
    if FORMULA.match(text) and not QUANTITY.fullmatch(text):
        return f"'{text}"
    return text
