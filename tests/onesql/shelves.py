"""Tables and rows of the toy library: random, reproducible, and full of awkward texts."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

DDL = """
CREATE TABLE authors (
  tenant text NOT NULL, id uuid PRIMARY KEY, name text COLLATE "C" NOT NULL, handle text NOT NULL,
  bio text, born date, rating float8, awards text[] NOT NULL, nicknames text[], favourites text[],
  moods text[], seen timestamptz[], website text, motto text, friend_id uuid, mentor_id uuid
);
CREATE TABLE books (
  tenant text NOT NULL, id uuid PRIMARY KEY, title text COLLATE "C" NOT NULL, genre text NOT NULL,
  mood text, pages int, price float8 NOT NULL, length int NOT NULL, in_print boolean NOT NULL,
  published timestamptz, bought date, reading interval, tags text[], isbn bigint,
  author_id uuid, shelf_number int, about_id uuid, main_id uuid,
  added timestamptz NOT NULL, added_on date NOT NULL
);
CREATE TABLE covers (
  tenant text NOT NULL, book_id uuid PRIMARY KEY, colour text NOT NULL, pixels int
);
CREATE TABLE notes (tenant text NOT NULL, book_id uuid PRIMARY KEY, text text);
CREATE TABLE chapters (
  tenant text NOT NULL, book_id uuid NOT NULL, number int NOT NULL, title text, words int,
  PRIMARY KEY (book_id, number)
);
CREATE TABLE reviews (
  tenant text NOT NULL, id uuid PRIMARY KEY, book_id uuid NOT NULL, critic_id uuid,
  stars int NOT NULL, text text, written timestamptz NOT NULL
);
CREATE TABLE shelves (
  tenant text NOT NULL, id uuid PRIMARY KEY, number int NOT NULL, name text COLLATE "C" NOT NULL,
  UNIQUE (tenant, number)
);
CREATE INDEX ON books (author_id);
CREATE INDEX ON chapters (book_id);
CREATE INDEX ON reviews (book_id);
"""

AWKWARD = (
    "plain",
    "",
    'say "hi"',
    "it's",
    "back\\slash \\n \\u0041",
    "tab\tline\nreturn\r\x01\x02\x1f\x7f",
    "{} {0} {value} %s %% %(name)s",
    ":name $1 $$ --x /* y */",
    "ünïcödé Ωmega 中文 \u2028\u2029 \ufeff",
    "😀 🧑\u200d🤝\u200d🧑 e\u0301",
    "</script><!-- & ' -->",
    'a|b||c,d;NULL null {a,"b"}',
    "Zebra",
    "apple",
)

Rows = dict[str, list[dict[str, Any]]]


class _Random(random.Random):
    def text(self) -> str:
        words = self.choices(AWKWARD, k=self.choice((1, 1, 1, 2)))
        return " ".join(words)

    def maybe(self, value: Any, chance: float = 0.25) -> Any:
        return None if self.random() < chance else value

    def uuid(self) -> UUID:
        return UUID(int=self.getrandbits(128), version=4)

    def texts(self, *, holes: bool) -> list[str | None]:
        return [self.maybe(self.text(), 0.2 * holes) for _ in range(self.randrange(4))]

    def instant(self) -> datetime:
        # Few instants, so that orders have ties; no half seconds, which round both ways.
        start = datetime(2026, 3, 1, tzinfo=UTC)
        whole = start + timedelta(hours=6 * self.randrange(60))
        return whole + timedelta(microseconds=self.choice((0, 0, 123_456, 700_000)))


def make_rows(seed: int = 7) -> Rows:
    r = _Random(seed)
    rows: Rows = {name: [] for name in TABLES}
    for tenant in ("east", "west"):
        _make_tenant(r, tenant, rows)
    return rows


TABLES = ("authors", "books", "covers", "notes", "chapters", "reviews", "shelves")


def _make_tenant(r: _Random, tenant: str, rows: Rows) -> None:
    shelves = [
        {"tenant": tenant, "id": r.uuid(), "number": number, "name": r.text()}
        for number in range(1, 4)
    ]
    people = [r.uuid() for _ in range(6)]
    authors = [_author(r, tenant, key, people) for key in people]
    books = [_book(r, tenant, people, shelves) for _ in range(20)]
    reviews = [
        {
            "tenant": tenant,
            "id": r.uuid(),
            "book_id": r.choice(books)["id"],
            "critic_id": r.maybe(r.choice(people)),
            "stars": r.randint(1, 5),
            "text": r.maybe(r.text()),
            "written": r.instant(),
        }
        for _ in range(40)
    ]
    for book in books:
        _fill(r, book, rows)
        work = r.choice([r.choice(books)["id"], r.choice(reviews)["id"]])
        book["main_id"] = r.maybe(work, 0.1)
    rows["authors"] += authors
    rows["books"] += books
    rows["reviews"] += reviews
    rows["shelves"] += shelves


def _author(r: _Random, tenant: str, key: UUID, people: list[UUID]) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "id": key,
        "name": r.text(),
        "handle": r.choice(("ann", "bo", "it's {}")),
        "bio": r.maybe(r.text()),
        "born": r.maybe(date(1950, 1, 1) + timedelta(days=r.randrange(20_000))),
        "rating": r.maybe(r.choice((0.1, 3.0, -2.5, 1e-7, 1e21, 123456.789))),
        "awards": r.texts(holes=r.random() < 0.2),
        "nicknames": r.maybe(r.texts(holes=True)),
        "favourites": r.maybe(r.choices(("FICTION", "SCIENCE", "POETRY"), k=r.randrange(3))),
        "moods": r.maybe([r.maybe(r.choice(("calm 'o' meter", "wild"))) for _ in range(2)]),
        "seen": r.maybe([r.maybe(r.instant(), 0.1) for _ in range(r.randrange(3))]),
        "website": r.maybe(r.text(), 0.6),
        "motto": r.maybe(r.text(), 0.5),
        "friend_id": r.maybe(r.choice(people)),
        "mentor_id": r.maybe(r.choice([*people, r.uuid()])),
    }


def _book(
    r: _Random, tenant: str, people: list[UUID], shelves: list[dict[str, Any]]
) -> dict[str, Any]:
    span = timedelta(days=r.randrange(3), hours=r.randrange(24), minutes=r.randrange(60))
    added = r.instant()
    return {
        "tenant": tenant,
        "id": r.uuid(),
        "title": r.text(),
        "genre": r.choice(("FICTION", "SCIENCE", "POETRY")),
        "mood": r.maybe(r.choice(("calm 'o' meter", "wild"))),
        "pages": r.maybe(r.randrange(-5, 2_000)),
        "price": r.choice((1.5, 2.0, 0.1 + 0.2)),
        "length": r.randrange(-1, 3),
        "in_print": r.random() < 0.7,
        "published": r.maybe(r.instant()),
        "bought": r.maybe(date(2024, 2, 28) + timedelta(days=r.randrange(3))),
        "reading": r.maybe(span),
        "tags": r.maybe(r.texts(holes=r.random() < 0.1), 0.05),
        "isbn": r.maybe(r.randrange(10**13)),
        "author_id": r.choice(people),
        "shelf_number": r.maybe(r.choice((1, 2, 3, 9))),
        "about_id": r.maybe(r.choice([*people, *(shelf["id"] for shelf in shelves)])),
        "main_id": None,
        "added": added,
        "added_on": added.date(),
    }


def _fill(r: _Random, book: dict[str, Any], rows: Rows) -> None:
    keys = {"tenant": book["tenant"], "book_id": book["id"]}
    if r.random() < 0.75:
        rows["covers"].append(
            {**keys, "colour": r.text(), "pixels": r.maybe(r.randrange(9_999), 0.15)}
        )
    if r.random() < 0.6:
        rows["notes"].append({**keys, "text": r.maybe(r.text())})
    rows["chapters"] += [
        {
            **keys,
            "number": number,
            "title": r.maybe(r.text(), 0.05),
            "words": r.maybe(r.randrange(9_999)),
        }
        for number in range(r.randrange(6))
    ]


def store(connection: psycopg.Connection[Any], rows: Rows) -> None:
    connection.execute(DDL)
    for table, found in rows.items():
        names = list(found[0])
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(map(sql.Placeholder, names)),
        )
        with connection.cursor() as cursor:
            cursor.executemany(statement, found)


def fetch(connection: psycopg.Connection[Any]) -> Rows:
    """Return all rows as PostgreSQL has them; intervals stay as it prints them."""
    found = {}
    for table in TABLES:
        with connection.cursor(row_factory=dict_row) as cursor:
            cursor.adapters.register_loader("interval", TextLoader)
            found[table] = cursor.execute(
                sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
            ).fetchall()
    return found
