"""The page on which people try functions: ``make ui``."""
