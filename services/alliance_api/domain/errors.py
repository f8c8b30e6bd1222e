"""What a verb says when it refuses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a request was not carried out.

    `code` is UPPER_SNAKE and stable. `message` says what to do next and never repeats what was
    given, because messages travel into logs. `field` is the path of the argument, spelled as
    in the domain: `answers[3].value`, `planned_end`.
    """

    code: str
    message: str
    field: str | None = None


class Refused(Exception):  # noqa: N818 - a refusal is an expected outcome, not an error
    """An expected failure of a verb, with every problem found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems


def refuse_if(problems: tuple[Problem, ...]) -> None:
    """Raise `Refused` when there is at least one problem."""
    if problems:
        raise Refused(problems)
