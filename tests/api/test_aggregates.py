"""What is published about many clients: once, frozen, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import errors

from alliance_api.__main__ import main
from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.errors import Refused
from alliance_api.domain.periods import quarter
from tests.house import House
from tests.people import Clinic, Person
from tests.practice import FORM, Q3, Q4, Practice, a_practice

QUERY = """
query($construct: Construct, $team: ID, $period: String, $measure: AggregateMeasure,
      $level: AggregateLevel, $after: String) {
  organisation { aggregates(first: 100, after: $after, construct: $construct, team: $team,
                            period: $period, measure: $measure, level: $level) {
    totalCount
    nodes {
      period startsOn endsOn measure instrumentCode scale informant constructs level
      team { id name } therapist { id } n value step minimum maximum
      interval { lower upper } pooled { value weight interval { lower upper } }
      components { mean between within groups } funnel { lower upper } unusual reason
      publishedAt method { id version } } } } }
"""
FIVE = {"a1": 6, "a2": 6, "a3": 7, "b1": 8, "b2": 9}


def cells(who: Person, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = who.reads(QUERY, **asked)["organisation"]["aggregates"]["nodes"]
    return found


def scores(who: Person, **asked: Any) -> dict[tuple[str, str | None], dict[str, Any]]:
    """Return the cells of scores by level and unit."""
    return {
        (cell["level"], _unit(cell)): cell for cell in cells(who, **{"measure": "SCORE", **asked})
    }


def _unit(cell: dict[str, Any]) -> str | None:
    if cell["therapist"]:
        return str(cell["therapist"]["id"])
    return str(cell["team"]["id"]) if cell["team"] else None


@pytest.fixture
def practice(clinic: Clinic) -> Practice:
    found = a_practice(clinic, **FIVE)
    found.says()
    return found


# --- What is published ----------------------------------------------------------------------


def test_a_manager_sees_the_whole_teams_and_therapists(practice: Practice) -> None:
    assert practice.publishes() == 1 + 2 + 5
    found = scores(practice.clinic.manager)
    whole = found["ORGANISATION", None]

    assert len(found) == 8
    assert all(cell["reason"] is None for cell in found.values())
    assert (whole["n"], whole["period"]) == (35, Q4.name)
    assert (whole["startsOn"], whole["endsOn"]) == (str(Q4.starts_on), str(Q4.ends_on))
    assert (whole["instrumentCode"], whole["scale"], whole["informant"]) == (
        FORM,
        "total",
        "CLIENT",
    )
    assert (whole["minimum"], whole["maximum"]) == (0, 20)
    assert abs(whole["value"] - 7.5) < whole["step"] / 2 + 0.5
    assert whole["interval"]["lower"] < whole["value"] < whole["interval"]["upper"]


def test_therapists_are_pooled_with_their_components_and_never_ranked(practice: Practice) -> None:
    practice.publishes()
    found = cells(practice.clinic.manager, level="THERAPIST")
    ids = [cell["therapist"]["id"] for cell in found]

    assert ids == sorted(ids)
    for cell in found:
        assert cell["components"]["groups"] == 5
        assert 0 <= cell["pooled"]["weight"] <= 1
        assert cell["funnel"]["lower"] < cell["components"]["mean"] < cell["funnel"]["upper"]
        assert cell["unusual"] in (True, False)
        assert cell["n"] == 5
        assert cell["method"] == {"id": "aggregate", "version": "1"}


def test_of_a_withheld_cell_there_is_only_why(clinic: Clinic) -> None:
    practice = a_practice(clinic, a1=12, a2=3, b1=13, b2=12)
    practice.says()
    practice.publishes()
    found = scores(clinic.manager)
    small = found["THERAPIST", practice.therapists["a2"].id]
    nothing = {
        "n",
        "value",
        "step",
        "interval",
        "pooled",
        "components",
        "funnel",
        "unusual",
    }

    assert small["reason"] == "SMALL_CELL"
    assert {small[name] for name in nothing} == {None}
    assert found["THERAPIST", practice.therapists["b1"].id]["reason"] == "TOO_FEW_GROUPS"


def test_a_small_cell_takes_another_with_it(clinic: Clinic) -> None:
    practice = a_practice(clinic, **FIVE, b3=3)
    practice.says()
    practice.publishes()
    found = scores(clinic.manager)
    reasons = {
        name: found["THERAPIST", each.id]["reason"] for name, each in practice.therapists.items()
    }

    assert reasons["b3"] == "SMALL_CELL"
    # One more team member stays hidden; and with five no longer shown, the others do too.
    assert set(reasons.values()) == {"SMALL_CELL", "TOO_FEW_GROUPS"}
    assert found["TEAM", practice.teams["b"]]["reason"] is None


def test_a_total_tells_nothing_that_its_scales_do_not(clinic: Clinic) -> None:
    clinic.house.change(
        "UPDATE instruments SET permission_statement = 'ours' WHERE organisation_id = %s",
        clinic.organisation,
    )
    practice = a_practice(clinic, **FIVE)
    practice.says(form=("wai-sr-c", 12), value=lambda index: 1 + index % 5)
    practice.publishes()
    found = {cell["scale"]: cell for cell in cells(clinic.manager, level="ORGANISATION")}

    assert found["total"]["value"] == pytest.approx(
        sum(found[scale]["value"] for scale in ("goal", "task", "bond")), abs=0.01
    )
    bonds = cells(clinic.manager, level="ORGANISATION", construct="BOND")
    assert {cell["scale"] for cell in bonds} == {"bond", "total"}


def test_a_client_has_one_value_however_often_they_answer(practice: Practice) -> None:
    often = practice.clients["a1"][:1]
    for _ in range(9):
        practice.says(often, value=lambda _: 4)
    practice.publishes()
    [(n, value)] = practice.clinic.rows(
        "SELECT n, value FROM aggregates WHERE organisation_id = %s AND level = 'ORGANISATION' "
        "AND measure = 'SCORE'"
    )

    assert n == 35
    assert value < 9


# --- Once, and frozen -----------------------------------------------------------------------


def test_a_period_is_published_once_and_never_anew(practice: Practice) -> None:
    practice.publishes()
    before = practice.clinic.rows("SELECT * FROM aggregates WHERE organisation_id = %s")
    practice.says(value=lambda _: 4)
    first = practice.everybody[0]
    practice.clinic.house.change("UPDATE scores SET opens_at = NULL WHERE case_id = %s", first[1])

    assert practice.publishes() == 0
    after = practice.clinic.rows("SELECT * FROM aggregates WHERE organisation_id = %s")
    assert sorted(map(str, after)) == sorted(map(str, before))


def test_a_period_that_is_not_over_is_not_published(practice: Practice) -> None:
    with pytest.raises(Refused) as refused:
        practice.publishes(now=Q4.ends_at - timedelta(seconds=1))

    assert refused.value.problems[0].code == "PERIOD_OPEN"
    assert cells(practice.clinic.manager) == []


def test_what_was_said_before_or_after_a_period_is_not_in_it(practice: Practice) -> None:
    practice.says(period=Q3, value=lambda _: 4)
    practice.publishes()
    found = scores(practice.clinic.manager)["ORGANISATION", None]

    assert found["value"] < 9


def test_two_quarters_that_differ_by_one_client_give_nothing(practice: Practice) -> None:
    practice.says(period=Q3)
    practice.publishes(Q3)
    one_more = practice.admit("a1")
    practice.says(one_more)
    practice.publishes(Q4)
    clinic = practice.clinic
    before, now = scores(clinic.manager, period=Q3.name), scores(clinic.manager, period=Q4.name)

    assert before["ORGANISATION", None]["reason"] is None
    assert now["ORGANISATION", None]["reason"] == "TOO_LITTLE_CHANGE"
    assert now["TEAM", practice.teams["a"]]["reason"] == "TOO_LITTLE_CHANGE"
    # The same clients as before: what they say now differs from nothing.
    assert now["TEAM", practice.teams["b"]]["reason"] is None


def test_an_earlier_quarter_may_be_published_later(practice: Practice) -> None:
    practice.says(period=Q3)
    assert practice.publishes(Q4) > 0
    assert practice.publishes(Q3) > 0


# --- Private measurements -------------------------------------------------------------------


def consent(clinic: Clinic, who: list[tuple[Person, Any]]) -> None:
    for client, case in who:
        clinic.house.change(
            "INSERT INTO consents (organisation_id, case_id, kind, given_by, given_at) "
            "VALUES (%s, %s, 'AGGREGATES', %s, now())",
            clinic.organisation,
            case,
            client.uuid,
        )


def test_what_is_private_counts_by_the_clients_consent_only(clinic: Clinic) -> None:
    practice = a_practice(clinic, **FIVE)
    practice.says(disclosure=Disclosure.PRIVATE)
    practice.says(practice.clients["b2"][:2], disclosure=Disclosure.SHARED)
    assert practice.publishes() == 3  # the whole, a team and a therapist, too small to be shown
    assert {cell["reason"] for cell in cells(clinic.manager)} == {"SMALL_CELL"}


def test_a_withdrawn_consent_is_none(clinic: Clinic) -> None:
    practice = a_practice(clinic, **FIVE)
    practice.says(disclosure=Disclosure.PRIVATE)
    consent(clinic, practice.everybody)
    clinic.house.change("UPDATE consents SET withdrawn_at = now()")

    assert practice.publishes() == 0


def test_private_values_by_consent_count_in_the_whole_and_in_no_therapists_figure(
    practice: Practice,
) -> None:
    clinic = practice.clinic
    hidden = [each for name in FIVE for each in practice.admit(name, 5)]
    practice.says(hidden, disclosure=Disclosure.PRIVATE, value=lambda _: 4)
    consent(clinic, hidden)
    practice.publishes()
    found = scores(clinic.manager)

    assert found["ORGANISATION", None]["n"] == 60
    own = scores(practice.therapists["a1"])["THERAPIST", practice.therapists["a1"].id]
    assert own["n"] == 5


def test_one_private_value_is_not_what_a_total_and_the_rest_leave(practice: Practice) -> None:
    clinic = practice.clinic
    one = practice.admit("a1")
    practice.says(one, disclosure=Disclosure.PRIVATE, value=lambda _: 4)
    consent(clinic, one)
    practice.publishes()
    sets = clinic.rows(
        "SELECT clients FROM aggregate_sets WHERE organisation_id = %s AND measure = 'SCORE'"
    )
    hidden = one[0][0].uuid
    whole = {client for (found,) in sets for client in found}

    assert hidden in whole
    for (found,) in sets:
        rest = whole - set(found)
        assert not (hidden in rest and len(rest) < 5)


# --- Who may read it ------------------------------------------------------------------------


def test_a_therapist_sees_their_own_and_the_organisations(practice: Practice) -> None:
    practice.publishes()
    me = practice.therapists["a1"]
    found = scores(me)

    assert set(found) == {("ORGANISATION", None), ("THERAPIST", me.id)}
    assert found["THERAPIST", me.id]["team"]["name"] == "Team a"
    assert scores(me, team=practice.teams["a"]).keys() == {("THERAPIST", me.id)}
    assert scores(me, team=practice.teams["b"]) == {}


def test_nobody_else_sees_any(practice: Practice, house: House) -> None:
    clinic = practice.clinic
    practice.publishes()
    somebody, _ = practice.everybody[0]

    for who in (somebody, clinic.client, clinic.caregiver, clinic.supervisor, clinic.stranger):
        assert cells(who) == []
    assert cells(clinic.manager.can("user/Observation.rs user/EpisodeOfCare.rs")) == []
    assert len(cells(clinic.manager.can("user/MeasureReport.rs"))) > 0
    assert cells(clinic.manager.bound_to(somebody)) == []
    assert cells(practice.therapists["a1"].bound_to(somebody)) == []


def test_another_organisation_sees_none_of_it(practice: Practice, house: House) -> None:
    from tests.people import a_clinic

    practice.publishes()
    assert cells(a_clinic(house).manager) == []


def test_whose_sums_are_known_is_the_engines_own(practice: Practice) -> None:
    import psycopg

    practice.publishes()
    with psycopg.connect(practice.clinic.house.url) as connection:
        for statement in (b"SELECT * FROM aggregate_sets", b"DELETE FROM aggregates"):
            with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)


def test_cells_are_found_by_team_period_and_construct(practice: Practice) -> None:
    clinic, team = practice.clinic, practice.teams["b"]
    practice.publishes()
    of_team = scores(clinic.manager, team=team)

    assert {key[0] for key in of_team} == {"TEAM", "THERAPIST"}
    assert len(of_team) == 3
    assert len(cells(clinic.manager, period=Q4.name)) == 8
    assert cells(clinic.manager, period=Q3.name) == []
    assert len(cells(clinic.manager, construct="EMPATHY")) == 8
    assert cells(clinic.manager, construct="DEPRESSION") == []
    assert cells(clinic.manager, team="team-nonsense") == []


def test_teams_are_known_by_name(practice: Practice) -> None:
    query = "{ organisation { teams { id name } } }"
    found = practice.clinic.client.reads(query)["organisation"]["teams"]

    assert {team["name"] for team in found} == {"Team a", "Team b"}
    [node] = [
        practice.clinic.manager.reads(
            "query($id: ID!) { node(id: $id) { ... on Team { name } } }", id=found[0]["id"]
        )["node"]
    ]
    assert node["name"] == found[0]["name"]


# --- The other measures ---------------------------------------------------------------------


def held(practice: Practice, outcome: str = "KEPT", **delays: float) -> None:
    """Let every client of a practice have had two sessions in the quarter."""
    clinic = practice.clinic
    for name, clients in practice.clients.items():
        for index, (_, case) in enumerate(clients):
            for number in (1, 2):
                start = Q4.starts_at + timedelta(days=7 * number, hours=index)
                [(session,)] = clinic.house.rows(
                    "INSERT INTO sessions (organisation_id, case_id, therapist_id, number, "
                    "planned_start, planned_end, modality, state) "
                    "VALUES (%s, %s, %s, %s, %s, %s, 'VIDEO', 'RECORDED') RETURNING id",
                    clinic.organisation,
                    case,
                    practice.therapists[name].uuid,
                    number,
                    start,
                    start + timedelta(minutes=50),
                )
                clinic.house.change(
                    "INSERT INTO attendance (organisation_id, session_id, case_id, outcome, "
                    "started_at, client_delay, therapist_delay, cancelled_by) "
                    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                    clinic.organisation,
                    session,
                    case,
                    outcome,
                    start if outcome == "KEPT" else None,
                    delays.get("client", 0),
                    delays.get("therapist", 0),
                    None if outcome == "KEPT" else "CLIENT",
                )


def measures(practice: Practice) -> dict[tuple[str, str | None], dict[str, Any]]:
    found = cells(practice.clinic.manager, level="ORGANISATION")
    return {(cell["measure"], cell["informant"]): cell for cell in found}


def test_sessions_kept_and_punctual_are_told_of_each_party(clinic: Clinic) -> None:
    practice = a_practice(clinic, **FIVE)
    held(practice, therapist=20)
    practice.publishes()
    found = measures(practice)

    assert set(found) == {
        (measure, party) for measure in ("KEPT", "PUNCTUAL") for party in ("CLIENT", "THERAPIST")
    }
    for party in ("CLIENT", "THERAPIST"):
        assert found["KEPT", party]["value"] > 0.9
        assert found["KEPT", party]["constructs"] == ["reliability"]
    assert found["PUNCTUAL", "CLIENT"]["value"] > 0.9
    assert found["PUNCTUAL", "THERAPIST"]["value"] < 0.1


def test_what_one_party_missed_is_not_held_against_the_other(clinic: Clinic) -> None:
    practice = a_practice(clinic, **FIVE)
    held(practice, "MISSED")
    practice.publishes()
    found = measures(practice)

    assert found["KEPT", "CLIENT"]["value"] < 0.1
    assert found["KEPT", "THERAPIST"]["value"] > 0.9


def test_promises_due_in_the_quarter_are_told_of_each_party(clinic: Clinic) -> None:
    practice = a_practice(clinic, **FIVE)
    due = Q4.starts_at + timedelta(days=30)
    for client, case in practice.everybody:
        clinic.house.change(
            "INSERT INTO commitments (organisation_id, case_id, owner_id, owner_role, wording, "
            "due_at, made_at, outcome, settled_at) VALUES (%s, %s, %s, 'CLIENT', '', %s, %s, "
            "'KEPT', %s)",
            clinic.organisation,
            case,
            client.uuid,
            due,
            due - timedelta(days=7),
            due,
        )
    practice.publishes()
    [found] = measures(practice).values()

    assert (found["measure"], found["informant"]) == ("FOLLOW_THROUGH", "CLIENT")
    assert (found["n"], found["value"] > 0.9) == (35, True)


def test_goals_that_both_agree_to_are_told(clinic: Clinic) -> None:
    practice = a_practice(clinic, **FIVE)
    with clinic.house.at(Q4.starts_at + timedelta(days=3)):
        for client, _ in practice.everybody:
            case = client.reads("{ viewer { cases { id } } }")["viewer"]["cases"][0]["id"]
            client.done("proposeGoal", "", case=case, wording="Sleep through")
    clinic.house.change("UPDATE goal_stances SET stance = 'AGREE' WHERE role = 'THERAPIST'")
    practice.publishes()
    [found] = measures(practice).values()

    assert (found["measure"], found["constructs"]) == ("AGREED_GOALS", ["goals"])
    assert found["value"] > 0.9


def both_rate(practice: Practice) -> None:
    """Let client and therapist rate a session each, the therapist a little higher."""
    held(practice)
    clinic = practice.clinic
    for name, clients in practice.clients.items():
        therapist = practice.therapists[name]
        for index, (client, case) in enumerate(clients):
            [(session,)] = clinic.rows(
                "SELECT id FROM sessions WHERE organisation_id = %s AND case_id = %s "
                "ORDER BY number LIMIT 1",
                case,
            )
            for who, form, value in (
                (therapist, f"{FORM}-t", index % 4 + index % 2),
                (client, FORM, index % 4),
            ):
                with clinic.house.at(Q4.starts_at + timedelta(days=9)):
                    who.done(
                        "submitMeasurement",
                        "",
                        case=f"case-{case}",
                        instrument=form,
                        session=f"session-{session}",
                        answers=[{"item": n, "value": value} for n in range(1, 6)],
                        disclosure="SHARED",
                    )


def test_agreement_of_clients_and_therapists_is_told_for_the_organisation(clinic: Clinic) -> None:
    practice = a_practice(clinic, **FIVE)
    both_rate(practice)
    practice.publishes()
    [found] = cells(clinic.manager, measure="AGREEMENT_ICC")

    assert found["level"] == "ORGANISATION"
    assert (found["n"], found["instrumentCode"]) == (35, FORM)
    assert 0 < found["value"] <= 0.9
    assert found["interval"]["lower"] <= found["value"] <= found["interval"]["upper"]
    assert found["method"] == {"id": "icc", "version": "1"}
    assert found["pooled"] is None


def test_too_few_dyads_have_no_agreement_to_tell(clinic: Clinic) -> None:
    practice = a_practice(clinic, a1=6, b1=6)
    both_rate(practice)
    practice.publishes()
    [found] = cells(clinic.manager, measure="AGREEMENT_ICC")

    assert (found["reason"], found["value"]) == ("TOO_FEW_GROUPS", None)


# --- The operator's verb --------------------------------------------------------------------


def test_the_operator_publishes_every_organisation_once(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_ADMIN_URL", practice.clinic.house.admin_url)
    assert main(["publish"]) == 0
    assert f" cells of {Q4.name}." in capsys.readouterr().out
    assert len(cells(practice.clinic.manager)) == 8
    assert main(["publish", "--period", Q4.name]) == 0
    assert "nothing that was not published before" in capsys.readouterr().out


@pytest.mark.parametrize("period", ["soon", "2026-13", "2999-Q1"])
def test_the_operator_is_told_what_a_period_is(
    monkeypatch: pytest.MonkeyPatch, house: House, period: str
) -> None:
    monkeypatch.setenv("DATABASE_ADMIN_URL", house.admin_url)
    with pytest.raises(SystemExit, match=r"over|quarter"):
        main(["publish", "--period", period])


def test_the_practice_speaks_of_quarters_that_are_over() -> None:
    assert Q4.is_closed(datetime.now(UTC))
    assert Q3.ends_at == Q4.starts_at
    assert quarter(Q4.name) == Q4
