"""Customers of a made-up shop as the trainer sees them."""

from __future__ import annotations

import numpy as np

from trainer.fit import Array


def a_matrix(customers: int, *, seed: int = 7) -> Array:
    """Return R, F, M, U of so many customers: most bought little, a few bought very much."""
    luck = np.random.RandomState(seed)
    orders = np.ceil(luck.lognormal(0.6, 0.8, customers))
    spent = np.round(luck.lognormal(6.5, 1.2, customers), 2)
    days = np.floor(luck.uniform(0, 365, customers))
    products = np.ceil(luck.lognormal(3, 1, customers))
    return np.column_stack([days, orders, spent, products])
