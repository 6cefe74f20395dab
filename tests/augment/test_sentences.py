"""Cutting passages into statements."""

import pytest

from gemma_garage.augment.sentences import split_sentences, split_statements


def _cut(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Use a cloth, e.g. Linen. Then dry it.", 2),
        ("See No. 5 for details. Order today.", 2),
        ("It weighs 3.5 kg. Lift it.", 2),
        ("It heats up to 285 °C. The fuse takes 16 A. Never bridge it. It was made by J. Holm.", 4),
        ("The motor helps up to 25 km/h. A full battery lasts for about 55 km.", 2),
        ("Ask Dr. Brandt or Mr. J. Holm. They know.", 2),
        ("“Stop!” He left. Why? Nobody knows…", 4),
        ("Der Vertrag endet am 3. Mai 2027. Danach gilt z. B. Absatz 4.", 2),
        ("Die Wartung erfolgt alle 6 Monate, d.h. Zweimal im Jahr.", 1),
        ("no full stop at the end", 1),
        ("", 0),
    ],
)
def test_full_stops_that_end_no_sentence(text: str, count: int) -> None:
    assert len(_cut(text)) == count


def test_markup_headings_and_wrapped_lines() -> None:
    text = (
        "## 4 Care\n\nWash the *Blue Finch* with\n**soap**. It dries fast.\n\n"
        "The kit holds:\n\n- a [brush](http://x.y), 20 cm long\n- two\n  cloths\n"
    )
    found = split_statements(text)
    assert [statement.text for statement in found] == [
        "Wash the Blue Finch with soap.",
        "It dries fast.",
        "The kit holds:",
        "a brush, 20 cm long",
        "two cloths",
    ]
    assert all(statement.source in text for statement in found)
    assert {statement.heading for statement in found} == {"Care"}
    assert found[1].lead == "Wash the Blue Finch with soap."
    assert found[3].lead == "The kit holds:"


def test_table_rows_keep_their_columns() -> None:
    text = "| Mode | Speed |\n| --- | ---: |\n| Calm | 3 rpm |\n| Storm | |\n| Gale | 90 rpm |"
    found = split_statements(text, "Modes")
    assert [statement.cells for statement in found] == [
        (("Mode", "Calm"), ("Speed", "3 rpm")),
        (("Mode", "Storm"),),
        (("Mode", "Gale"), ("Speed", "90 rpm")),
    ]
    assert found[0].source == "| Calm | 3 rpm |"


def test_the_number_of_a_row_is_not_its_name() -> None:
    head = "| No. | Program | Top |\n|---|---|---|\n"
    first, second = split_statements(head + "| 1 | First Fire | 600 °C |\n| A2 | Glaze | 900 °C |")
    assert first.cells == (("Program", "First Fire"), ("Top", "600 °C"))
    assert second.cells[0] == ("No.", "A2")  # a code is a name


@pytest.mark.parametrize(
    ("heads", "named"),
    [
        ("Code | Item | Price", "Crutch holder"),
        ("Order no. | Accessory | Price", "Crutch holder"),
        ("Part number | Description | Price", "Crutch holder"),
        ("Code | Meaning | Price", "HN-508"),
        ("Item | Code | Price", "HN-508"),
    ],
)
def test_a_thing_is_called_by_its_name_and_not_its_number(heads: str, named: str) -> None:
    table = f"| {heads} |\n|---|---|---|\n| HN-508 | Crutch holder | £27.20 |\n"
    row = next(statement for statement in split_statements(table) if statement.cells)
    assert row.cells[0][1] == named
    assert row.source == "| HN-508 | Crutch holder | £27.20 |"
    assert len(row.place_cells()) == 3


def test_lines_of_names_and_values_are_rows() -> None:
    found = split_statements("**Owner:** Maureen Achterberg\n**In force from:** 3 February\n")
    assert [statement.cells for statement in found] == [
        (("", "Owner"), ("", "Maureen Achterberg")),
        (("", "In force from"), ("", "3 February")),
    ]
    assert [statement.text for statement in split_statements("Dear all:\ncome at 9.")] == [
        "Dear all: come at 9."
    ]


def test_table_without_header() -> None:
    found = split_statements("| Weight | 3 kg |\n| Height | 2 m |")
    assert [statement.text for statement in found] == ["Weight: 3 kg", "Height: 2 m"]


