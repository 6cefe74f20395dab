"""Read Parquet in small batches; columns of pictures and sounds are left out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gemma_garage.augment.rows.cells import Findings, check_width
from gemma_garage.errors import DocumentError

_BATCH_ROWS = 200


def read_parquet(path: Path, name: str, findings: Findings) -> Iterator[dict[str, Any]]:
    """Raises DocumentError for a damaged file, or one without a column of text or numbers."""
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            check_width(len(schema.names), name)
            binary = [field.name for field in schema if _holds_bytes(field.type)]
            wanted = [column for column in schema.names if column not in binary]
            if binary:
                findings.note(f"Left out because they hold binary data: {', '.join(binary[:5])}.")
            if not wanted:
                raise DocumentError(
                    f"“{name}” holds no column with text or numbers (of {len(schema.names)}). "
                    "Choose another file."
                )
            batches = file.iter_batches(batch_size=_BATCH_ROWS, columns=wanted, use_threads=False)
            for batch in batches:
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, pyarrow.ArrowMemoryError):
            raise MemoryError from error
        raise DocumentError(
            f"“{name}” cannot be read as Parquet ({str(error).splitlines()[0][:120]}). It is "
            "damaged or was cut off on its way; get a fresh copy."
        ) from error


def _holds_bytes(kind: Any) -> bool:
    from pyarrow import types

    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return True
    if types.is_struct(kind):
        return any(_holds_bytes(kind.field(at).type) for at in range(kind.num_fields))
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return is_list and _holds_bytes(kind.value_type)
