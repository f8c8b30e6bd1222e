"""Ruptures people report themselves: tension they felt, or a red flag of the RISQ."""

from collections.abc import Sequence

from alliance_api.domain.episodes import Episode
from alliance_api.domain.methods import Method

METHOD = Method("rupture-self-report", "1")
LEAST = 1
"""Tension from this intensity, or this many yeses of the RISQ, is a rupture. [D]"""


def reported(tensions: Sequence[float | None]) -> tuple[Episode, ...]:
    """Return the episodes of reported tension; None is a session without an answer.

    One follows the other only after a session that was answered without tension, which is the
    repair; silence is neither. The nadir is the tensest session. Depth is None: tension is no
    fall of a score. Clients report fewer ruptures than therapists [S58], so keep them apart.
    """
    found: list[list[int]] = []
    repairs: dict[int, int] = {}
    for index, tension in enumerate(tensions):
        if tension is None:
            continue
        if tension < LEAST:
            if found:
                repairs.setdefault(len(found) - 1, index)
        elif found and len(found) - 1 not in repairs:
            found[-1].append(index)
        else:
            found.append([index])
    return tuple(_episode(tensions, tense, repairs.get(n)) for n, tense in enumerate(found))


def _episode(tensions: Sequence[float | None], tense: Sequence[int], repair: int | None) -> Episode:
    return Episode(
        start=tense[0],
        alarm=tense[0],
        nadir=max(tense, key=lambda i: tensions[i] or 0),
        repair=repair,
        depth=None,
        pattern=None,
        over=repair is not None,
        evidence=(*tense, *(() if repair is None else (repair,))),
        method=METHOD,
    )
