"""What people write in their own words: sealed in the tables, plain for whoever may read it."""

from __future__ import annotations

import json
import logging
from typing import Any
from uuid import UUID

import pytest

from alliance_api.store.words import COMMENT, PLACES, WORDING
from chassis.masters import Ring, parse
from chassis.vault import PREFIX
from tests.builders import DAY, HOUR, Story, a_case, answers, instant, now
from tests.house import EVERYTHING
from tests.people import Clinic, a_clinic

# Everything that JSON escapes, and everything that it does not.
TEXT = 'Say "no" \\ once \\u0041 a day\n\tÜbung 中文 😀 \u2028 {"a": 1} </script> & \x7f'
ALLOWED = TEXT.replace("\x7f", "")
READ = """query($id: ID!) { case(id: $id) {
  goals { wording history { wording } levels { wording } }
  commitments { wording }
  measurements(first: 9) { nodes { comment } }
} }"""


def write_everything(clinic: Clinic, text: str) -> Story:
    """Let the client, the therapist and a clinician write the same in every place there is."""
    clinic.with_offices()
    story = a_case(clinic).with_sessions("k")
    levels = [{"level": 0, "wording": text}]
    case = {"case": story.case_id}
    given = {"instrument": "alliance-check-in", "session": story.sessions[0], "answers": answers(3)}
    clinic.client.done("submitMeasurement", "", **case, **given, comment=text, disclosure="SHARED")
    clinic.client.done("proposeGoal", "", **case, wording=text, levels=levels)
    clinic.client.done("makeCommitment", "", **case, wording=text, dueAt=instant(now() + DAY))
    clinic.therapist.done("writeNote", "", **case, body=text)
    clinic.house.change(
        "UPDATE standing SET ends_at = starts_at WHERE organisation_id = %s "
        "AND relation = 'BREAK_GLASS'",
        clinic.organisation,
    )
    clinic.clinician.can(f"{EVERYTHING} break_glass").done("breakGlass", "", **case, reason=text)
    return story


def stored(clinic: Clinic) -> dict[str, str]:
    """Return the text that each place holds."""
    found = {}
    for place in PLACES:
        [(text,)] = clinic.rows(
            f"SELECT {place.column} FROM {place.table} WHERE organisation_id = %s"
        )
        found[place.name] = text
    return found


def test_every_place_is_sealed_in_the_table_and_reads_as_it_was_written(clinic: Clinic) -> None:
    story = write_everything(clinic, ALLOWED)
    for name, text in stored(clinic).items():
        assert text.startswith(PREFIX), name
        assert "Übung" not in text, name
    found = clinic.client.reads(READ, id=story.case_id)["case"]
    assert found == {
        "goals": [
            {
                "wording": ALLOWED,
                "history": [{"wording": ALLOWED}],
                "levels": [{"wording": ALLOWED}],
            }
        ],
        "commitments": [{"wording": ALLOWED}],
        "measurements": {"nodes": [{"comment": ALLOWED}]},
    }
    notes = clinic.therapist.reads(
        "query($id: ID!) { case(id: $id) { notes { nodes { body } } } }", id=story.case_id
    )
    assert notes["case"]["notes"]["nodes"] == [{"body": ALLOWED}]
    broken = clinic.officer.reads("{ organisation { emergencies { nodes { reason } } } }")
    assert broken["organisation"]["emergencies"]["nodes"] == [{"reason": ALLOWED}]


def test_no_byte_of_it_is_in_any_table(clinic: Clinic) -> None:
    write_everything(clinic, "Unmistakable canary of the sea")
    for table in clinic.house.tables():
        asked = f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%%nmistakable%%'"
        assert clinic.house.rows(asked) == [(0,)], table


def test_the_payload_of_a_mutation_shows_the_text(clinic: Clinic) -> None:
    made = clinic.client.done("proposeGoal", "wording", case=clinic.case_id, wording=ALLOWED)
    assert made["wording"] == ALLOWED


def test_the_same_text_is_never_stored_twice_the_same(clinic: Clinic) -> None:
    for _ in range(2):
        clinic.client.done("proposeGoal", "", case=clinic.case_id, wording=ALLOWED)
    rows = clinic.rows("SELECT wording FROM goal_versions WHERE organisation_id = %s")
    assert len(set(rows)) == 2


# What does not open


