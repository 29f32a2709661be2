#!/usr/bin/env bash
# Links libmicrohttpd, which `argonne serve` is built on, into .deps/libmicrohttpd as include/ and lib/: the system's where its headers are
# installed, else the one of the distribution's archive (Debian, Ubuntu), unpacked into the cache. Needs no root and installs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$(realpath -m "${XDG_CACHE_HOME:-$HOME/.cache}/argonne/libmicrohttpd")
mkdir -p "$cache" .deps
is_whole() { [ -e "$1/include/microhttpd.h" ] && [ -e "$1/lib/libmicrohttpd.so" ]; }
fail() { echo "error: $1; install libmicrohttpd's development package (Debian: libmicrohttpd-dev) and run this again" >&2; exit 1; }
if is_whole .deps/libmicrohttpd; then exit 0; fi

origin=archive
if pkg-config --exists libmicrohttpd 2> /dev/null; then origin=system; fi
place=$cache/$origin
if ! is_whole "$place"; then
  work=$(mktemp -d "$cache/.fetch-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/tree/include" "$work/tree/lib"
  if [ $origin = system ]; then
    ln -s "$(pkg-config --variable=includedir libmicrohttpd)/microhttpd.h" "$work/tree/include"
    ln -s "$(pkg-config --variable=libdir libmicrohttpd)"/libmicrohttpd.so* "$work/tree/lib"
  else
    command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || fail "libmicrohttpd is not installed, and there is no apt-get to fetch it"
    echo "fetching libmicrohttpd"
    # The system's package lists may be empty, and are root's; so apt keeps lists of its own in the work folder.
    mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
    apt=(apt-get -qq -o "Dir::State=$work/state" -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=)
    (
      cd "$work" && "${apt[@]}" update && "${apt[@]}" download libmicrohttpd-dev \
        && "${apt[@]}" download "$(dpkg-deb -f libmicrohttpd-dev_*.deb Depends | grep -o 'libmicrohttpd[0-9][a-z0-9]*')" \
        && for package in *.deb; do dpkg-deb -x "$package" root || exit; done \
        && cp root/usr/include/microhttpd.h tree/include && cp -P root/usr/lib/*/libmicrohttpd.so* tree/lib
    ) > "$work/log" 2>&1 || { cat "$work/log" >&2; fail "libmicrohttpd could not be fetched from the distribution's archive"; }
  fi
  rm -rf "$place"
  mv -T "$work/tree" "$place" 2> /dev/null || is_whole "$place" # another clone may have been first
fi
ln -sfn "$place" .deps/libmicrohttpd
