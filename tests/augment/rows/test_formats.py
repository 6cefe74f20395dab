"""What is said to be taken is what is taken."""

import pytest

from gemma_garage.augment.reading.formats import ALLOWED, find_format
from gemma_garage.augment.rows.formats import ROW_FORMATS
from gemma_garage.errors import DocumentError


def test_a_file_that_is_not_taken_names_all_that_are() -> None:
    with pytest.raises(DocumentError, match=r"Allowed are PDF.* ZIP files") as raised:
        find_format("a.xyz")
    for known in ROW_FORMATS:
        assert known.suffixes[0][1:].upper() in ALLOWED
    assert ALLOWED in str(raised.value)
