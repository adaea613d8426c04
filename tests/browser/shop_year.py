"""A made-up shop's two years in a file: regulars, occasional buyers, and many who came once."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

COLUMNS = {
    "order_id": "order", "customer_id": "customer", "product_id": "product", "quantity": "pieces",
    "unit_price": "price", "ordered_at": "time",
}  # fmt: skip
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 540


def a_year(folder: Path, customers: int, seed: int = 11) -> Path:
    """Return a CSV file with the orders of so many customers, the same for the same arguments."""
    luck = random.Random(seed)
    rows = []
    for number in range(customers):
        zeal = luck.paretovariate(1.2)
        day = luck.uniform(0, DAYS * 0.8)
        rhythm = max(3.0, 70 / zeal)
        taste = [f"P{luck.randrange(400)}" for _ in range(3 + int(zeal * 6))]
        while day < DAYS:
            order_id = f"O{number}-{len(rows)}"
            at = (BEGIN + timedelta(days=day)).isoformat()
            for product in luck.sample(taste, min(len(taste), luck.randint(1, 5))):
                price = f"{luck.lognormvariate(2.2, 0.7):.2f}"
                rows.append((order_id, f"C{number:04d}", product, luck.randint(1, 3), price, at))
            day += luck.expovariate(1 / rhythm)
            # Some lose interest for good.
            if luck.random() < 0.06:
                break
    path = folder / "shop.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.values())
        writer.writerows(sorted(rows, key=lambda row: row[-1]))
    return path
