"""The same library over plain resolvers: what graphql-core itself answers, to compare with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
)

from .library import HOST, Mood, unsealed
from .pages import BY_DAY, BY_NAME, BY_TITLE, BY_WRITTEN, ORDERS, Row, page
from .shelves import Rows

KINDS = {"authors": "Author", "books": "Book", "reviews": "Review", "shelves": "Shelf"}


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


class Plain:
    """Resolvers over rows; nothing of onesql is used."""

    def __init__(self, schema: GraphQLSchema, rows: Rows) -> None:
        self.schema = schema
        self.rows = {
            table: [{**row, "_type": KINDS.get(table)} for row in found]
            for table, found in rows.items()
        }
        self.by_id = {row["id"]: row for table in KINDS for row in self.rows[table] if "id" in row}
        self.selected: dict[str, int] = {}
        for row in self.rows["chapters"]:
            row["_type"] = "Chapter"

    def execute(self, document: DocumentNode, variables: dict[str, Any]) -> ExecutionResult:
        return execute_sync(
            self.schema,
            document,
            variable_values=variables,
            field_resolver=self.resolve,
            type_resolver=lambda value, *_: value["_type"],
        )

    def resolve(self, parent: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        name = f"{info.parent_type.name}.{info.field_name}"
        self.selected[name] = self.selected.get(name, 0) + 1
        arguments = {key: value for key, value in arguments.items() if value is not None}
        resolver = getattr(self, f"{info.parent_type.name.lower()}_{snake(info.field_name)}", None)
        if resolver:
            return resolver(parent, arguments)
        if info.field_name == "id":
            return f"{parent['_type'].lower()}-{parent['id']}"
        is_page = info.field_name in parent
        return parent[info.field_name if is_page else snake(info.field_name)]

    # Query and Library

    def query_node(self, _: Any, arguments: Row) -> Row | None:
        return self.named(arguments["id"])

    def query_maybe(self, _: Any, arguments: Row) -> Row | None:
        return self.named(arguments["id"]) if "id" in arguments else None

    def query_book(self, _: Any, arguments: Row) -> Row | None:
        found = self.named(arguments["id"])
        return found if found and found["_type"] == "Book" else None

    def named(self, global_id: str) -> Row | None:
        for row in self.by_id.values():
            if f"{row['_type'].lower()}-{row['id']}" == global_id:
                return row
        return None

    def query_library(self, *_: Any) -> Row:
        return {}

    def query_shelves(self, _: Any, arguments: Row) -> list[Row]:
        found = sorted(self.rows["shelves"], key=lambda row: (row["number"], row["id"]))
        return [row for row in found if arguments.get("name", row["name"]) == row["name"]]

    def query_shelves_like(self, _: Any, arguments: Row) -> list[Row]:
        longest = arguments.get("long", len(arguments["name"]))
        return [row for row in self.query_shelves(None, {}) if len(row["name"]) <= longest]

    def query_authors(self, _: Any, arguments: Row) -> Row:
        found = [
            row for row in self.rows["authors"] if arguments.get("name", row["name"]) == row["name"]
        ]
        return page("authors", found, self.rows["authors"], BY_NAME, arguments)

    def query_works(self, _: Any, arguments: Row) -> list[Row]:
        return works([*self.rows["books"], *self.rows["reviews"]], arguments)

    def query_oldest(self, *_: Any) -> Row:
        return min(self.rows["books"], key=lambda row: (row["added"], row["id"]))

    def query_nobody(self, *_: Any) -> None:
        return None

    def library_today(self, *_: Any) -> Any:
        return HOST["today"]

    def library_opened(self, *_: Any) -> Any:
        return HOST["opened"]

    def library_motto(self, _: Any, arguments: Row) -> str:
        suffix: str = arguments.get("suffix", "")
        return 'Read\'s "on" \\ {}' + suffix

    def library_shelves(self, *_: Any) -> list[Row]:
        return sorted(self.rows["shelves"], key=lambda row: (row["name"], row["id"]))

    def library_newest(self, *_: Any) -> Row:
        return max(self.rows["books"], key=lambda row: (row["added"], row["id"]))

    # Author

    def author_diary(self, author: Row, _: Row) -> str | None:
        return sealed(author["bio"])

    def author_oath(self, author: Row, _: Row) -> str | None:
        return sealed(author["name"])

    def author_moods(self, author: Row, _: Row) -> Any:
        moods = author["moods"]
        return moods and [mood and Mood(mood) for mood in moods]

    def author_greeting(self, author: Row, arguments: Row) -> str | None:
        if "word" not in arguments or "times" not in arguments:
            return None
        handle = author["handle"].upper() if arguments.get("loud") else author["handle"]
        words: str = f"{arguments['word']} " * arguments["times"]
        return words + str(handle)

    def author_profile(self, author: Row, _: Row) -> Row | None:
        return None if author["motto"] is None and author["website"] is None else author

    def profile_author(self, author: Row, _: Row) -> Row:
        return author

    def author_stats(self, author: Row, arguments: Row) -> Row:
        return {"author": author, "arguments": arguments}

    def books_of(self, author: Row, arguments: Row) -> list[Row]:
        found = [row for row in self.rows["books"] if same(row, author, "author_id")]
        if "genre" in arguments:
            found = [row for row in found if row["genre"] == arguments["genre"]]
        if "since" in arguments:
            found = [row for row in found if row["added"] >= arguments["since"]]
        if "search" in arguments:
            found = [row for row in found if arguments["search"] in row["title"]]
        if "ids" in arguments:
            found = [row for row in found if f"book-{row['id']}" in arguments["ids"]]
        return sorted(found, key=lambda row: (row["title"], row["id"]))

    def author_books(self, author: Row, arguments: Row) -> Row:
        order = ORDERS[str(arguments["orderBy"])] if "orderBy" in arguments else BY_TITLE
        found = self.books_of(author, arguments)
        return page("books", found, self.rows["books"], order, arguments)

    def author_latest_book(self, author: Row, arguments: Row) -> Row | None:
        found = self.books_of(author, arguments)
        return max(found, key=lambda row: (row["added"], row["id"]), default=None)

    def author_any_book(self, author: Row, arguments: Row) -> Row | None:
        return next(iter(self.books_of(author, arguments)), None)

    def author_friend(self, author: Row, _: Row) -> Row | None:
        return self.by_id.get(author["friend_id"])

    def author_mentor(self, author: Row, _: Row) -> Row | None:
        return self.by_id.get(author["mentor_id"])

    def author_works(self, author: Row, arguments: Row) -> list[Row]:
        books = [row for row in self.rows["books"] if row["author_id"] == author["id"]]
        reviews = [row for row in self.rows["reviews"] if row["critic_id"] == author["id"]]
        return works([*books, *reviews], arguments)

    def stats_count(self, stats: Row, _: Row) -> int:
        return len(self.books_of(stats["author"], stats["arguments"]))

    def stats_genre(self, stats: Row, _: Row) -> str | None:
        genre: str | None = stats["arguments"].get("genre")
        return genre

    def stats_books(self, stats: Row, arguments: Row) -> list[Row]:
        found = self.books_of(stats["author"], stats["arguments"])
        return found[: arguments.get("limit")]

    def stats_books_of(self, stats: Row, arguments: Row) -> list[Row]:
        outer = {key: value for key, value in stats["arguments"].items() if key != "genre"}
        return self.books_of(stats["author"], {**outer, **arguments})

    def stats_again(self, stats: Row, _: Row) -> Row:
        return stats

    # Book, Chapter, Review, Shelf

    def book_mood(self, book: Row, _: Row) -> Mood | None:
        return book["mood"] and Mood(book["mood"])

    def cover(self, book: Row) -> Row:
        return next((row for row in self.rows["covers"] if row["book_id"] == book["id"]), {})

    def book_cover_colour(self, book: Row, _: Row) -> str | None:
        return self.cover(book).get("colour")

    def book_cover_secret(self, book: Row, _: Row) -> str | None:
        return sealed(self.cover(book).get("colour"))

    def book_cover_pixels(self, book: Row, _: Row) -> int | None:
        return self.cover(book).get("pixels")

    def book_cover_note(self, book: Row, _: Row) -> str | None:
        notes = [row["text"] for row in self.rows["notes"] if row["book_id"] == book["id"]]
        colour = self.cover(book).get("colour")
        return (
            f"{colour}: {notes[0]}"
            if colour is not None and notes and notes[0] is not None
            else None
        )

    def book_by_pages(self, book: Row, _: Row) -> Row:
        return {"value": book["pages"], "what": "pages", "book": book}

    def book_by_length(self, book: Row, _: Row) -> Row:
        return {"value": book["length"], "what": "length", "book": book}

    def measure_called(self, measure: Row, _: Row) -> str:
        return f"{measure['what']} of {measure['book']['title']}"

    def measure_cover_value(self, measure: Row, _: Row) -> int | None:
        return self.cover(measure["book"]).get("pixels")

    def measure_again(self, measure: Row, _: Row) -> Row:
        return self.book_by_length(measure["book"], {})

    def book_author(self, book: Row, _: Row) -> Row | None:
        return self.by_id.get(book["author_id"])

    def book_shelf(self, book: Row, _: Row) -> Row | None:
        return next(
            (
                row
                for row in self.rows["shelves"]
                if (row["tenant"], row["number"]) == (book["tenant"], book["shelf_number"])
            ),
            None,
        )

    def book_topic(self, book: Row, _: Row) -> Row | None:
        return self.by_id.get(book["about_id"])

    def book_main_work(self, book: Row, _: Row) -> Row | None:
        return self.by_id.get(book["main_id"])

    def chapters(self, book: Row) -> list[Row]:
        found = [row for row in self.rows["chapters"] if row["book_id"] == book["id"]]
        return sorted(found, key=lambda row: row["number"])

    def book_chapters(self, book: Row, arguments: Row) -> list[Row]:
        return self.chapters(book)[arguments.get("skip") or 0 :][: arguments.get("limit")]

    def book_last_chapters(self, book: Row, arguments: Row) -> list[Row] | None:
        found = [row for row in self.chapters(book) if row["number"] > 0 and book["in_print"]]
        return found[-arguments.get("limit", 100) :] or None

    def book_reviews(self, book: Row, arguments: Row) -> Row:
        found = [
            row
            for row in self.rows["reviews"]
            if row["book_id"] == book["id"] and row["stars"] >= arguments.get("atLeast", 0)
        ]
        return page("reviews", found, self.rows["reviews"], BY_WRITTEN, arguments)

    def chapter_book(self, chapter: Row, _: Row) -> Row:
        return self.by_id[chapter["book_id"]]

    def review_critic(self, review: Row, _: Row) -> Row | None:
        return self.by_id.get(review["critic_id"])

    def review_book(self, review: Row, _: Row) -> Row:
        return self.by_id[review["book_id"]]

    def shelved(self, shelf: Row) -> list[Row]:
        place = (shelf["tenant"], shelf["number"])
        return [row for row in self.rows["books"] if (row["tenant"], row["shelf_number"]) == place]

    def shelf_book_count(self, shelf: Row, _: Row) -> int:
        return len(self.shelved(shelf))

    def shelf_books(self, shelf: Row, arguments: Row) -> Row:
        return page("books", self.shelved(shelf), self.rows["books"], BY_DAY, arguments)


def sealed(text: str | None) -> str | None:
    if text is not None and unsealed(text) is None:
        raise GraphQLError("It does not open.")
    return None if text is None else unsealed(text)


def same(book: Row, author: Row, key: str) -> bool:
    return bool(book[key] == author["id"])


def works(found: Iterable[Row], arguments: Row) -> list[Row]:
    def key(row: Row) -> Any:
        return row["added"] if row["_type"] == "Book" else row["written"], row["id"]

    return sorted(found, key=key, reverse=True)[: arguments.get("limit")]
