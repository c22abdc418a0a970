"""What every room of tests takes for granted of the process that they run in."""

import signal


def pytest_configure() -> None:
    """Ctrl-C ends what the tests start, also where they run behind a shell's `&` or nohup, which have it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
