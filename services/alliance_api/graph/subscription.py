"""What can be watched."""

from __future__ import annotations

import strawberry

from alliance_api.onesql.sources import Filter, ToOne

from .declare import asked
from .mutations import BY_CHANGED
from .query import only
from .types.cases import Case
from .types.signals import Signal


@strawberry.type(
    description="What can be watched, over `graphql-transport-ws` or server-sent events."
)
class Subscription:
    """What can be watched."""

    @asked(
        ToOne(filters=(Filter("id", "{row}.id = {value}", "uuid", only("case")),)),
        "The case as you may see it: as it is now, and again each time that has become something "
        "else. It ends when your token or your right does.",
    )
    def case_changed(self, id: strawberry.ID) -> Case: ...  # noqa: A002

    @asked(BY_CHANGED, "Each signal from now on that you may see, once, when you first may.")
    def signal_raised(self) -> Signal: ...
