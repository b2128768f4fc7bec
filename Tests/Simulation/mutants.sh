#!/usr/bin/env bash
# Plants known bugs one at a time, and shows that the simulation catches each.
#
#   Tests/Simulation/mutants.sh [--check] [NAME...]
#
# Each mutants/NAME.patch begins with a line that says what it breaks. The tracked files are copied to a scratch
# folder; there each mutant is built for release and has to fail within LIVES lives (1000), which the tree without
# mutants has to pass. --check only looks whether the patches still apply.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lives=${LIVES:-1000}
swift=${SWIFT:-swift}
# Longer than this for its lives means that a mutant hangs.
seconds=900

check_only=
if [ "${1:-}" = --check ]; then
  check_only=yes
  shift
fi
if [ $# -gt 0 ]; then
  patches=("${@/#/$here/mutants/}")
  patches=("${patches[@]/%/.patch}")
else
  patches=("$here"/mutants/*.patch)
fi

broken=0
for patch in "${patches[@]}"; do
  (cd "$root" && git apply --check "$patch") || { echo "$patch does not apply" >&2; broken=1; }
done
[ $broken -eq 0 ] || exit 1
[ -z "$check_only" ] || exit 0

scratch=$(mktemp -d "${TMPDIR:-/tmp}/walletwire-mutants-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP
git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf - | tar -C "$scratch" -xf -
# A repository of its own: else git would look for one above it.
git -C "$scratch" init -q

build() {
  (cd "$scratch" && $swift build -c release --product simulate) > "$scratch/build.log" 2>&1
}

# Runs the lives into $scratch/run.log; the status is that of `simulate`.
simulate() {
  timeout "$seconds" "$scratch/.build/release/simulate" --lives "$lives" --stop-at-failure \
    > "$scratch/run.log" 2>&1
}

line() { printf '%-24s  %-10s  %s\n' "$1" "$2" "$3"; }

echo "building the tree without mutants"
build || { cat "$scratch/build.log" >&2; exit 1; }
simulate || { echo "the tree without mutants fails:" >&2; cat "$scratch/run.log" >&2; exit 1; }
tail -n 1 "$scratch/run.log"

line mutant lives "caught by"
survivors=0
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  git -C "$scratch" apply "$patch"
  if ! build; then
    line "$name" - "DOES NOT BUILD"
    grep -m 5 'error:' "$scratch/build.log" >&2 || true
    survivors=$((survivors + 1))
  else
    status=0
    simulate || status=$?
    count=$(sed -n 's/^\([0-9]*\) lives, .*/\1/p' "$scratch/run.log")
    verdict=$(sed -n 's/^seed [0-9]*: //p' "$scratch/run.log" | head -n 1)
    # A crash or a hang is no verdict.
    if [ $status -eq 1 ] && [ -n "$verdict" ]; then
      line "$name" "$count" "$verdict"
    else
      line "$name" "${count:--}" "SURVIVES (status $status)"
      survivors=$((survivors + 1))
    fi
  fi
  git -C "$scratch" apply -R "$patch"
done
[ $survivors -eq 0 ] || { echo "$survivors of ${#patches[@]} mutants not caught" >&2; exit 1; }
echo "all ${#patches[@]} mutants caught"
