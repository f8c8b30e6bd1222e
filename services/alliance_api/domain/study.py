"""How well each rule finds made-up ruptures, and how often it cries wolf."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from alliance_api.domain.charts import Limits, limits_before
from alliance_api.domain.ruptures import fall_in_sds
from alliance_api.domain.simulate import Dyad, World, simulate
from alliance_api.domain.statistics import wilson

BETWEEN_SD = 6.0
LONGEST = 6

Score = Callable[[Sequence[float], int], float | None]
