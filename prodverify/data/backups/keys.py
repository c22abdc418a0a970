"""What is wrong with a key, said the same way by every tool that encrypts or decrypts backups."""


class WrongKey(Exception):  # noqa: N818 - a sentence that says what to do
    """The key that was given is none, or does not open this backup."""
