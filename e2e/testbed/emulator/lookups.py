"""Two things that moto looks for again in each request, although the answer is the same every time.

Which service a host name stands for: by listing its own folder, and some hundred patterns, under a lock. And whose an access
key is: in every account that there is, so that each test with an account of its own makes all later requests slower.
"""

import functools

from moto.iam import models
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

_account_of = functools.lru_cache(maxsize=4096)(models.get_account_id_from)


def install() -> None:
    dispatcher = DomainDispatcherApplication
    dispatcher.get_backend_for_host = functools.lru_cache(maxsize=4096)(dispatcher.get_backend_for_host)
    models.get_account_id_from = _account_of


def reset() -> None:
    """A key never changes hands, but after a reset of moto it is nobody's."""
    _account_of.cache_clear()
