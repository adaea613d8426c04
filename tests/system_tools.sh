#!/bin/sh
# Brings Chromium and Prometheus for the tests: installed by apt as root, unpacked into .tools without.
# Nothing is done where they are there already. Without apt their tests skip, except in CI.
set -eu
cd "$(dirname "$0")/.."
into=.tools/debian

if [ -x "$into/usr/lib/chromium/chromium" ] && [ -x "$into/usr/bin/promtool" ]; then exit 0; fi
# SEGSTREAM_UNPACK=1 unpacks in any case, to try that way out.
if command -v chromium > /dev/null && command -v promtool > /dev/null && [ -z "${SEGSTREAM_UNPACK:-}" ]; then exit 0; fi

missing() {
	echo "Chromium or Prometheus is missing, and $1: their tests are skipped." >&2
	[ -z "${CI:-}" ] || exit 1
	exit 0
}

command -v apt-get > /dev/null || missing "there is no apt-get"
wanted="chromium prometheus fonts-dejavu-core"
if [ "$(id -u)" = 0 ] && [ -z "${SEGSTREAM_UNPACK:-}" ]; then
	echo "Installing Chromium and Prometheus for the tests, once: about 150 MB to fetch"
	apt-get update -qq || missing "apt-get update failed"
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted > /dev/null || missing "apt-get install failed"
	exit 0
fi

echo "Unpacking Chromium and Prometheus into $into for the tests, once: about 150 MB to fetch"
here="$(pwd)/.tools/apt"
mkdir -p "$here/lists/partial" "$here/cache/archives/partial" "$here/debs"
apt="-o Dir::State::lists=$here/lists -o Dir::Cache=$here/cache -o APT::Sandbox::User="
apt-get $apt update -qq || missing "apt-get update failed"
# With what they need and this machine has not.
names=$(apt-get $apt install -s --no-install-recommends $wanted | awk '/^Inst / {print $2}')
(cd "$here/debs" && apt-get $apt download -qq $names) || missing "apt-get download failed"
mkdir -p "$into.new"
for deb in "$here"/debs/*.deb; do dpkg -x "$deb" "$into.new"; done
mv "$into.new" "$into"
rm -rf "$here"
