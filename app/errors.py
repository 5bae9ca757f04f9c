"""Failures that a person can act on: each carries one clear sentence, safe to show to a client.

Anything else that is raised is a bug: clients get a generic message, the log gets the details.
"""


class SegueError(Exception):
    """An expected failure; `str(error)` is the sentence to show."""


class BadInput(SegueError):
    """The caller sent something that is not allowed.

    The sentence says what was wrong, where, and what is allowed; `argument` names the GraphQL
    argument or file part at fault, where there is one.
    """

    def __init__(self, message: str, argument: str | None = None) -> None:
        super().__init__(message)
        self.argument = argument


class Forbidden(SegueError):
    """The caller is known, but may not do this."""


class Unauthenticated(SegueError):
    """The caller is not known, or their credentials are wrong."""


class Overloaded(SegueError):
    """A bounded queue is full; trying again later may work."""


class DeadlineExceeded(SegueError):
    """The work took longer than allowed."""


class Unavailable(SegueError):
    """Something Segue depends on (the database, a model) cannot be reached now."""
