"""What became of a file that was given: a Document, or the reason why there is none."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestOutcome:
    """One of several files. `name` is as it was given; for a file out of a ZIP it is the whole way
    to it, "bundle.zip > folder/a.pdf". `job_id` is None for a Document that was ready already.
    `double_of`: the name of the file with the same content that was there before.
    """

    name: str
    document_id: int | None = None
    job_id: int | None = None
    error: str | None = None
    double_of: str = ""
