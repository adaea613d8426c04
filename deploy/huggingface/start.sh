#!/bin/sh
# Starts the Space: the dashboard at /, the API below /api, one port. Whatever is written goes to TMPDIR.
#   LISTEN       the address to listen on, all by default: the container has no other way in
#   PORT         the port, 7860 by default: the front matter of README.md says so to Hugging Face
#   DAY_SECONDS  so long a day of the shop lasts, 20 by default: half a year in an hour
set -eu
exec segstream space --host "${LISTEN:-0.0.0.0}" --port "${PORT:-7860}" --day-seconds "${DAY_SECONDS:-20}"
