"""What is wrong with something given."""


class Malformed(ValueError):  # noqa: N818 - it names a state of what was given, as `Refused` does elsewhere
    """Something that is not what it should be.

    `field` is the path of the part at fault, spelled as it was given: `extra.plannedStart`. The
    message says what belongs there and never repeats what was found, because it goes into logs.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
