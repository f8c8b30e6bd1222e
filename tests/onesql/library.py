"""A toy schema with every feature of onesql: a library of authors, books and what is said of them.

Rows of two tenants ("east" and "west") share shelf numbers, so a join that forgot the tenant would
double its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType, GraphQLSchema, build_schema

from alliance_api.onesql.rows import object_type
from alliance_api.onesql.sources import (
    Column,
    Computed,
    Connection,
    Filter,
    Inline,
    Join,
    Node,
    Order,
    Source,
    Table,
    Told,
    ToMany,
    ToOne,
    Union,
    UnionList,
)

SDL = Path(__file__).with_name("library.graphql").read_text()


# What the host says, which may change from one request to the next.
HOST: dict[str, Any] = {"today": 'Monday, "open" {{}}', "opened": True}


class Mood(Enum):
    """Stored as another word than its GraphQL name."""

    CALM = "calm 'o' meter"
    WILD = "wild"


class BookOrder(StrEnum):
    TITLE = "TITLE"
    NEWEST = "NEWEST"
    LONGEST = "LONGEST"


PREFIXES = frozenset({"author", "book", "review", "shelf"})


def split(global_id: str) -> tuple[str, str] | None:
    prefix, _, rest = global_id.partition("-")
    try:
        is_canonical = str(UUID(rest)) == rest
    except ValueError:
        return None
    return (prefix, rest) if prefix in PREFIXES and is_canonical else None


def key_of(global_id: object) -> str | None:
    parts = split(str(global_id))
    return parts[1] if parts else None


def keys_of(global_ids: list[str]) -> list[str]:
    return [key for key in map(key_of, global_ids) if key]


TABLES = {
    "Author": Table("authors", prefix="author", subject="id", label="person"),
    "Book": Table(
        "books",
        prefix="book",
        companions={
            "cover": Join("covers", {"id": "book_id"}),
            "note": Join("notes", {"id": "book_id"}, label="note"),
        },
    ),
    "Chapter": Table("chapters"),
    "Review": Table("reviews", prefix="review", label="opinion"),
    "Shelf": Table("shelves", prefix="shelf"),
}

BY_TITLE = Order((("title", "text"), ("id", "uuid")))
NEWEST = Order((("added", "timestamptz"), ("id", "uuid")), descending=True)
LONGEST = Order((("length", "int"), ("price", "float8"), ("id", "uuid")), descending=True)
BY_WRITTEN = Order((("written", "timestamptz"), ("id", "uuid")), descending=True)
BY_NAME = Order((("name", "text"), ("id", "uuid")))
BY_DAY = Order((("added_on", "date"), ("id", "uuid")))

BOOK_ORDERS = {"TITLE": BY_TITLE, "NEWEST": NEWEST, "LONGEST": LONGEST}
GENRE = Filter("genre", "{row}.genre = {value}")
SINCE = Filter("since", "{row}.added >= {value}", "timestamptz")

# What the host opens: a row is sealed by writing it backwards, and Zebras do not open.
SEALED = "{row}.tenant || ' holds ' || {value}"
CLOSED = "Zebra"


async def opened(texts: Sequence[bytes]) -> list[str | None]:
    return [unsealed(text.decode().partition(" holds ")[2]) for text in texts]


def unsealed(text: str) -> str | None:
    return None if CLOSED in text else text[::-1]


SOURCES: dict[str, dict[str, Source]] = {
    "Query": {
        "node": Node("id", split),
        "book": Node("id", split),
        "maybe": Node("id", split),
        "library": Inline(),
        "shelves": ToMany(
            {},
            Order((("number", "int"), ("id", "uuid"))),
            filters=(Filter("name", "{row}.name = {value}"),),
        ),
        "shelvesLike": ToMany(
            {},
            Order((("number", "int"), ("id", "uuid"))),
            filters=(
                Filter("long", "char_length({row}.name) <= {value}", "int"),
                Filter("name", "char_length({row}.name) <= {value}", "int", len, unless="long"),
            ),
        ),
        "authors": Connection({}, BY_NAME, filters=(Filter("name", "{row}.name = {value}"),)),
        "works": UnionList(
            {"Book": ToMany({}, NEWEST), "Review": ToMany({}, BY_WRITTEN)}, limit="limit"
        ),
        "oldest": ToOne(order=Order((("added", "timestamptz"), ("id", "uuid")))),
        "nobody": ToOne(where=("{row}.name = 'nobody {{}}'",)),
    },
    "Library": {
        "motto": Computed("'Read''s \"on\" \\ {{}}' || coalesce({suffix}, '')", {"suffix": "text"}),
        "today": Told(lambda: HOST["today"]),
        "opened": Told(lambda: HOST["opened"], "boolean"),
        "shelves": ToMany({}, Order((("name", "text"), ("id", "uuid")))),
        "newest": ToOne(order=NEWEST),
    },
    "Author": {
        "id": Column("id", prefix="author"),
        "name": Column("name"),
        "bio": Column("bio"),
        "born": Column("born"),
        "rating": Column("rating"),
        "awards": Column("awards"),
        "nicknames": Column("nicknames"),
        "favourites": Column("favourites"),
        "diary": Column("bio", sealed=SEALED),
        "oath": Column("name", sealed=SEALED),
        "moods": Column("moods"),
        "seen": Column("seen"),
        "greeting": Computed(
            "repeat({word} || ' ', {times}) || CASE WHEN {loud} THEN upper({row}.handle)"
            " ELSE {row}.handle END",
            {"word": "text", "times": "int", "loud": "boolean"},
        ),
        "profile": Inline("{row}.motto IS NOT NULL OR {row}.website IS NOT NULL"),
        "stats": Inline(),
        "books": Connection(
            {"id": "author_id"},
            BY_TITLE,
            filters=(
                GENRE,
                Filter("search", "position({value} IN {row}.title) > 0"),
                Filter("ids", "{row}.id = ANY ({value})", "uuid[]", keys_of),
            ),
            order_argument="orderBy",
            orders=BOOK_ORDERS,
        ),
        "latestBook": ToOne({"id": "author_id"}, filters=(GENRE,), order=NEWEST),
        "anyBook": ToOne({"id": "author_id"}, filters=(GENRE,), order=BY_TITLE),
        "friend": ToOne({"friend_id": "id"}),
        "mentor": ToOne({"mentor_id": "id"}),
        "works": UnionList(
            {
                "Book": ToMany({"id": "author_id"}, NEWEST),
                "Review": ToMany({"id": "critic_id"}, BY_WRITTEN),
            },
            limit="limit",
        ),
    },
    "Profile": {
        "website": Column("website"),
        "motto": Column("motto"),
        "author": ToOne({"id": "id"}),
    },
    "Stats": {
        "count": Computed(
            "SELECT count(*) FROM books b WHERE b.author_id = {row}.id"
            " AND ({genre} IS NULL OR b.genre = {genre}) AND ({since} IS NULL OR b.added >= {since})",
            {"genre": "text", "since": "timestamptz"},
        ),
        "genre": Computed("{genre}", {"genre": "text"}),
        "books": ToMany({"id": "author_id"}, BY_TITLE, filters=(GENRE, SINCE), limit="limit"),
        "booksOf": ToMany({"id": "author_id"}, BY_TITLE, filters=(GENRE, SINCE)),
        "again": Inline(),
    },
    "Book": {
        "id": Column("id", prefix="book"),
        "title": Column("title"),
        "genre": Column("genre"),
        "mood": Column("mood"),
        "pages": Column("pages"),
        "price": Column("price"),
        "inPrint": Column("in_print"),
        "published": Column("published"),
        "bought": Column("bought"),
        "reading": Column("reading"),
        "tags": Column("tags"),
        "isbn": Column("isbn"),
        "coverColour": Column("colour", companion="cover"),
        "coverPixels": Column("pixels", companion="cover"),
        "coverNote": Computed(
            "{companion_cover}.colour || ': ' || {companion_note}.text",
            companions=("cover", "note"),
        ),
        "byPages": Inline(names={"what": "pages", "cover": "pixels"}),
        "byLength": Inline(names={"what": "length", "cover": "pixels"}),
        "coverSecret": Column("colour", companion="cover", sealed=SEALED),
        "author": ToOne({"author_id": "id"}),
        "shelf": ToOne({"shelf_number": "number"}),
        "topic": Union({"Author": ToOne({"about_id": "id"}), "Shelf": ToOne({"about_id": "id"})}),
        "mainWork": Union(
            {"Book": ToOne({"main_id": "id"}), "Review": ToOne({"main_id": "id"})},
        ),
        "chapters": ToMany(
            {"id": "book_id"}, Order((("number", "int"),)), limit="limit", skip="skip", expected=3
        ),
        "lastChapters": ToMany(
            {"id": "book_id"},
            Order((("number", "int"),)),
            limit="limit",
            latest=True,
            empty="null",
            where=("{row}.number > 0 AND {outer}.in_print",),
        ),
        "reviews": Connection(
            {"id": "book_id"},
            BY_WRITTEN,
            filters=(Filter("atLeast", "{row}.stars >= {value}", "int"),),
        ),
    },
    "Measure": {
        "value": Column("{what}"),
        "coverValue": Column("{cover}", companion="cover"),
        "called": Computed("'{what} of ' || {row}.title"),
        "again": Inline(names={"what": "length"}),
    },
    "Chapter": {
        "number": Column("number"),
        "title": Column("title"),
        "words": Column("words"),
        "book": ToOne({"book_id": "id"}),
    },
    "Review": {
        "id": Column("id", prefix="review"),
        "stars": Column("stars"),
        "text": Column("text"),
        "written": Column("written"),
        "critic": ToOne({"critic_id": "id"}),
        "book": ToOne({"book_id": "id"}),
    },
    "Shelf": {
        "id": Column("id", prefix="shelf"),
        "name": Column("name"),
        "bookCount": Computed(
            "(SELECT count(*)::text FROM books b"
            " WHERE b.tenant = {row}.tenant AND b.shelf_number = {row}.number)",
            json=True,
        ),
        "books": Connection({"number": "shelf_number"}, BY_DAY),
    },
}

# What PostgreSQL prints is what a server over plain resolvers would print.
SCALARS = {"DateTime": "to_json({value}::timestamptz(0))::text"}


def make_schema() -> GraphQLSchema:
    """Return the schema with sources, ready for onesql and for plain resolvers."""
    schema = build_schema(SDL)
    _scalar(schema, "Date", date.isoformat, date.fromisoformat)
    _scalar(schema, "DateTime", _print_instant, datetime.fromisoformat)
    _scalar(schema, "Duration", str, lambda text: timedelta(seconds=float(text)))
    for name, values in (("Mood", Mood), ("BookOrder", BookOrder)):
        kind = schema.type_map[name]
        assert isinstance(kind, GraphQLEnumType)
        for member in values:
            kind.values[member.name].value = member
    for name, table in TABLES.items():
        schema.type_map[name].extensions["onesql"] = table
    for name, sources in SOURCES.items():
        fields = object_type(schema.type_map[name]).fields
        for field, source in sources.items():
            fields[field].extensions["onesql"] = source
    return schema


def _scalar(schema: GraphQLSchema, name: str, write: Any, read: Any) -> None:
    kind: Any = schema.type_map[name]
    kind.serialize = kind.coerce_output_value = write
    kind.parse_value = kind.coerce_input_value = read


def _print_instant(value: datetime) -> str:
    return (value + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat()