def unreadable(clinic: Clinic, goal: str) -> dict[str, Any]:
    """Read a goal's wording, which must be null with an error at its place."""
    reply = clinic.client.asks(
        "query($id: ID!) { node(id: $id) { ... on Goal { wording state } } }", id=goal
    )
    assert reply.status == 200
    assert reply.body["data"] == {"node": {"wording": None, "state": "PROPOSED"}}
    [error] = reply.body["errors"]
    assert error["path"] == ["node", "wording"]
    assert error["extensions"] == {"code": "UNREADABLE"}
    found: dict[str, Any] = error
    return found


def two_goals(clinic: Clinic) -> tuple[str, str]:
    made = [
        clinic.client.done("proposeGoal", "", case=clinic.case_id, wording=wording)["id"]
        for wording in ("Sleep", "Eat")
    ]
    return made[0], made[1]


def put(clinic: Clinic, goal: str, text: str) -> None:
    clinic.house.change(
        "UPDATE goal_versions SET wording = %s WHERE organisation_id = %s AND goal_id = %s",
        *(text, clinic.organisation, UUID(goal[-36:])),
    )


def wording(clinic: Clinic, goal: str) -> str:
    [(found,)] = clinic.rows(
        "SELECT wording FROM goal_versions WHERE organisation_id = %s AND goal_id = %s",
        UUID(goal[-36:]),
    )
    return str(found)


def test_a_text_that_was_moved_to_another_row_does_not_open(clinic: Clinic) -> None:
    one, other = two_goals(clinic)
    put(clinic, one, wording(clinic, other))
    unreadable(clinic, one)


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text[:-2] + ("AA" if text[-2:] != "AA" else "BB"),
        lambda text: text[:-8],
        lambda text: PREFIX,
        lambda text: "what somebody put there in plain",
        lambda text: 'a|b|c "quoted" \\ \x02 \x01',
        lambda text: text.replace(":1:", ":2:"),
    ],
    ids=["a byte", "an end", "nothing", "plain", "awkward", "another version"],
)
def test_a_text_that_was_changed_does_not_open(clinic: Clinic, changed: Any) -> None:
    goal, _ = two_goals(clinic)
    put(clinic, goal, changed(wording(clinic, goal)))
    unreadable(clinic, goal)


def test_another_persons_key_does_not_open_it(clinic: Clinic) -> None:
    goal, _ = two_goals(clinic)
    clinic.therapist.done("proposeGoal", "", case=clinic.case_id, wording="Talk")
    swap = (
        "UPDATE person_keys k SET wrapped = o.wrapped FROM person_keys o "
        "WHERE k.organisation_id = %s AND o.organisation_id = k.organisation_id "
        "AND k.person_id = %s AND o.person_id = %s"
    )
    assert clinic.house.change(swap, clinic.organisation, clinic.client.uuid, clinic.therapist.uuid)
    unreadable(clinic, goal)


def test_a_key_and_a_text_of_another_organisation_do_not_open_here(clinic: Clinic) -> None:
    elsewhere = a_clinic(clinic.house)
    goal, _ = two_goals(clinic)
    theirs, _ = two_goals(elsewhere)
    take = (
        "UPDATE person_keys k SET wrapped = o.wrapped, master = o.master FROM person_keys o "
        "WHERE k.organisation_id = %s AND k.person_id = %s AND o.organisation_id = %s "
        "AND o.person_id = %s"
    )
    people = (clinic.organisation, clinic.client.uuid)
    clinic.house.change(take, *people, elsewhere.organisation, elsewhere.client.uuid)
    put(clinic, goal, wording(elsewhere, theirs))
    unreadable(clinic, goal)


