"""How far an artifact may be from fp32 torch: one table for every head.

A variant that misses one of its head's figures is not served, unless an operator forces its precision.
"""

from __future__ import annotations

LABEL_AGREEMENT = 0.99
"""At least this part of the inputs keeps its best label."""
ORDER_AGREEMENT = 0.95
"""At least this part of the pairs of a query's texts keep their order; many are nearly equal."""
MEAN_SCORE_DIFFERENCE = 0.02
"""At most this far apart are scores (0 to 1) on average."""
ENTITY_AGREEMENT = 0.97
"""At least this part of the entities, of both sides together, have the same characters and type."""
ANSWER_AGREEMENT = 0.95
"""At least this part of the questions keeps its best answer to the character."""
ANSWER_OVERLAP = 0.97
"""At least this much do best answers share on average, by characters (0 to 1)."""
TOP_1_AGREEMENT = 0.95
"""At least this part of the masks keeps its likeliest token; in a whole vocabulary many are nearly equal."""
TOP_5_OVERLAP = 0.9
"""At least this part of the five likeliest tokens stays among them."""
LETTER_AGREEMENT = 0.97
"""At least this part of the frames in which a letter is heard keeps it."""
MIN_COSINE = 0.98
"""No vector turns further away from torch's than this cosine."""
MEAN_COSINE = 0.99
"""The same on average."""
LATENT_ERROR = 0.05
"""Latents are at most this far from torch's, by root mean squares, after the steps of the proof."""
PICTURE_PSNR_DB = 35.0
"""Pixels of 0 to 255 are then off by 4.5 by root mean square, which no eye tells apart."""
