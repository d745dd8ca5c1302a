# Sourced by gpu-report: the program, built here or taken from an unpacked archive.

# Sets `program`, the words that start it, and `commit`.
prepare_program() {
    local variable
    for variable in $(compgen -v RWKVK_); do unset "$variable"; done
    if [[ -f $root/PACKED ]]; then
        commit=$(cat "$root/PACKED")
        start_packed
        return
    fi
    commit=$(git -C "$root" describe --always --dirty --exclude '*' 2>/dev/null || echo unknown)
    [[ -n ${PROGRAM-} ]] || build
    program=("$(realpath "${PROGRAM:-$root/build/release/rwkvk}")")
    [[ -x ${program[0]} ]] || die "${program[0]}: no such program"
}
build() {
    source "$root/scripts/setup.sh"
    (cd "$root" && set_up && cmake --preset release && cmake --build --preset release) >&2 || die 'the build failed'
}

# The driver is loaded into the program and brings its own needs, so the system's libraries are used and those of the
# archive only where the program says that it lacks one.
start_packed() {
    local complaint
    mkdir "$work/lib"
    program=(env "LD_LIBRARY_PATH=$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$root/bin/rwkvk")
    while ! complaint=$("${program[@]}" --version 2>&1); do
        case $complaint in
            *GLIBC_*) use_own_c_library; return ;;
            *GLIBCXX_* | *CXXABI_*) add_library libstdc++.so.6 ;;
            *'loading shared libraries: '*) complaint=${complaint##*libraries: }; add_library "${complaint%%:*}" ;;
            *) die "the program does not start: $complaint" ;;
        esac
    done
    complaint=$("${program[@]}" devices 2>&1)
    [[ $complaint != *libvulkan* ]] || add_library libvulkan.so.1
}
add_library() {
    [[ -e $root/lib/$1 && ! -e $work/lib/$1 ]] || die "the program does not start: $1 is missing"
    ln -s "$root/lib/$1" "$work/lib/$1"
}
use_own_c_library() {
    echo "gpu-report: the system's C library is older than the program's, which is used instead" >&2
    program=("$root/lib/libc/ld-linux-x86-64.so.2" --library-path "$root/lib/libc:$root/lib" "$root/bin/rwkvk")
    "${program[@]}" --version >/dev/null || die 'the program does not start'
}
