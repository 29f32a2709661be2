#!/usr/bin/env bash
# Builds Native/NAME/*.cc into .build/native/libNAME.so. The result is cached under the hash of everything it is made from, so a second
# clone links it in an instant. Each folder's FLAGS file holds its compiler arguments; $DEPS/NAME in it stands for the
# place in the cache that .deps/NAME links to, so that the library does not depend on the clone which happened to build it.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
source=Native/$name
cache=${XDG_CACHE_HOME:-$HOME/.cache}/argonne/native
mkdir -p "$cache" .build/native

key=$({ cat Native/build.sh Native/deps.lock "$source/FLAGS"; find "$source" -type f | sort | xargs cat; ${CXX:-g++} --version; } | sha256sum | cut -c1-16)
library=$cache/lib$name-$key.so
if [ ! -f "$library" ]; then
  echo "building Native/$name"
  flags=$(sed '/^#/d' "$source/FLAGS" | tr '\n' ' ')
  for dependency in .deps/*; do flags=${flags//\$DEPS\/${dependency##*/}/$(readlink -f "$dependency")}; done
  partial=$(mktemp "$cache/.lib$name-XXXXXX")
  trap 'rm -f "$partial"' EXIT
  # shellcheck disable=SC2086 # the flags are meant to be split
  ${CXX:-g++} -std=c++20 -O2 -DNDEBUG -fPIC -shared "$source"/*.cc $flags -o "$partial"
  mv "$partial" "$library"
  trap - EXIT
fi
ln -sfn "$library" ".build/native/lib$name.so"
