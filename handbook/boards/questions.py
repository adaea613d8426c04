"""Questions to Prometheus that several panels ask."""

from __future__ import annotations

GROUP = 'consumergroup=~"$consumergroup",topic=~"$topic"'


def quantile(share: float, metric: str) -> str:
    """Return a quantile of a histogram over five minutes."""
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket[5m])))"


def counted(metric: str, label: str, time: str = "5m") -> str:
    """Return how often something happened in a time, by a label; 0 when it never did."""
    return f"sum by ({label}) (increase({metric}[{time}])) or vector(0)"
