"""What is wrong with a kind's folder."""


class KindError(ValueError):
    """A file that makes no kind; the message names the file, the key and the remedy."""

    def __init__(self, file: str, key: str, message: str) -> None:
        super().__init__(f"{file}: {key}: {message}")
        self.file = file
        self.key = key
