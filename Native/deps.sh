#!/usr/bin/env bash
# Native/deps.sh [LOCK [FOLDER]]: fetches the wheels named in a lock file into the cache and links them into .deps, each as .deps/NAME, or
# all together as the one tree .deps/FOLDER. A wheel is unpacked beside its final place and renamed, so an interrupted run leaves nothing
# half-made; one that is there already is not fetched again.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=${1:-Native/deps.lock}
folder=${2:-}
cache=$(realpath -m "${XDG_CACHE_HOME:-$HOME/.cache}/argonne/wheels")
mkdir -p "$cache" .deps
places=()

while read -r name version python platform hash patterns; do
  place=$cache/$name-$version-${hash:0:16}
  if [ ! -d "$place" ]; then
    echo "fetching $name $version"
    work=$(mktemp -d "$cache/.fetch-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    echo "$name==$version --hash=sha256:$hash" > "$work/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps --only-binary=:all: --require-hashes \
      --python-version "$python" --implementation cp --platform "$platform" --dest "$work" -r "$work/requirements.txt" \
      || { echo "error: $name $version could not be downloaded (is python3-pip installed, and PyPI reachable?)" >&2; exit 1; }
    python3 - "$work" $patterns <<'PYTHON'
import fnmatch, glob, os, sys, zipfile
work, *patterns = sys.argv[1:]
with zipfile.ZipFile(glob.glob(work + "/*.whl")[0]) as wheel:
    for entry in wheel.infolist():
        if any(fnmatch.fnmatch(entry.filename, p) for p in patterns):
            path = wheel.extract(entry, work + "/tree")
            if entry.external_attr >> 16 & 0o100: os.chmod(path, 0o755) # ptxas is a program
PYTHON
    mv -T "$work/tree" "$place" 2>/dev/null || [ -d "$place" ] # another clone may have been first
    rm -rf "$work"
    trap - EXIT
  fi
  if [ -z "$folder" ]; then ln -sfn "$place" ".deps/$name"; else places+=("$place"); fi
done < <(grep -v '^#' "$lock")

# Libraries look for each other relative to where they lie, so wheels that belong together are one tree of links.
if [ -n "$folder" ] && ! cmp -s "$lock" ".deps/$folder/deps.lock"; then
  tree=$(mktemp -d ".deps/.$folder-XXXXXX")
  trap 'rm -rf "$tree"' EXIT
  for place in "${places[@]}"; do cp -rs "$place/." "$tree"; done
  chmod 755 "$tree"
  cp "$lock" "$tree/deps.lock"
  rm -rf ".deps/$folder"
  mv -T "$tree" ".deps/$folder"
  trap - EXIT
fi
