#!/bin/sh
# Asks the services of docker-compose.yml, once they run, what a user would ask; needs curl and the published ports.
set -eu
worker=${WORKER:-http://127.0.0.1:6066} api=${API:-http://127.0.0.1:8000} dashboard=${DASHBOARD:-http://127.0.0.1:8501}

ask() { curl -sSf --max-time 10 "$@"; }
until_it_says() { # what, words, curl's arguments…
	what=$1 words=$2; shift 2
	for _ in $(seq 60); do
		if ask "$@" 2> /dev/null | grep -q "$words"; then echo "✓ $what"; return; fi
		sleep 2
	done
	echo "✗ $what: no $words from $*" >&2
	ask "$@" >&2 || true
	exit 1
}

until_it_says "a worker is ready" '"status": *"ready"' "$worker/readyz"
until_it_says "the API is ready" . "$api/readyz"
until_it_says "a prediction is answered" '"segment"' -X POST "$api/predict" \
	-H 'content-type: application/json' \
	-d '{"Recency": 15, "Frequency": 50, "Monetary": 1200.5, "Unique_Products": 10}'
until_it_says "segments have customers" '"customers": *[1-9]' "$api/segments"
until_it_says "changes are streamed" '^data:' --no-buffer --max-time 8 "$api/changes?since=beginning"
until_it_says "the dashboard answers" ok "$dashboard/_stcore/health"
[ -n "${OBSERVABILITY:-}" ] || exit 0
until_it_says "Prometheus reads a worker" '"value":\[[0-9.]*,"[1-9]' \
	'http://127.0.0.1:9090/api/v1/query?query=count(segstream_ready==1)'
until_it_says "Grafana has its dashboards" 'segstream' http://127.0.0.1:3000/api/search
