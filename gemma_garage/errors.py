"""Every error a user can meet, as one tree.

A message says three things: what happened, the actual value against the allowed one, and what
to do next. Code below the page raises these; only `ui/feedback.py` and `cli.py` show them.

    GarageError
    ├── BadInput              what the user gave cannot be used as it is
    │   ├── DocumentError     a file cannot be read (empty, encrypted, truncated, mislabelled …)
    │   ├── DatasetError      too few rows, nothing accepted, no exam
    │   └── ConfigError       a setting is out of bounds or two contradict each other
    ├── NotFound              an id that is not (or no longer) there
    ├── Busy                  another job holds what this one needs
    ├── Stopped               the user asked for a stop; not a failure
    ├── MachineError          the machine is too small
    │   └── DiskFull          what was to be written has no room
    ├── ModelError            a base model or adapter cannot be had or loaded
    │   └── GatedModel        its licence has to be accepted on the Hub first
    ├── TrainingError         training started and went wrong (loss not finite, nothing learned)
    │   └── OutOfMemory       a step did not fit into the memory
    ├── GeneratorError        the model that writes Examples failed
    │   ├── WrongKey          the key or address was refused
    │   ├── QuotaSpent        the provider's limit is reached; says when it goes on
    │   └── Unreachable       no network, or no server at that address
    ├── HubError              the Hugging Face Hub refused or cannot be reached
    └── AccessError           the server will not start or answer like this
"""


class GarageError(Exception):
    """Base of all errors with a message for the user: `except GarageError as error: str(error)`."""


class BadInput(GarageError):
    """What the user gave cannot be used as it is."""


class DocumentError(BadInput):
    """A file cannot be read."""


class DatasetError(BadInput):
    """There are too few Examples, or none of the needed kind."""


class ConfigError(BadInput):
    """A setting is out of bounds, or two settings contradict each other."""


class NotFound(GarageError):
    """An id that is not, or no longer, in the store or the catalogue."""


class Busy(GarageError):
    """Another job holds what this one needs."""


class Stopped(GarageError):
    """The user asked for a stop."""


class MachineError(GarageError):
    """The machine cannot do this: memory, disk, processor."""


class DiskFull(MachineError):
    """There is no room for what was to be written. `needed_bytes`: what has to be free."""

    def __init__(self, message: str, needed_bytes: int = 0) -> None:
        super().__init__(message)
        self.needed_bytes = needed_bytes


class ModelError(GarageError):
    """A base model or adapter cannot be had or loaded."""


class GatedModel(ModelError):
    """The licence of the model must be accepted on the Hub first."""


class TrainingError(GarageError):
    """Training started and went wrong."""


class OutOfMemory(TrainingError):
    """A step of the training did not fit into the memory."""


class GeneratorError(GarageError):
    """The model that writes Examples failed."""


class WrongKey(GeneratorError):
    """The key, or the address, was refused."""


class QuotaSpent(GeneratorError):
    """The provider's limit is reached. `retry_after_s`: seconds until it goes on, if it said so."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unreachable(GeneratorError):
    """No network, or no server at that address."""


class HubError(GarageError):
    """The Hugging Face Hub refused, or cannot be reached."""


class AccessError(GarageError):
    """The server will not start, or not answer, like this."""
