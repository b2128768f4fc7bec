#!/usr/bin/env bash
# Fuzzes each target for a while, from its corpus, and says what came of it. New inputs that reach more code go to
# .cache/fuzz/TARGET; a crash is kept there too, and the script fails.
#
#   Tests/Fuzz/fuzz.sh SECONDS [TARGET...]
set -euo pipefail

seconds=$1
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

WALLETWIRE_FUZZ=1 swift build --scratch-path .build-fuzz -c release \
  --sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address --product fuzz
fuzzer=$root/.build-fuzz/release/fuzz

[ $# -gt 0 ] || set -- $(ls "$here/Corpus")
failed=0
for target in "$@"; do
  found=$root/.cache/fuzz/$target
  mkdir -p "$found/corpus"
  # Swift's own report of a crash would take minutes; libFuzzer's is enough.
  if ! WALLETWIRE_FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no \
    LSAN_OPTIONS=suppressions=$root/Tests/Support/leaks.txt:print_suppressions=0 \
    "$fuzzer" -max_total_time="$seconds" -max_len=4096 -timeout=20 -rss_limit_mb=1024 \
    -print_final_stats=1 -verbosity=1 -artifact_prefix="$found/" \
    "$found/corpus" "$here/Corpus/$target" >"$found/log" 2>&1; then
    failed=1
    printf '%s: FAILED, see %s\n' "$target" "$found/log"
    tail -n 30 "$found/log"
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")
  coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$found/log" | tail -n 1)
  peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$found/log")
  printf '%s: %s executions, %s, peak %s MiB\n' \
    "$target" "${executions:-?}" "${coverage:-?}" "${peak:-?}"
done
exit "$failed"
