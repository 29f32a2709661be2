#!/usr/bin/env bash
# Builds Native/NAME/*.cc into .build/native/libNAME.so. The result is cached under the hash of everything it is made from, so a second
# clone links it in an instant. Each folder's FLAGS file holds its compiler arguments; $DEPS/X in it stands for where .deps/X leads.
# The files are compiled as one unit: they share the headers of a large engine, which take most of the time.
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
  for dep in .deps/*; do flags=${flags//"\$DEPS/${dep#.deps/}"/$(readlink -f "$dep")}; done
  partial=$(mktemp "$cache/.lib$name-XXXXXX")
  trap 'rm -f "$partial"' EXIT
  # shellcheck disable=SC2086 # the flags are meant to be split
  printf '#include "%s"\n' "$source"/*.cc | ${CXX:-g++} -std=c++20 -O2 -DNDEBUG -fPIC -shared -I. -I"$source" -x c++ - -x none $flags -o "$partial"
  mv "$partial" "$library"
  trap - EXIT
fi
ln -sfn "$library" ".build/native/lib$name.so"