def test_it_is_logged_without_a_word_of_it(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    goal, _ = two_goals(clinic)
    put(clinic, goal, "what somebody put there")
    with caplog.at_level(logging.ERROR):
        error = unreadable(clinic, goal)
    [record] = [each for each in caplog.records if each.name == "chassis.vault"]
    assert record.getMessage() == "vault.unopened"
    assert (record.__dict__["error.type"], record.__dict__["rows"]) == ("DoesNotOpen", 1)
    assert "somebody" not in json.dumps(error) + caplog.text


def test_other_texts_of_the_same_answer_are_read_all_the_same(clinic: Clinic) -> None:
    one, _ = two_goals(clinic)
    put(clinic, one, "plain")
    body = clinic.client.asks(
        "query($id: ID!) { case(id: $id) { goals { wording } } }", id=clinic.case_id
    ).body
    assert body["data"]["case"]["goals"] == [{"wording": None}, {"wording": "Eat"}]
    assert [error["path"] for error in body["errors"]] == [["case", "goals", 0, "wording"]]


# What only looks like it


@pytest.mark.parametrize(
    "name",
    [
        "\x020{}\x02",
        '\x020"{}"\x02',
        "\\u00020{}\\u0002",
        "{}",
        "\x010u\x01{}",
    ],
)
def test_a_name_that_imitates_a_sealed_text_stays_a_name(clinic: Clinic, name: str) -> None:
    goal, _ = two_goals(clinic)
    [(key,)] = clinic.rows(
        "SELECT master || '|' || wrapped FROM person_keys WHERE organisation_id = %s"
    )
    place = WORDING.about(goal[-36:], 1).decode()
    forged = name.format(f"{clinic.client.uuid}|{key}|{place}|{wording(clinic, goal)}")
    clinic.house.change(
        "UPDATE organisations SET name = %s WHERE organisation_id = %s", forged, clinic.organisation
    )
    seen = clinic.client.reads(
        "query($id: ID!) { organisation { name } case(id: $id) { goals { wording } } }",
        id=clinic.case_id,
    )
    assert seen["organisation"]["name"] == forged
    assert [found["wording"] for found in seen["case"]["goals"]] == ["Sleep", "Eat"]


# Keys


def test_a_person_has_one_key_however_many_requests_come_at_once(clinic: Clinic) -> None:
    from tests.people import mutation_text, with_key

    text = mutation_text("proposeGoal", "wording")
    given = {"case": clinic.case_id}
    requests = [
        clinic.client.request(text, input=with_key({**given, "wording": f"Goal {number}"}))
        for number in range(16)
    ]
    replies = clinic.house.together(requests)
    seen = {reply.data["proposeGoal"]["goal"]["wording"] for reply in replies}
    assert seen == {f"Goal {number}" for number in range(16)}
    assert clinic.rows("SELECT count(*) FROM person_keys WHERE organisation_id = %s") == [(1,)]


def test_a_master_that_is_put_first_is_used_at_once(clinic: Clinic) -> None:
    house = clinic.house
    ring = parse(house.masters.read_text())
    try:
        clinic.client.done("proposeGoal", "", case=clinic.case_id, wording="Sleep")
        ring.with_new("second", bytes(range(32))).write(house.masters)
        clinic.therapist.done("proposeGoal", "", case=clinic.case_id, wording="Eat")
        made = dict(
            clinic.rows("SELECT person_id, master FROM person_keys WHERE organisation_id = %s")
        )
        assert made[clinic.therapist.uuid] == "second"
        assert made[clinic.client.uuid] == ring.current
        seen = clinic.client.reads(
            "query($id: ID!) { case(id: $id) { goals { wording } } }", id=clinic.case_id
        )
        assert len([goal for goal in seen["case"]["goals"] if goal["wording"]]) == 2
    finally:
        Ring(ring.with_new("second", bytes(range(32)))._keys).write(house.masters)


def test_the_hash_of_an_input_is_keyed_so_that_nobody_can_try_out_what_it_says(
    clinic: Clinic,
) -> None:
    import hashlib

    import orjson

    given = {"case": clinic.case_id, "wording": "Sleep", "idempotencyKey": "one"}
    clinic.client.done("proposeGoal", "", **given)
    [(hashed,)] = clinic.rows("SELECT input_hash FROM idempotency_keys WHERE organisation_id = %s")
    plain = {"case": clinic.case_id, "wording": "Sleep", "idempotency_key": "one"}
    for guess in (given, plain):
        text = orjson.dumps(guess, option=orjson.OPT_SORT_KEYS)
        assert hashlib.sha256(text).hexdigest() != hashed
    assert COMMENT.name not in hashed
    # And the same input is known again.
    assert clinic.client.does("proposeGoal", "", **given).data["proposeGoal"]["problems"] == []


def test_a_plan_without_words_asks_for_no_key(clinic: Clinic) -> None:
    from evidence.one_statement import relayed

    assert HOUR
    with relayed(clinic.house.admin_url) as through:
        other = a_clinic(through)
        through.relay.taken()
        other.client.reads("query($id: ID!) { case(id: $id) { status } }", id=other.case_id)
        assert not any("person_keys" in text for text in through.relay.taken().statements)
        other.client.reads(
            "query($id: ID!) { case(id: $id) { goals { wording } } }", id=other.case_id
        )
        assert sum("person_keys" in text for text in through.relay.taken().statements) == 1
