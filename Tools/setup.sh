# shellcheck shell=bash
# What the scripts of this folder share: sourced, not run.
#
# Brings the machine to where the package builds: a Swift compiler is asked for, missing
# system packages are installed. Sets the working directory to the package's root.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

readonly swift_version_min="6.2"
readonly system_packages=(liblmdb-dev nettle-dev libsimdjson-dev libedit-dev pkg-config g++ tzdata)

# Tells what happens next; on standard error, so that results can be piped.
say() {
  printf '==> %s\n' "$*" >&2
}

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Succeeds where version $1 is at least version $2.
version_at_least() {
  [[ "$(printf '%s\n%s\n' "$2" "$1" | sort --version-sort | head -n 1)" == "$2" ]]
}

require_swift() {
  command -v swift >/dev/null || fail "there is no swift on the PATH; \
Swift $swift_version_min or later is needed: https://www.swift.org/install/linux/"
  local text version
  text=$(swift --version 2>&1) || fail "swift --version fails: $text"
  version=$(grep -oE 'Swift version [0-9]+(\.[0-9]+)*' <<<"$text" | grep -oE '[0-9.]+' || true)
  [[ -n "$version" ]] || fail "cannot tell the version of this swift: $text"
  version_at_least "$version" "$swift_version_min" || fail "this is Swift $version; \
Swift $swift_version_min or later is needed: https://www.swift.org/install/linux/"
}

is_installed() {
  [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

as_root() {
  if [[ "$(id -u)" == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "needs root for: $*"
  fi
}

install_packages() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "$@" </dev/null >&2
}

require_system_packages() {
  local missing=() package
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: taking it that the equivalents of ${system_packages[*]} are here"
    return
  fi
  for package in "${system_packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then return; fi
  say "installing ${missing[*]} (with apt-get)"
  if install_packages "${missing[@]}"; then return; fi
  say "updating apt's lists, then trying again"
  as_root apt-get update </dev/null >&2
  install_packages "${missing[@]}" || fail "could not install ${missing[*]}"
}

set_up() {
  require_swift
  require_system_packages
}

# Runs the tests of the package, then those of the Python tools, if there are some.
run_tests() {
  say "building the package and its tests (the first time takes some minutes)"
  swift build --build-tests || return
  if compgen -G 'Tools/tests/test_*.py' >/dev/null; then
    say "running the tests of the Python tools"
    python3 -m unittest discover --start-directory Tools/tests || return
  fi
  say "running the tests"
  swift test --skip-build
}
