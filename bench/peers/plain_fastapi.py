"""What tutorials serve: FastAPI and a pickled scikit-learn pipeline. `-m bench.peers.plain_fastapi FILE PORT`."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler


class Customer(BaseModel):
    """The four numbers."""

    Recency: int
    Frequency: int
    Monetary: float
    Unique_Products: int


def pickled(rows: Any, file: Path) -> Any:
    """Fit a pipeline of four segments, pickle it, and return it."""
    steps = (FunctionTransformer(np.log1p), StandardScaler(), PCA(2), KMeans(4, n_init=3, random_state=1))
    pipeline = make_pipeline(*steps).fit(rows)
    file.write_bytes(pickle.dumps(pipeline))
    return pipeline


def create_app(file: Path) -> FastAPI:
    """Return the application of the tutorials."""
    pipeline = pickle.loads(file.read_bytes())  # noqa: S301  our own file, and the point of the comparison
    app = FastAPI()

    @app.post("/predict")
    def predict(customer: Customer) -> dict[str, int]:
        row = [[customer.Recency, customer.Frequency, customer.Monetary, customer.Unique_Products]]
        return {"segment": int(pipeline.predict(np.array(row))[0])}

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(Path(sys.argv[1])), port=int(sys.argv[2]), access_log=False, log_level="error")
