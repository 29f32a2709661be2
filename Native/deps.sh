#!/usr/bin/env bash
# Fetches the wheels named in a lock file into the cache and links them into .deps/NAME. A wheel is unpacked beside its final
# place and renamed, so an interrupted run leaves nothing half-made; one that is there already is not fetched again.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=${1:-Native/deps.lock}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/argonne/wheels
mkdir -p "$cache" .deps

grep -v '^#' "$lock" | while read -r name version python platform hash patterns; do
  place=$cache/$name-$version-${hash:0:16}
  if [ ! -d "$place" ]; then
    echo "fetching $name $version"
    work=$(mktemp -d "$cache/.fetch-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    echo "$name==$version --hash=sha256:$hash" > "$work/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes --python-version "$python" \
      --implementation cp --platform "$platform" --dest "$work" -r "$work/requirements.txt" \
      || { echo "error: $name $version could not be downloaded (is python3-pip installed, and PyPI reachable?)" >&2; exit 1; }
    python3 - "$work" $patterns <<'PYTHON'
import fnmatch, glob, sys, zipfile
work, *patterns = sys.argv[1:]
with zipfile.ZipFile(glob.glob(work + "/*.whl")[0]) as wheel:
    wheel.extractall(work + "/tree", [n for n in wheel.namelist() if any(fnmatch.fnmatch(n, p) for p in patterns)])
PYTHON
    mv -T "$work/tree" "$place" 2>/dev/null || [ -d "$place" ] # another clone may have been first
    rm -rf "$work"
    trap - EXIT
  fi
  ln -sfn "$place" ".deps/$name"
done
