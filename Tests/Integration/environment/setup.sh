#!/usr/bin/env bash
# Prepares what the integration and browser tests need beyond Swift: a few Debian packages, and
# Python environments under .cache/ for three LNbits versions, for two of the Cashu mint Nutshell, for
# Home Assistant and for pytest. Idempotent: an environment is left alone while its lock file has not
# changed.
#
#   Tests/Integration/environment/setup.sh [tests] [schemathesis] [browser] [programs]
#     [lnbits-1.6.2] [lnbits-1.4.1] [lnbits-0.12.12] [nutshell-0.21.0] [nutshell-0.19.2]
#     [home-assistant-2024.3.3]
#
# Without names it prepares all of them. PYTHON names the interpreter, by default python3.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$here/../../.." && pwd)/.cache
python=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*"; }

# Installs Debian packages, with sudo only where we are not root.
install_packages() {
  local become=()
  [ "$(id -u)" -eq 0 ] || become=(sudo)
  say "installing Debian packages with ${become[*]:+sudo }apt-get: $*"
  "${become[@]}" apt-get update -qq
  "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
    --no-install-recommends "$@" >/dev/null
}

install_missing_packages() {
  local missing=()
  "$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
  command -v curl >/dev/null || missing+=(curl)
  command -v chromium >/dev/null || missing+=(chromium)
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "Python 3.11 or later is needed, and $python is older; set PYTHON" >&2
    exit 1
  }
}

# Programs that are only tried by tests: unpacked under .cache/, so that nothing is installed and no server starts.
unpack_programs() {
  local folder=$cache/debian name
  local packages=(prometheus nginx caddy)
  for name in "${packages[@]}"; do
    [ -e "$folder/$name.stamp" ] && continue
    say "unpacking Debian's $name"
    [ -n "$(apt-cache show "$name" 2>/dev/null)" ] || refresh_packages
    mkdir -p "$folder/download"
    (cd "$folder/download" && rm -f -- "$name"_*.deb && apt-get download -qq "$name")
    dpkg-deb -x "$folder/download/$name"_*.deb "$folder"
    touch "$folder/$name.stamp"
  done
}

refresh_packages() {
  local become=()
  [ "$(id -u)" -eq 0 ] || become=(sudo)
  "${become[@]}" apt-get update -qq
}

# One environment from one lock file. The stamp names the lock that it was made from.
prepare() {
  local name=$1 lock=$here/$1.txt environment=$cache/$1 stamp started=$SECONDS compile=
  [ "$name" != browser ] || lock=$here/../../Browser/requirements.txt
  [ -f "$lock" ] || { say "no such environment: $name" >&2; exit 64; }
  stamp=$( { cat "$lock"; "$python" --version; } | sha256sum | cut -d ' ' -f 1)
  if [ "$(cat "$environment/.stamp" 2>/dev/null)" = "$stamp" ]; then
    say "$name is ready"
    return
  fi
  rm -rf "$environment"
  "$python" -m venv "$environment"
  # Home Assistant has code for a thousand things of which a handful is imported: those are compiled then.
  [ "${name%-*}" != home-assistant ] || compile=--no-compile
  "$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps \
    ${compile:+"$compile"} -r "$lock"
  printf '%s\n' "$stamp" >"$environment/.stamp"
  say "$name made in $((SECONDS - started)) s"
}

mkdir -p "$cache"
install_missing_packages
[ $# -gt 0 ] ||
  set -- tests schemathesis browser programs lnbits-1.6.2 lnbits-1.4.1 lnbits-0.12.12 \
    nutshell-0.21.0 nutshell-0.19.2 home-assistant-2024.3.3
# Two at a time: half of an installation waits for the network and the disk.
under_way=()
for name in "$@"; do
  if [ "$name" = programs ]; then unpack_programs & else prepare "$name" & fi
  under_way+=("$!")
  [ ${#under_way[@]} -lt 2 ] || { wait "${under_way[0]}"; under_way=("${under_way[@]:1}"); }
done
for process in "${under_way[@]}"; do wait "$process"; done
