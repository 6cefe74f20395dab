"""What the characters of the Symbol font mean: old Word files write Greek and signs with it."""

# Adobe's Symbol encoding, where it differs from ASCII. The rest (brace pieces, card suits) is rare.
GREEK = dict(
    zip(
        "ABGDEZHQIKLMNXOPRSTUFCYWabgdezhqiklmnxoprVstufcywJj",
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωϑφ",
        strict=True,
    )
)
SIGNS = {
    0x2D: "−", 0xA3: "≤", 0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓",
    0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷",
    0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xBC: "…", 0xC5: "⊕", 0xC7: "∩", 0xC8: "∪", 0xCE: "∈",
    0xD0: "∠", 0xD5: "∏", 0xD6: "√", 0xD7: "⋅", 0xDB: "⇔", 0xDE: "⇒", 0xE5: "∑", 0xF2: "∫",
}  # fmt: skip

# Of the Wingdings fonts, what stands in running text; other pictures become a bullet.
WINGDINGS = {
    0x4A: "☺", 0x6F: "☐", 0x71: "❑", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xDF: "←", 0xE0: "→",
    0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip


def read_symbol(code: int) -> str:
    """The character of `code` in the Symbol font; codes from U+F000 on mean the same."""
    low = code & 0xFF
    return SIGNS.get(low) or GREEK.get(chr(low)) or (chr(low) if 32 <= low < 127 else chr(code))


def read_wingding(code: int) -> str:
    return WINGDINGS.get(code & 0xFF, "•")
