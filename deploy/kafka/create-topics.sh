#!/usr/bin/env bash
# Creates the topics of topics.yaml that do not exist yet; what exists is left alone.
# It needs nothing but the Kafka image: where segstream is installed, use `segstream topics create` instead.
#
# Usage: create-topics.sh [BOOTSTRAP_SERVERS] [REPLICATION_FACTOR]
# SEGSTREAM_TOPIC_PREFIX stands in front of every name; KAFKA_TOPICS is the command to call.
set -euo pipefail

bootstrap="${1:-localhost:9092}"
replication="${2:-1}"
kafka_topics="${KAFKA_TOPICS:-/opt/kafka/bin/kafka-topics.sh}"
definitions="$(dirname "$0")/topics.yaml"

# One line a topic: its name, its partitions, then key=value for every setting.
topic_lines() {
  awk '
    /^ *#/ || NF == 0 { next }
    $1 == "-" && $2 == "name:" { if (line != "") print line; line = $3; next }
    $1 == "partitions:" { line = line " " $2; next }
    /^      / { key = $1; sub(/:$/, "", key); line = line " " key "=" $2 }
    END { if (line != "") print line }
  ' "$definitions"
}

topic_lines | while read -r name partitions settings; do
  arguments=()
  for setting in $settings; do
    arguments+=(--config "$setting")
  done
  # Its own input would otherwise be the rest of the list.
  "$kafka_topics" --bootstrap-server "$bootstrap" --create --if-not-exists \
    --topic "${SEGSTREAM_TOPIC_PREFIX:-}$name" --partitions "$partitions" \
    --replication-factor "$replication" "${arguments[@]}" </dev/null
done
