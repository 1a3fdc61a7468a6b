"""The one way in which an extension changes moto: around a method, with the original at hand."""

import functools


def around(owner: type, name: str, wrapper) -> None:
    """Replaces `owner.name` by `wrapper(original, self, ...)`."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def patched(self, *arguments, **named):
        return wrapper(original, self, *arguments, **named)

    setattr(owner, name, patched)
