"""How large a number must be to be read from where people sit, and how many rows then fit.

The number now called is D/60 high and at least 75 mm; recent ones D/82 (EN 301 549, 5.1.4: 0.7 degrees) and at least
51 mm (ADA 703.5). A row takes 1.8 times its characters' height. Fonts never shrink, rows do. Lengths in millimetres.
"""

from typing import Final, Literal

from pydantic import Field

from ..schema import Strict

ROW: Final = 1.8
_HIGH: Final = 25.4 * 9 / (16**2 + 9**2) ** 0.5  # of a 16:9 panel, for each inch of its diagonal


class Size(Strict):
    """The panel and where it is seen from."""

    diagonal_in: float = Field(43, ge=3, le=400, description="The panel's diagonal in inches.")
    view_distance_m: float = Field(5, ge=0.3, le=100, description="How far away the last reader sits, in metres.")
    mount: Literal["low", "overhead"] = Field("overhead", description="At eye height, or above people's heads.")

    @property
    def now(self) -> float:
        """How high the number now called must be."""
        return max(75.0, self.view_distance_m * 1000 / 60)

    @property
    def recent(self) -> float:
        """How high the numbers called before must be."""
        return max(51.0, self.view_distance_m * 1000 / 82)

    @property
    def rows(self) -> int:
        """How many rows of recent numbers fit, one below the other; at least 1."""
        return max(1, int(self.diagonal_in * _HIGH / (ROW * self.recent)))
