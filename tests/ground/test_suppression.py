"""Which cells may be shown: drawn as whole, teams and therapists, by numbers of clients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations, count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.suppression import (
    LEAST_CLIENTS,
    Cell,
    Clients,
    Readers,
    Reason,
    Release,
    release,
)

pytestmark = pytest.mark.ground

NOBODY_KNOWS = Readers()
Drawing = Mapping[str, Mapping[str, int]]


def people(*numbers: int) -> Clients:
    return frozenset(numbers)


def drawn(teams: Drawing) -> list[Cell]:
    """Return the cells of teams with so many clients of each therapist."""
    number = count()
    cells, whole = [], frozenset[int]()
    for team, therapists in teams.items():
        members = frozenset[int]()
        for therapist, size in therapists.items():
            mine = frozenset(next(number) for _ in range(size))
            cells.append(Cell(therapist, mine, 2))
            members |= mine
        cells.append(Cell(team, members, 1))
        whole |= members
    return [Cell("all", whole, 0), *cells]


def shown(teams: Drawing, readers: Readers = NOBODY_KNOWS) -> set[object]:
    return set(release(drawn(teams), readers).shown)


def own(cells: Iterable[Cell]) -> tuple[Clients, ...]:
    """Return what therapists know: their own clients."""
    return tuple(cell.clients for cell in cells if cell.depth == 2)


def test_enough_clients_everywhere_and_everything_is_shown() -> None:
    assert shown({"north": {"a": 5, "b": 6}, "south": {"c": 7}}) == {
        "all",
        "north",
        "south",
        "a",
        "b",
        "c",
    }


def test_four_clients_are_never_shown() -> None:
    found = release(drawn({"north": {"a": 4}}), NOBODY_KNOWS)

    assert not found.shown
    assert not found.parts
    assert set(found.withheld.values()) == {Reason.SMALL_CELL}


def test_a_small_cell_takes_the_smallest_that_will_do_with_it() -> None:
    found = release(drawn({"north": {"a": 9, "b": 3, "c": 6}}), NOBODY_KNOWS)

    assert set(found.shown) == {"all", "north", "a"}
    assert found.withheld == {"b": Reason.SMALL_CELL, "c": Reason.COMPLEMENTARY}


def test_a_small_remainder_of_the_whole_takes_a_team_with_it() -> None:
    assert shown({"north": {"a": 9}, "south": {"b": 3}}) == {"all"}
    assert shown({"north": {"a": 9}, "south": {"b": 3, "c": 2}}) == {"all", "north", "south", "a"}


def test_what_follows_from_others_is_shown_as_well() -> None:
    found = release(drawn({"north": {"a": 8, "b": 5}}), NOBODY_KNOWS)

    assert found.shown["all"] == found.shown["north"]
    assert sorted(found.shown["a"] + found.shown["b"]) == sorted(found.shown["all"])


def test_a_cell_that_must_not_be_derivable_keeps_its_twin_hidden() -> None:
    cells = drawn({"north": {"a": 8}, "south": {"b": 9, "c": 7}})
    hidden = [Cell(c.key, c.clients, c.depth, showable=c.depth < 2) for c in cells]
    found = release(hidden, NOBODY_KNOWS)

    # The north is therapist a alone; the south would leave just the north.
    assert set(found.shown) == {"all"}
    assert found.withheld["a"] is Reason.TOO_FEW_GROUPS
    assert found.withheld["north"] is Reason.COMPLEMENTARY


# --- What readers know ----------------------------------------------------------------------


def test_a_therapist_cannot_take_their_own_clients_from_a_total() -> None:
    teams = {"north": {"a": 7, "b": 3}}
    cells = drawn(teams)

    assert shown(teams) == {"all", "north"}
    # Without the total, what a therapist with enough clients is told isolates nobody.
    assert shown(teams, Readers(known=own(cells))) == {"a"}


def test_a_therapist_may_read_what_they_know_altogether() -> None:
    cells = drawn({"north": {"a": 7, "b": 5}})

    assert set(release(cells, Readers(known=own(cells))).shown) == {"all", "north", "a", "b"}


def test_one_private_value_among_those_a_therapist_knows_is_not_shown() -> None:
    whole = people(*range(8))

    assert Readers(known=(whole,)).permit(whole)
    assert not Readers(known=(whole - {7},)).permit(whole)
    assert Readers(known=(people(1, 2, 3),)).permit(whole)


# --- What was released before ---------------------------------------------------------------


def later(before: Clients, now: Clients, known: tuple[Clients, ...] = ()) -> Release:
    first = release([Cell("all", before)], Readers(known))
    return release([Cell("all", now)], Readers(known, [first.parts]))


def test_two_periods_that_differ_by_one_client_give_nothing() -> None:
    ten = people(*range(10))

    assert later(ten, ten | {10}).withheld == {"all": Reason.TOO_LITTLE_CHANGE}
    assert later(ten, ten - {0}).withheld == {"all": Reason.TOO_LITTLE_CHANGE}
    assert later(ten, (ten - {0}) | {10}).withheld == {"all": Reason.TOO_LITTLE_CHANGE}


def test_the_same_clients_other_clients_and_ten_others_may_follow() -> None:
    ten = people(*range(10))

    assert later(ten, ten).shown
    assert later(ten, people(*range(20, 30))).shown
    assert later(ten, people(*range(5, 15))).shown
    assert later(ten, people(*range(20))).shown
    assert not later(ten, people(*range(4, 14))).shown
    assert not later(ten, people(*range(19))).shown


def test_one_of_a_team_is_not_found_by_adding_up_what_therapists_were_before() -> None:
    before = release(drawn({"north": {"a": 8, "b": 7}}), NOBODY_KNOWS)
    both = people(*range(15))

    assert len(before.parts) == 2
    assert not Readers(earlier=[before.parts]).permit(both | {99})
    assert not Readers(earlier=[before.parts]).permit(both - {0})
    assert Readers(earlier=[before.parts]).permit(both)


def test_what_was_released_before_may_be_released_again_beside_a_whole_that_changed() -> None:
    cells = drawn({"north": {"a": 10, "b": 10}})
    before = release(cells, NOBODY_KNOWS)
    more = [Cell(c.key, c.clients | {99} if c.key != "b" else c.clients, c.depth) for c in cells]
    found = release(more, Readers(earlier=[before.parts]))

    assert set(found.shown) == {"b"}
    assert found.withheld["a"] is Reason.TOO_LITTLE_CHANGE


def test_a_therapist_looks_back_with_what_they_know() -> None:
    mine = people(*range(5))
    before, now = people(*range(10)), people(*range(3), *range(8, 15))

    assert later(before, now).shown
    assert not later(before, now, (mine,)).shown


def test_whom_a_reader_knows_is_taken_off_although_an_earlier_release_was_without_them() -> None:
    before, now = people(*range(5)), people(*range(2, 13))
    mine = people(5)

    assert later(before, now).shown
    assert not later(before, now, (mine,)).shown


def test_a_team_is_not_found_by_adding_up_therapists_who_changed_places() -> None:
    cells = drawn({"north": {"a": 10, "b": 10}})
    before = release(cells, NOBODY_KNOWS)
    a, b = cells[1].clients, cells[2].clients
    moved = frozenset(sorted(a, key=str)[:5])
    back = frozenset(sorted(b, key=str)[:5])
    new = {"a": (a - moved) | back | {99}, "b": (b - back) | moved}
    again = [Cell("all", a | b | {99}), *(Cell(key, found, 2) for key, found in new.items())]
    found = release(again, Readers(earlier=[before.parts]))

    assert found.withheld["all"] is Reason.TOO_LITTLE_CHANGE
    assert not set(found.shown) >= {"a", "b"}


# --- Whatever the numbers -------------------------------------------------------------------

sizes = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 12), min_size=1, max_size=5)
organisations = st.lists(sizes, min_size=1, max_size=4)
# So few parts that every union of them can be looked at.
few = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 12), min_size=1, max_size=4)
small_organisations = st.lists(few, min_size=1, max_size=2)


def numbered(found: list[dict[str, int]]) -> Drawing:
    return {
        f"team {i}": {f"{i}{name}": size for name, size in team.items()}
        for i, team in enumerate(found)
    }


def unions(parts: tuple[Clients, ...], clients: Clients) -> bool:
    return clients == frozenset().union(*(part for part in parts if part <= clients))


@given(organisations, st.booleans())
def test_every_part_has_five_clients_nobody_is_in_two_and_nothing_hidden_is_made_of_them(
    teams: list[dict[str, int]], informed: bool
) -> None:
    cells = drawn(numbered(teams))
    readers = Readers(own(cells)) if informed else NOBODY_KNOWS
    found = release(cells, readers)

    assert sum(map(len, found.parts)) == len(frozenset().union(*found.parts))
    for part in found.parts:
        assert len(part) >= LEAST_CLIENTS
        for known in readers.known:
            assert not 0 < len(part - known) < LEAST_CLIENTS
    for cell in cells:
        assert unions(found.parts, cell.clients) == (cell.key in found.shown)
    assert found.shown.keys() | found.withheld.keys() == {cell.key for cell in cells}


@given(organisations)
def test_the_order_in_which_cells_are_given_decides_nothing(teams: list[dict[str, int]]) -> None:
    cells = drawn(numbered(teams))

    assert release(cells, NOBODY_KNOWS).shown.keys() == (
        release(cells[::-1], NOBODY_KNOWS).shown.keys()
    )


def unions_of(parts: tuple[Clients, ...]) -> Iterable[Clients]:
    for size in range(1, len(parts) + 1):
        for some in combinations(parts, size):
            yield frozenset[object]().union(*some)


@given(small_organisations, organisations, st.booleans())
def test_no_part_of_a_later_release_is_a_union_of_earlier_ones_but_for_a_few(
    first: list[dict[str, int]], second: list[dict[str, int]], informed: bool
) -> None:
    known = own(drawn(numbered(first)))[:2] if informed else ()
    before = release(drawn(numbered(first)), Readers(known))
    found = release(drawn(numbered(second)), Readers(known, [before.parts]))

    for now in found.parts:
        for view in (frozenset[object](), *known):
            near = [then - view for then in unions_of(before.parts) if then & now - view]
            assert min((len((now - view) ^ then) for then in near), default=0) not in range(1, 10)


def test_exactly_five_clients_are_withheld_for_what_they_would_tell_and_not_for_being_few() -> None:
    found = release(drawn({"north": {"a": 5, "b": 3}}), NOBODY_KNOWS)
    assert found.withheld == {"a": Reason.COMPLEMENTARY, "b": Reason.SMALL_CELL}


def test_of_two_cells_that_overlap_the_larger_is_shown_and_the_other_is_not() -> None:
    one, other = people(*range(20)), people(*range(10, 28))
    found = release([Cell("one", one), Cell("other", other)], NOBODY_KNOWS)
    assert found.shown.keys() == {"one"}
    assert found.withheld == {"other": Reason.COMPLEMENTARY}


def test_whom_a_reader_knows_in_both_releases_is_taken_off_both() -> None:
    then = people(*range(20))
    now = then | people(*range(20, 32))
    # Twelve are new, of whom this reader knows eight: four are left. Three of the others are theirs too.
    mine = people(0, 1, 2, *range(20, 28))
    assert not Readers((), [[then]]).repeat(now)
    assert Readers((mine,), [[then]]).repeat(now)


def test_two_parts_of_which_most_are_there_are_both_in_the_nearest_union() -> None:
    larger, smaller = people(*range(9)), people(*range(10, 15))
    # Five of nine and four of five: the union of both differs in four and one, and four are new.
    now = people(*range(5), *range(10, 14), *range(20, 24))
    assert Readers((), [[larger, smaller]]).repeat(now)
    assert not Readers((), [[larger, smaller]]).repeat(now | people(24))
