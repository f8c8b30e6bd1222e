"""What is wrong with an instrument's file."""


class InstrumentError(ValueError):
    """A file that is no instrument; the message names the file, the place and the remedy."""
