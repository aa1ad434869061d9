"""How far an artifact may be from fp32 torch: one table for every head.

A form that misses one of its head's figures is not served, unless an operator forces its precision.
"""

from __future__ import annotations

LABEL_AGREEMENT = 0.99
"""At least this part of the inputs keeps its best label."""
MEAN_SCORE_DIFFERENCE = 0.02
"""At most this far apart are scores (0 to 1) on average."""
