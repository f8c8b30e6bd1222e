"""Which scales of a form are the sum of others, so that figures about both tell nothing twice."""

from collections.abc import Sequence

from alliance_api.domain.instruments import Scale


def composition(scales: Sequence[Scale]) -> dict[str, tuple[str, ...]]:
    """Return, for each scale, of which scales it is the sum: itself, or others that share no item.

    Left out is a scale that overlaps with others in another way: what was told of them together
    would tell more of a person than of each alone.
    """
    parts = {scale.key: _parts(scale, scales) for scale in scales}
    simple = {key for key, made in parts.items() if not made}
    clear = {
        scale.key
        for scale in scales
        if scale.key in simple
        and not any(_overlap(scale, other) for other in scales if other.key in simple)
    }
    made = {key: found or (key,) for key, found in parts.items()}
    return {key: found for key, found in made.items() if clear.issuperset(found)}


def _parts(scale: Scale, scales: Sequence[Scale]) -> tuple[str, ...]:
    inside = [each for each in scales if set(each.items) < set(scale.items)]
    same = sorted(n for each in inside for n in each.items) == sorted(scale.items)
    keyed = {n for each in inside for n in each.reversed} == set(scale.reversed)
    return tuple(each.key for each in inside) if same and keyed else ()


def _overlap(one: Scale, other: Scale) -> bool:
    return one is not other and not set(one.items).isdisjoint(other.items)
