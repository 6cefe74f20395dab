"""The rubric by which a judge model compares exam answers: ours, unless the user writes another."""

from pathlib import Path

from gemma_garage.errors import BadInput

LONGEST_CHARACTERS = 6_000
RUBRIC = """\
right: the answer says what the right answer says. Other words, another order or a whole sentence \
around it do not matter.
partly: it says some of it, or says it beside something that is not so.
wrong: it says something else, or nothing.

- Every number, unit, date, name, condition and negation counts: 5 hours are not 5 days.
- The right answer is the measure, not what you know otherwise.
- Where the right answer is that the documents do not say, an answer that declines is right and \
any other is wrong. Everywhere else an answer that declines is wrong.
- The better answer is the one that is nearer to right. Of two that are equally near neither is \
better: length, politeness and form do not count."""


def check_rubric(text: str) -> str:
    """The rubric without space around it. BadInput: there is none, or it is too long."""
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_CHARACTERS:
        raise BadInput(
            f"The rubric has {len(text):,} characters; 1 to {LONGEST_CHARACTERS:,} are allowed. "
            "Say in it what is right, partly right and wrong."
        )
    return text


def read_rubric(path: Path) -> str:
    """The rubric in a text file (UTF-8). BadInput."""
    try:
        if path.stat().st_size > 10 * LONGEST_CHARACTERS:
            raise BadInput(
                f"{path.name} has {path.stat().st_size:,} bytes; a rubric has up to "
                f"{LONGEST_CHARACTERS:,} characters. Shorten it."
            )
        return check_rubric(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInput(
            f"{path.name} cannot be read ({error.strerror}). Check the path and try again."
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name} is no text in UTF-8. Save it as UTF-8 and try again."
        ) from error
