from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.suppression import Cell, Clients, Readers, Reason, Release, release

pytestmark = pytest.mark.ground

NOBODY = Readers()


def _people(*numbers: int | range) -> Clients:
    return frozenset(n for each in numbers for n in ((each,) if isinstance(each, int) else each))


def _cell(key: str, *numbers: int | range, depth: int = 1, showable: bool = True) -> Cell:
    return Cell(key, _people(*numbers), depth, showable)


def _whole(n: int) -> Cell:
    return _cell("all", range(n), depth=0)


def _parts_of(found: Release, key: str) -> set[Clients]:
    return {found.parts[index] for index in found.shown[key]}


def test_five_clients_are_shown_and_four_are_not() -> None:
    assert release([_whole(5)], NOBODY).shown == {"all": (0,)}
    few = release([_whole(4)], NOBODY)
    assert (few.shown, few.withheld) == ({}, {"all": Reason.SMALL_CELL})
    assert (few.parts, few.sets) == ((), ())


def test_a_whole_and_all_its_parts_are_shown_where_each_is_large_enough() -> None:
    found = release([_whole(12), _cell("a", range(5)), _cell("b", range(5, 12))], NOBODY)

    assert found.withheld == {}
    assert _parts_of(found, "all") == {_people(range(5)), _people(range(5, 12))}
    assert _parts_of(found, "a") == {_people(range(5))}
    # What can be worked out, for the releases that follow: the parts and the whole, each once.
    assert set(found.sets) == {_people(range(5)), _people(range(5, 12)), _people(range(12))}
    assert len(found.sets) == 3


def test_what_is_left_of_the_whole_is_no_small_group_either() -> None:
    # The whole less `a` would tell of the four others.
    found = release([_whole(12), _cell("a", range(8)), _cell("b", range(8, 12))], NOBODY)

    assert set(found.shown) == {"all"}
    assert found.withheld == {"a": Reason.COMPLEMENTARY, "b": Reason.SMALL_CELL}


def test_of_two_cells_the_smaller_is_sacrificed_for_a_third_that_is_small() -> None:
    cells = [_whole(20), _cell("a", range(5)), _cell("b", range(5, 16)), _cell("c", range(16, 20))]
    found = release(cells, NOBODY)

    assert set(found.shown) == {"all", "b"}
    assert found.withheld == {"a": Reason.COMPLEMENTARY, "c": Reason.SMALL_CELL}
    assert _parts_of(found, "all") == {_people(range(5, 16)), _people(range(5), range(16, 20))}


def test_the_order_in_which_cells_are_given_does_not_matter() -> None:
    cells = [_whole(20), _cell("a", range(10)), _cell("b", range(10, 20)), _cell("c", 3, 4)]
    one, other = release(cells, NOBODY), release(cells[::-1], NOBODY)

    assert set(one.shown) == set(other.shown) == {"all", "a", "b"}
    assert set(one.parts) == set(other.parts)
    # Of two of one size the name decides: showing one leaves too few for the other.
    tied = [_whole(9), _cell("y", range(5)), _cell("x", range(4, 9))]
    assert set(release(tied, NOBODY).shown) == set(release(tied[::-1], NOBODY).shown) == {"all"}


def test_clients_of_no_cell_below_stay_a_part_of_the_whole() -> None:
    found = release([_whole(11), _cell("a", range(6))], NOBODY)
    assert _parts_of(found, "all") == {_people(range(6)), _people(range(6, 11))}

    alone = release([_cell("a", range(6)), _cell("b", range(6, 12))], NOBODY)
    assert set(alone.shown) == {"a", "b"}


def test_cells_that_cut_through_two_parts_are_withheld() -> None:
    cells = [_whole(20), _cell("a", range(10)), _cell("b", range(5, 15))]
    found = release(cells, NOBODY)

    assert set(found.shown) == {"all", "a"}
    assert found.withheld == {"b": Reason.COMPLEMENTARY}
    # Half inside a part and half outside of everything that is told, it cannot be told either.
    beside = release([_cell("a", range(10)), _cell("b", range(5, 15), depth=2)], NOBODY)
    assert beside.withheld == {"b": Reason.COMPLEMENTARY}


def test_a_cell_that_must_not_be_shown_cannot_be_worked_out() -> None:
    halves = [_whole(20), _cell("a", range(10)), _cell("b", range(10, 20), showable=False)]
    found = release(halves, NOBODY)

    assert set(found.shown) == {"all"}
    assert found.withheld == {"a": Reason.COMPLEMENTARY, "b": Reason.TOO_FEW_GROUPS}


@pytest.mark.parametrize(("known", "shown"), [(5, True), (6, False), (9, False), (10, True)])
def test_a_reader_who_knows_all_but_a_few_of_a_cell_does_not_see_it(
    known: int, shown: bool
) -> None:
    readers = Readers(known=[_people(range(known))])
    found = release([_whole(20), _cell("a", range(10)), _cell("b", range(10, 20))], readers)

    # Who knows them all learns nothing new, and who knows five has five others before them.
    assert ("a" in found.shown) is shown
    if not shown:
        assert found.withheld["a"] is Reason.COMPLEMENTARY


