from datetime import UTC, datetime

import pytest

from alliance_api.domain.disclosure import Disclosure, Opening, openings

pytestmark = pytest.mark.ground

STARTED = datetime(2025, 5, 9, 10, 0, tzinfo=UTC)
NEVER, ALWAYS, NOT_YET = None, "-infinity", "infinity"


@pytest.mark.parametrize(
    ("disclosure", "before", "after"),
    [
        (Disclosure.PRIVATE, (NEVER, NEVER), (NEVER, NEVER)),
        (Disclosure.TREND, (ALWAYS, NEVER), (ALWAYS, NEVER)),
        (Disclosure.NEXT_SESSION, (NOT_YET, NOT_YET), (STARTED, STARTED)),
        (Disclosure.SHARED, (ALWAYS, ALWAYS), (ALWAYS, ALWAYS)),
    ],
)
def test_a_measurement_opens_as_its_informant_chose(
    disclosure: Disclosure, before: tuple[Opening, Opening], after: tuple[Opening, Opening]
) -> None:
    unstarted, started = openings(disclosure, None), openings(disclosure, STARTED)

    assert (unstarted.scores_at, unstarted.answers_at) == before
    assert (started.scores_at, started.answers_at) == after


@pytest.mark.parametrize("disclosure", Disclosure)
def test_answers_never_open_before_the_scores(disclosure: Disclosure) -> None:
    for started_at in (None, STARTED):
        opens = openings(disclosure, started_at)

        assert opens.answers_at is None or opens.answers_at == opens.scores_at
