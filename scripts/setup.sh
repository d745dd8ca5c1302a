# Sourced by the other scripts: installs what the build needs where that can be done, and says what is missing
# where it cannot. Quick when nothing is left to do.

packages=(cmake ninja-build g++ libvulkan-dev libvulkan1 glslang-tools spirv-tools doctest-dev libcli11-dev
          nlohmann-json3-dev libxxhash-dev libutf8proc-dev libedit-dev pkg-config mesa-vulkan-drivers)

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' || echo "$package"
    done
}

# Runs a command while packages start no services: their programs are wanted, and tests start their own.
without_services() {
    local policy=/usr/sbin/policy-rc.d status=0
    if [[ -e $policy ]]; then
        "$@"
        return
    fi
    # shellcheck disable=SC2064  # at the exit `root` is gone
    trap "${root[*]} rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
    "$@" || status=$?
    "${root[@]}" rm -f "$policy"
    trap - EXIT
    return "$status"
}

set_up() {
    local missing root=()
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        if ! command -v cmake >/dev/null || ! command -v ninja >/dev/null; then
            echo "This system has no apt-get; please install what these Debian packages hold: ${packages[*]}" >&2
            return 1
        fi
        return 0
    fi
    mapfile -t missing < <(missing_packages)
    [[ ${#missing[@]} -eq 0 ]] && return 0
    echo "Installing: ${missing[*]}" >&2
    if [[ $EUID -ne 0 ]]; then
        command -v sudo >/dev/null || { echo "As root, run: apt-get install ${missing[*]}" >&2; return 1; }
        root=(sudo)
    fi
    install() {
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
    }
    without_services install || { "${root[@]}" apt-get update -q >&2 && without_services install; }
}