def test_a_reader_of_others_sees_what_nobody_knows() -> None:
    readers = Readers(known=[_people(range(100, 103)), _people(range(10))])

    assert set(release([_whole(10)], readers).shown) == {"all"}


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (_people(range(10)), True),  # the same
        (_people(range(11)), False),  # one more
        (_people(range(9)), False),  # one fewer
        (_people(range(14)), False),
        (_people(range(1, 11)), False),  # one went and one came
        (_people(range(4, 14)), False),
        (_people(range(5, 15)), True),  # five and five
        (_people(range(5, 14)), False),
        (_people(range(20, 30)), True),  # nobody twice
    ],
)
def test_a_set_of_an_earlier_release_is_the_same_or_at_least_five_apart(
    now: Clients, shown: bool
) -> None:
    found = release([Cell("a", now)], Readers(earlier=[_people(range(10))]))

    assert set(found.shown) == ({"a"} if shown else set())
    if not shown:
        assert found.withheld == {"a": Reason.TOO_LITTLE_CHANGE}


def test_an_earlier_set_within_a_set_must_not_leave_a_few() -> None:
    within = Readers(earlier=[_people(range(10))])

    # However many came: whoever subtracts the earlier figure knows of them, which is allowed only
    # if as many went.
    assert release([_whole(15)], within).shown == {}
    assert release([_whole(30)], within).shown == {}


def test_two_releases_are_also_compared_without_the_clients_a_reader_knows() -> None:
    now, before = _people(range(5, 15)), _people(range(10))
    knows_a_comer = Readers(known=[_people(14)], earlier=[before])
    knows_one_of_both = Readers(known=[_people(7)], earlier=[before])
    knows_another = Readers(known=[_people(40)], earlier=[before])

    assert not knows_a_comer.permit(now)
    assert knows_one_of_both.permit(now)
    assert knows_another.permit(now)
    assert not Readers(known=[_people(2)], earlier=[before]).permit(now)


def test_how_few_are_too_few_may_be_raised() -> None:
    cells = [_whole(14), _cell("a", range(7)), _cell("b", range(7, 14))]

    assert set(release(cells, Readers(least=7)).shown) == {"all", "a", "b"}
    assert set(release(cells, Readers(least=8)).shown) == {"all"}


def _nested(team_of: list[int], therapist_of: list[int]) -> list[Cell]:
    cells = [Cell("all", frozenset(range(len(team_of))))]
    for depth, (name, of) in enumerate([("team", team_of), ("therapist", therapist_of)], 1):
        cells += [
            Cell((name, one), frozenset(n for n, each in enumerate(of) if each == one), depth)
            for one in sorted(set(of))
        ]
    return cells


def _unions(parts: Iterable[Clients], within: Clients) -> Clients:
    return frozenset[object]().union(*(part for part in parts if part <= within))


organisations = st.lists(st.integers(0, 5), min_size=1, max_size=60)
knowing = st.lists(st.frozensets(st.integers(0, 59), max_size=20), max_size=3)


@given(organisations, knowing, st.booleans())
def test_nothing_that_can_be_worked_out_is_about_fewer_than_five(
    therapist_of: list[int], known: list[Clients], hidden: bool
) -> None:
    team_of = [each // 2 for each in therapist_of]
    cells = _nested(team_of, therapist_of)
    if hidden:
        cells = [Cell(c.key, c.clients, c.depth, showable=c.depth < 2) for c in cells]
    readers = Readers(known=known)
    found = release(cells, readers)

    assert set(found.shown) | set(found.withheld) == {cell.key for cell in cells}
    assert not set(found.shown) & set(found.withheld)
    assert sum(map(len, found.parts)) == len(frozenset[object]().union(*found.parts))
    for cell in cells:
        derivable = bool(cell.clients) and _unions(found.parts, cell.clients) == cell.clients
        assert derivable == (cell.key in found.shown)
        assert cell.showable or not derivable
    for told in found.sets:
        assert len(told) >= 5
        assert all(len(told - some) not in range(1, 5) for some in known if some & told)


@given(organisations, st.lists(st.tuples(st.integers(0, 59), st.integers(0, 5)), max_size=8))
def test_a_later_release_tells_of_nobody_by_its_difference_from_an_earlier_one(
    therapist_of: list[int], moved: list[tuple[int, int]]
) -> None:
    def cells(of: list[int]) -> list[Cell]:
        return _nested([each // 2 for each in of], of)

    earlier = release(cells(therapist_of), NOBODY)
    then = list(therapist_of)
    for client, therapist in moved:
        if client < len(then):
            then[client] = therapist
    later = release(cells(then), Readers(earlier=earlier.sets))

    for now in later.sets:
        for before in earlier.sets:
            if now & before and now != before:
                assert min(len(now - before), len(before - now)) >= 5
