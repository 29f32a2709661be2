#!/usr/bin/env bash
# Installs the packages of requirements.lock for this machine's python3 into the cache, and links them as .deps/openai for the tests.
set -euo pipefail
cd "$(dirname "$0")"
deps=../../../.deps
python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
place=$(realpath -m "${XDG_CACHE_HOME:-$HOME/.cache}/argonne/openai/$(sha256sum requirements.lock | cut -c1-16)-python$python")
if [ ! -d "$place" ]; then
  echo "fetching OpenAI's Python client"
  mkdir -p "$(dirname "$place")"
  work=$(mktemp -d "$place-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-cache-dir --no-deps --only-binary=:all: \
    --require-hashes --target "$work/packages" -r requirements.lock \
    || { echo "error: OpenAI's Python client could not be installed (is python3-pip there, Python 3.11 to 3.14, and PyPI reachable?)" >&2; exit 1; }
  mv -T "$work/packages" "$place" 2> /dev/null || [ -d "$place" ] # another clone may have been first
fi
mkdir -p "$deps"
ln -sfn "$place" "$deps/openai"
