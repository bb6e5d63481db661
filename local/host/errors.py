"""What the host says when it cannot start."""


class HostError(Exception):
    """A function app, a setting or a file that this host (or Azure) would refuse; the message is meant for a person."""
