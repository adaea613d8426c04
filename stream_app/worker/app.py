"""What `faust -A stream_app.worker.app worker` runs: the app, built from the environment."""

from stream_app.settings import load_settings
from stream_app.worker.faust_app import create_app

app = create_app(load_settings())
