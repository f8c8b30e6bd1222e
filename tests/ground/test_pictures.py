"""Charts as pictures: what is read into them, what they say, and whether one can see it."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from graphql import parse, validate
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.norms import Polarity
from alliance_api.graph.schema import schema
from alliance_api.instruments.loader import load_all
from alliance_api.rest.charts import ink, marks, png, reading, svg, words
from alliance_api.rest.charts.values import (
    Axis,
    Chart,
    Episode,
    Hidden,
    Limits,
    Place,
    Point,
    Series,
)

pytestmark = pytest.mark.ground

START = datetime(2026, 1, 12, 15, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
WHAT_SCREENS_NEED = 11.0


# What a clinic's answer looks like: sums by session, None where there is no rating to see.


def instant(week: float) -> str:
    return (START + timedelta(weeks=week)).isoformat()


def session(number: int, week: float | None = None) -> dict[str, Any]:
    return {"number": number, "plannedStart": instant(number - 1 if week is None else week)}


def rating(number: int, raw: float | None = 14, **given: Any) -> dict[str, Any]:
    found = {"raw": raw, "minimum": 0, "maximum": 20, "reason": None}
    return {**found, "takenAt": instant(number - 1), "session": session(number), **given}


def withheld(number: int, reason: str, **given: Any) -> dict[str, Any]:
    reasons = [{"facet": "ANSWERS", "reason": "PRIVATE"}, {"facet": "SCORES", "reason": reason}]
    found = {"takenAt": instant(number - 1), "session": session(number), "supersededBy": None}
    return {**found, "withheld": reasons, **given}


def trajectory(points: list[dict[str, Any]], **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(
        ("baseline", "centre", "lower", "upper", "falseAlarmRate", "atCeiling")
    )
    return {**found, "reason": "TOO_FEW_SESSIONS", "ruptures": [], "points": points, **given}


def case(
    own: dict[str, Any] | None = None,
    other: dict[str, Any] | None = None,
    kept: int = 0,
    hidden: tuple[dict[str, Any], ...] = (),
    **given: Any,
) -> dict[str, Any]:
    nodes = [{**session(number), "outcome": "KEPT"} for number in range(1, kept + 1)]
    found = {"timeZone": "Europe/Berlin", "sessions": {"nodes": nodes}, "own": own, "other": other}
    rest = {"otherGiven": {"nodes": []}, "labels": {"notice": None}}
    return {**found, "ownGiven": {"nodes": list(hidden)}, **rest, **given}


def read(found: dict[str, Any], code: str = "alliance-check-in", scale: str = "total") -> Chart:
    return reading.chart(code, scale, found)


def rupture(
    start: int, nadir: int, repair: int | None, method: str = "rupture-beyond-noise"
) -> Any:
    at = [None if one is None else {"takenAt": instant(one - 1)} for one in (start, nadir, repair)]
    named = dict(zip(("start", "nadir", "repair"), at, strict=True))
    return {**named, "over": repair is not None, "method": {"id": method}}


# Reading


def test_the_stored_document_is_valid() -> None:
    assert validate(schema(), parse(reading.DOCUMENT)) == []


def test_the_client_comes_first_whichever_form_is_asked_for() -> None:
    mine, theirs = trajectory([rating(1, 3)]), trajectory([rating(1, 5)])
    for code, own, other in (
        ("alliance-check-in", mine, theirs),
        ("alliance-check-in-t", theirs, mine),
    ):
        client, therapist = read(case(own, other), code).series
        assert (client.informant, client.points[0].value) == ("CLIENT", 3)
        assert (therapist.informant, therapist.points[0].value) == ("THERAPIST", 5)


def test_a_form_without_a_counterpart_or_its_scale_stands_alone() -> None:
    assert reading.variables("case-x", "phq-9", "total")["other"] == ""
    assert reading.variables("case-x", "wai-sr-c", "bond")["other"] == ""
    assert reading.variables("case-x", "wai-sr-c", "total")["other"] == "wai-sr-t"
    chart = read(case(trajectory([rating(1)])), "wai-sr-c", "bond")
    assert len(chart.series) == 1
    assert chart.title == "Working Alliance Inventory, Short Revised, client form: bond"


def test_a_line_breaks_where_a_session_has_no_rating() -> None:
    found = case(trajectory([rating(number) for number in (1, 2, 4, 5)]), kept=6)
    [series, _] = read(found).series
    assert [point.joined for point in series.points] == [False, True, False, True]
    axis = read(found).axis
    assert axis
    assert [place.label for place in words.gaps(series, axis)] == ["3", "6"]


def test_without_outcomes_the_numbers_tell_that_there_was_a_session() -> None:
    found = case(trajectory([rating(1), rating(3)]))
    assert [point.joined for point in read(found).series[0].points] == [False, False]


def test_a_session_that_was_moved_stands_where_it_took_place() -> None:
    moved = {"session": session(9, week=1.5), "takenAt": instant(1.6)}
    found = case(trajectory([rating(1), rating(2), rating(9, 12, **moved), rating(3)]), kept=3)
    chart = read(found)
    assert chart.axis
    assert [place.label for place in chart.axis.places] == ["1", "2", "9", "3"]
    assert [point.at.label for point in chart.series[0].points] == ["1", "2", "9", "3"]
    assert [point.joined for point in chart.series[0].points] == [False, True, True, True]


def test_sessions_before_the_first_rating_are_left_out_and_those_after_the_last_are_not() -> None:
    chart = read(case(trajectory([rating(4), rating(5)]), kept=7))
    assert chart.axis
    assert [place.label for place in chart.axis.places] == ["4", "5", "6", "7"]


def test_what_did_not_take_place_is_told_apart_from_what_nobody_rated() -> None:
    found = case(trajectory([rating(1), rating(4)]), kept=4)
    found["sessions"]["nodes"][1]["outcome"] = "MISSED"
    chart = read(found)
    assert chart.axis
    assert [place.label for place in chart.axis.missed] == ["2"]
    assert [place.label for place in words.gaps(chart.series[0], chart.axis)] == ["3"]


def test_ratings_without_a_session_lie_on_their_days() -> None:
    points = [rating(week, session=None) for week in (1, 2, 3, 9)]
    chart = read(case(trajectory(points)))
    assert chart.axis
    assert not chart.axis.of_sessions
    assert (chart.axis.first, chart.axis.last) == (date(2026, 1, 12), date(2026, 3, 9))
    # Three usual intervals are a long gap, as for the limits.
    assert [point.joined for point in chart.series[0].points] == [False, True, True, False]
    assert words.latest(chart.series[0]) == "14 on 9 Mar 2026"


def test_days_are_those_of_the_case_not_of_greenwich() -> None:
    late = rating(1, takenAt="2026-01-12T23:30:00+00:00")
    assert read(case(trajectory([late]))).series[0].points[0].day == date(2026, 1, 13)


def test_what_is_withheld_has_a_place_and_a_reason_unless_a_score_stands_there() -> None:
    hidden = (
        withheld(2, "NOT_YET"),
        withheld(1, "RATE_FIRST"),
        withheld(3, "SCOPE", supersededBy={"id": "measurement-x"}),
    )
    [series, _] = read(case(trajectory([rating(1)]), kept=3, hidden=hidden)).series
    assert [(one.at.label, one.reason) for one in series.hidden] == [("2", "NOT_YET")]


def test_a_rating_without_a_score_is_no_point() -> None:
    points = [rating(1), rating(2, None, reason="TOO_FEW_ANSWERS")]
    [series, _] = read(case(trajectory(points), kept=2)).series
    assert len(series.points) == 1
    assert [one.reason for one in series.hidden] == ["NO_SCORE"]


def test_only_rules_that_look_ahead_mark_ruptures() -> None:
    ruptures = [rupture(2, 2, 3), rupture(2, 2, 3, "rupture-drop-1sd")]
    points = [rating(number) for number in (1, 2, 3)]
    [series, _] = read(case(trajectory(points, ruptures=ruptures), kept=3)).series
    [episode] = series.episodes
    assert episode.repair
    assert (episode.nadir.at.label, episode.repair.at.label) == ("2", "3")


def test_a_fall_is_no_rupture_where_lower_is_better() -> None:
    points = [rating(number) for number in (1, 2, 3)]
    found = case(trajectory(points, ruptures=[rupture(2, 2, 3)]), kept=3)
    assert read(found, "phq-9").series[0].episodes == ()
    assert "upture" not in svg.picture(read(found, "phq-9"))


def test_a_rupture_whose_rating_is_not_there_is_not_drawn() -> None:
    unseen = {**rupture(2, 2, None), "start": None}
    found = case(trajectory([rating(1)], ruptures=[unseen, rupture(7, 7, None)]), kept=1)
    assert read(found).series[0].episodes == ()


def test_the_baseline_ends_with_its_last_rating_not_with_its_last_session() -> None:
    limits = {"baseline": {"n": 5, "provisional": True}, "centre": 14, "lower": 10, "upper": 18}
    points = [rating(number) for number in (1, 2, 4, 5, 7, 8)]
    [series, _] = read(case(trajectory(points, **limits), kept=8)).series
    assert series.limits
    assert series.limits.until == 6


# Words


def a_series(values: list[float], **given: Any) -> Series:
    points = tuple(
        Point(Place(x, str(x + 1)), value, date(2026, 1, 12) + timedelta(weeks=x), joined=x > 0)
        for x, value in enumerate(values)
    )
    found: dict[str, Any] = {"minimum": 0, "maximum": 20, "polarity": Polarity.HIGHER_IS_BETTER}
    return Series("CLIENT", points=points, **{**found, **given})


def a_chart(*series: Series, missed: tuple[int, ...] = ()) -> Chart:
    count = max(len(one.points) for one in series)
    places = tuple(Place(x, str(x + 1)) for x in range(count))
    last = date(2026, 1, 12) + timedelta(weeks=count - 1)
    crossed = tuple(places[x] for x in missed)
    axis = Axis(-0.5, count - 0.5, date(2026, 1, 12), last, places, crossed)
    return Chart("Alliance check-in", series, axis)


LIMITS = Limits(14, 10.25, 17.75, 8, provisional=False, until=7, false_alarm_rate=0.0149)
VALUES = [14.0, 15, 13, 14, 15, 14, 13, 14, 6, 8, 14, 15]


def whole() -> Chart:
    """A chart with everything in it."""
    series = a_series(VALUES, limits=LIMITS)
    fall = Episode(series.points[8], series.points[8], series.points[10], over=True)
    own = a_series(
        VALUES, limits=LIMITS, episodes=(fall,), hidden=(Hidden(Place(3, "4"), "NOT_YET"),)
    )
    other = a_series(VALUES, maximum=30)
    therapist = Series("THERAPIST", 0, 30, Polarity.HIGHER_IS_BETTER, other.points[:4])
    return a_chart(own, therapist, missed=(5,))


def test_the_description_tells_the_story() -> None:
    assert words.description(whole()).replace("\u00a0", " ") == (
        "Sessions 1 to 12, 12 Jan 2026 to 30 Mar 2026. "
        "Client: 12 ratings. Sum score, 0 to 20, higher is better. The latest is 15 in session 12. "
        "Usual 14, limits 10.2 to 17.8. Limits from the first 8 ratings (shaded). "
        "By chance alone 1 rating in 67 falls below. "
        "Rupture from session 9, lowest at 6 in session 9, repaired in session 11 at 14. "
        "Rated, not shown: session 4; opens with the next session. "
        "Therapist: 4 ratings. Sum score, 0 to 30, higher is better. The latest is 14 in session 4. "
        "No limits yet: they need 5 ratings, and there are 4. "
        "No rating that you may see: sessions 5, 7–12. "
        "Did not take place: session 6."
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"no_limits": "CEILING"}, "No limits: the first ratings are all at the top of the scale."),
        ({"no_limits": "NO_VARIATION"}, "No limits: the first ratings do not differ."),
        ({"no_limits": "TOO_FEW_SESSIONS"}, "No limits yet: the ratings lie too far apart."),
        ({"at_ceiling": True}, "Many ratings are at the top of the scale"),
    ],
)
def test_what_is_missing_says_why(given: dict[str, Any], told: str) -> None:
    notes = words.notes(a_series([20.0] * 6, **given))
    assert any(note.text.startswith(told) for note in notes), notes


def test_a_single_rating_is_one_rating() -> None:
    [note] = words.notes(a_series([14.0]))
    assert note.text == "No limits yet: they need 5 ratings, and there is 1."
    assert words.description(a_chart(a_series([14.0]))).startswith("Session 1, 12 Jan 2026. ")


@pytest.mark.parametrize("reason", ["NOT_YET", "RATE_FIRST", "NO_CONSENT", "SCOPE", "PRIVATE"])
def test_an_empty_picture_says_why(reason: str) -> None:
    hidden = tuple(Hidden(Place(x, str(x + 1)), reason) for x in (0, 1, 3))
    chart = Chart("Alliance check-in", (Series("CLIENT", hidden=hidden), Series("THERAPIST")))
    told = words.description(chart)
    assert "Client: rated, not shown: sessions 1, 2, 4; " in told
    assert told.endswith("Therapist: no trajectory that you may see.")
    assert "Nothing to draw" in svg.picture(chart)


def test_a_rupture_that_lasts_says_how_long_one_waited() -> None:
    points = a_series(VALUES).points
    for over, told in ((False, "not repaired yet"), (True, "not repaired within 5 ratings")):
        episode = Episode(points[7], points[8], None, over)
        assert told in words.episode_in_words(episode)
        [*_, note] = words.notes(a_series(VALUES, limits=LIMITS, episodes=(episode,)))
        assert note.text == f"Rupture from session 8: lowest 6 in session 9, {told}."


def test_a_rupture_above_the_limit_that_is_drawn_is_explained() -> None:
    series = a_series(VALUES, limits=LIMITS)
    low, high = series.points[8], series.points[2]
    for nadir, explained in ((low, False), (high, True)):
        told = words.notes(a_series(VALUES, limits=LIMITS, episodes=(Episode(nadir, nadir, None),)))
        assert any("judged by the ratings before it" in note.text for note in told) is explained


def test_a_chance_of_falling_below_is_told_only_where_below_is_bad() -> None:
    told = words.notes(a_series(VALUES, limits=LIMITS, polarity=Polarity.LOWER_IS_BETTER))
    assert [note.text for note in told] == ["Limits from the first 8 ratings (shaded)."]


# Drawing


def tree(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314  (it is our own)


@pytest.mark.parametrize("room", [svg.NARROWEST, 360, 619, 620, svg.USUAL, svg.WIDEST])
def test_every_word_is_on_the_page_and_large_enough_to_read(room: int) -> None:
    root = tree(svg.picture(whole(), room))
    assert float(root.get("width") or 0) == room
    for line in root.iter(f"{SVG}text"):
        told = "".join(line.itertext())
        size = float(line.get("font-size") or root.get("font-size") or 0)
        assert size >= WHAT_SCREENS_NEED, told
        wide = ink.width(told, size, bold=line.get("font-weight") == "600")
        shift = {"middle": 0.5, "end": 1.0}.get(line.get("text-anchor") or "", 0.0)
        left = float(line.get("x") or 0) - shift * wide
        assert left >= 0, told
        assert left + wide <= room, told


def test_lines_of_text_do_not_lie_on_one_another() -> None:
    for room in (360, svg.USUAL):
        boxes = []
        for line in tree(svg.picture(whole(), room)).iter(f"{SVG}text"):
            told = "".join(line.itertext())
            size = float(line.get("font-size") or 12)
            wide = ink.width(told, size) * 0.9
            shift = {"middle": 0.5, "end": 1.0}.get(line.get("text-anchor") or "", 0.0)
            boxes.append(
                (float(line.get("x") or 0) - shift * wide, float(line.get("y") or 0), wide, told)
            )
        boxes.sort(key=lambda box: box[1])
        for (x, y, wide, one), (to_x, to_y, to_wide, other) in pairwise(boxes):
            apart = to_y - y >= 10 or x + wide <= to_x or to_x + to_wide <= x
            assert apart, (room, one, other)


def test_panels_are_side_by_side_where_there_is_room_and_share_one_axis() -> None:
    def places(room: int) -> list[tuple[float, float]]:
        root = tree(svg.picture(whole(), room))
        names = {"Client", "Therapist"}
        lines = [one for one in root.iter(f"{SVG}text") if one.text in names]
        return [(float(one.get("x") or 0), float(one.get("y") or 0)) for one in lines]

    (client, therapist), (above, below) = places(svg.USUAL), places(360)
    assert client[1] == therapist[1]
    assert client[0] < therapist[0]
    assert above[0] == below[0]
    assert above[1] < below[1]


def test_an_image_is_announced_with_its_title_and_its_story() -> None:
    root = tree(svg.picture(whole(), name="one"))
    assert root.get("role") == "img"
    by_id = {one.get("id"): one.text for one in root if one.get("id")}
    assert by_id[root.get("aria-labelledby")] == "Alliance check-in"
    assert by_id[root.get("aria-describedby")] == words.description(whole())


def test_nothing_in_a_picture_is_fetched_or_run_or_styled() -> None:
    drawn = svg.picture(whole())
    assert not re.search(
        r"<(script|style|image|use|foreignObject|a)\b|\bhref|\bon\w+=|url\(", drawn
    )


def test_a_line_is_never_drawn_over_a_gap() -> None:
    found = case(trajectory([rating(number) for number in (1, 2, 4, 5, 7)]), kept=7)
    lines = [one.get("points") for one in tree(svg.picture(read(found))).iter(f"{SVG}polyline")]
    assert [len((line or "").split()) for line in lines] == [2, 2]


def test_each_sign_has_a_shape_of_its_own() -> None:
    shapes = {
        re.sub(r"#[\da-f]{6}", "", sign)
        for sign in (
            marks.score(0, 0, "CLIENT"),
            marks.score(0, 0, "THERAPIST"),
            marks.score(0, 0, "CAREGIVER"),
            marks.rupture(0, 0),
            marks.repair(0, 0),
            marks.hidden(0, 0),
            marks.missed(0, 0),
        )
    }
    assert len(shapes) == 7


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, relative luminance and contrast ratio."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", [marks.PAPER, marks.SHADE])
def test_contrast_is_enough_for_text_and_for_signs(ground: str) -> None:
    for text in (marks.INK, marks.QUIET, marks.LIMIT, marks.FALL_TEXT, marks.MEND_TEXT):
        assert contrast(text, ground) >= 4.5, text
    for colour in marks.LINES.values():
        assert contrast(colour, ground) >= 4.5, colour
    for sign in (marks.FALL, marks.MEND):
        assert contrast(sign, ground) >= 3, sign


numbers = st.integers(0, 20)


@given(
    mine=st.dictionaries(st.integers(1, 40), numbers, max_size=40),
    theirs=st.dictionaries(st.integers(1, 40), numbers, max_size=40),
    hidden=st.sets(st.integers(1, 40), max_size=5),
    kept=st.integers(0, 40),
    room=st.integers(svg.NARROWEST, svg.WIDEST),
)
def test_whatever_was_rated_can_be_drawn(
    mine: dict[int, int], theirs: dict[int, int], hidden: set[int], kept: int, room: int
) -> None:
    own, other = (
        trajectory([rating(at, one[at]) for at in sorted(one)]) if one else None
        for one in (mine, theirs)
    )
    given = tuple(withheld(at, "NOT_YET") for at in hidden)
    root = tree(svg.picture(read(case(own, other, kept, given)), room))
    drawn = [*root.iter(f"{SVG}circle"), *root.iter(f"{SVG}rect")]
    inside = [one for one in drawn if one.find(f"{SVG}title") is not None]
    assert len(inside) == len(mine) + len(theirs)


@pytest.mark.parametrize("room", [320, 760])
def test_what_a_law_wants_passed_on_stands_below_the_picture_and_ends_its_words(room: int) -> None:
    text = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
    for own in (None, trajectory([rating(1), rating(2)])):
        chart = read(case(own, kept=3, labels={"notice": {"text": text}}))
        assert words.description(chart).endswith(f" {text}")
        root = tree(svg.picture(chart, room))
        shown = " ".join(each.text or "" for each in root.iter(f"{SVG}text"))
        assert shown.endswith(text)
        plain = read(case(own, kept=3))
        assert text not in svg.picture(plain, room)


def test_what_an_instrument_is_called_is_escaped() -> None:
    drawn = svg.picture(Chart("R & D <b>", (Series("CLIENT"),)))
    assert "R &amp; D &lt;b&gt;" in drawn
    tree(drawn)


def test_every_instrument_has_a_picture() -> None:
    for code, instrument in load_all().items():
        for scale in instrument.scales:
            chart = read(case(trajectory([rating(1)])), code, scale.key)
            tree(svg.picture(chart, 360))


# PNG


def test_a_picture_is_drawn_with_our_own_letters_only() -> None:
    """No machine's font is looked at, so that a bare container shows the same words."""

    def drawn(word: str) -> bytes:
        picture = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20" '
            f'font-family="{svg._FONTS}"><text y="15">{word}</text></svg>'
        )
        return png.render(picture, 1)

    blank = drawn("")
    seen = {word: drawn(word) for word in ("Allianz", "Żółć", "Ελληνικά", "Русский", "☃")}
    # A box for what the font does not have, and a letter for what it has.
    assert all(one != blank for word, one in seen.items() if word != "☃")
    assert len(set(seen.values())) == len(seen)


def test_a_pictures_words_travel_with_it() -> None:
    plain = png.render('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>', 2)
    found = png.with_words(plain, {"Title": "Ünion", "Description": "Two words"})
    assert "Title\0\0\0en\0\0Ünion".encode() in found
    assert len(found) == len(plain) + 2 * 12 + len("Title\0\0\0en\0\0Ünion".encode()) + len(
        "Description\0\0\0en\0\0Two words"
    )
    assert found.startswith(plain[:33])
    assert found.endswith(plain[33:])


def test_the_fonts_are_those_that_are_told() -> None:
    folder = Path(png.__file__).parent / "fonts"
    told = dict(
        re.findall(
            r"^\| `([\w.-]+)` .*`([0-9a-f]{64})` \|$",
            (folder / "VENDORED.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    assert set(told) == {path.name for path in folder.glob("*.otf")} != set()
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text(encoding="utf-8")