def test_items_with_names_are_rows_and_the_others_are_not() -> None:
    text = "A single lamp shows the state:\n\n- **Pulsing amber:** Heating up\n- **Green:** Ready\n"
    found = split_statements(text)[1:]
    assert [statement.cells for statement in found] == [
        (("Lamp", "Pulsing amber"), ("Meaning", "Heating up")),
        (("Lamp", "Green"), ("Meaning", "Ready")),
    ]
    mixed = split_statements("- Weight: 190 g\n- Housing: steel.\n- Made in Portugal\n", "Data")
    assert [statement.text for statement in mixed] == [
        "Weight: 190 g", "Housing: steel", "Made in Portugal",
    ]  # fmt: skip
    assert mixed[2].cells == ()
    assert all(statement.source in text for statement in found)


def test_a_list_of_faults_is_a_table() -> None:
    text = (
        "- **The oven does not start.** Likely cause: door open. Push the door until it clicks.\n"
        "- **There is no light.** Fit a new lamp.\n- **Safety.** Wear gloves.\n"
    )
    first, second, *others = split_statements(text)
    assert first.cells == (
        ("Problem", "The oven does not start"),
        ("Likely cause", "door open"),
        ("What to do", "Push the door until it clicks"),
    )
    assert second.cells == (("Problem", "There is no light"), ("What to do", "Fit a new lamp"))
    assert [statement.text for statement in others] == ["Safety.", "Wear gloves."]


@pytest.mark.parametrize(
    ("paragraph", "cells"),
    [
        (
            "The pump hums but nothing flows. There is usually air in the system. Press the button "
            "again with both taps open. If this does not help, look for a snail.",
            "Problem: The pump hums but nothing flows; Cause: There is usually air in the system; "
            "What to do: Press the button again with both taps open",
        ),
        (
            "It drips from under the lid. Unplug the pump and close the taps.",
            "Problem: It drips from under the lid; What to do: Unplug the pump and close the taps",
        ),
        (
            "The flow has become weak. Nine times out of ten the fleece is clogged.",
            "Problem: The flow has become weak; Cause: Nine times out of ten the fleece is clogged",
        ),
    ],
)
def test_what_is_seen_its_cause_and_its_remedy_are_told_in_paragraphs_too(
    paragraph: str, cells: str
) -> None:
    statements = split_statements(f"## 6. Troubleshooting\n\n{paragraph}\n")
    rows = [statement for statement in statements if statement.cells]
    assert [row.text for row in rows] == [cells] and rows[0].source in paragraph
    assert any(not statement.cells for statement in statements)  # its sentences stay
    elsewhere = split_statements(f"## 2. The pump\n\n{paragraph}\n")
    assert not any(statement.cells for statement in elsewhere)


@pytest.mark.parametrize(
    "paragraph",
    ["If none of this helps, call us. We are there on weekdays.", "Nothing works? Call us."],
)
def test_no_other_paragraph_is_taken_for_a_fault(paragraph: str) -> None:
    statements = split_statements(f"## Problems\n\n{paragraph}\n")
    assert not any(statement.cells for statement in statements)


@pytest.mark.parametrize(
    "text",
    [
        "**Why are my scans tilted?**\nA roller is blocked. Clean it.",
        "Why are my scans tilted?\n\nA roller is blocked. Clean it.",
        "### Why are my scans tilted?\n\nA roller is blocked. Clean it.",
    ],
)
def test_what_follows_a_question_answers_it(text: str) -> None:
    asked = [(s.text, s.question.strip("*")) for s in split_statements(text) if s.question]
    assert asked == [("A roller is blocked.", "Why are my scans tilted?")]


def test_a_few_words_before_a_paragraph_are_its_heading() -> None:
    text = "## 4. Controls\n\n**Child lock.** Hold MODE for 3 seconds. A padlock is shown.\n"
    order, shown = split_statements(text)
    assert (order.heading, order.question) == ("Child lock", "How do I use the child lock?")
    assert (shown.heading, shown.question) == ("Child lock", "")
    for plain in ("Petra Hallwen designed it. She lives here.", "Water drips. The dog is here."):
        assert len(split_statements(plain)) == 2
    assert [one.heading for one in split_statements("Warning signs. They are red.")] == [""] * 2
