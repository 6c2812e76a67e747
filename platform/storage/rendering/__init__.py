"""Expressions as SQL: `terms` have values, `relations` compare them, `renderer` walks the tree."""
