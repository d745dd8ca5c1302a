# Sourced by gpu-report: the archive for machines without a compiler.

largest_pack=60000000

# Writes `pack`: the program, what it needs beside a driver, this script, the test data and the table of fingerprints.
make_pack() {
    local folder=$work/rwkvk-gpu-report
    [[ ! -f $root/PACKED ]] || die '--pack: this is such an archive already'
    mkdir -p "$folder"/{bin,docs,scripts,lib/libc}
    cp "${program[0]}" "$folder/bin/rwkvk"
    cp "$root/docs/NUMERICS.md" "$folder/docs/"
    cp "$root/LICENSE" "$folder/"
    cp -r "$root/scripts/gpu-report" "$root/scripts/gpu_report" "$folder/scripts/"
    (cd "$root" && find tests/data -name 'model-*.pth' -exec cp --parents {} "$folder/" \;)
    echo "$commit" >"$folder/PACKED"
    printf '#!/bin/sh\nexec bash "$(dirname "$0")/scripts/gpu-report" "$@"\n' >"$folder/gpu-report"
    chmod +x "$folder/gpu-report"
    pack_libraries "$folder/lib"
    tar -czf pack.tar.gz rwkvk-gpu-report
    (($(stat -c %s pack.tar.gz) <= largest_pack)) || die "$pack: more than $largest_pack bytes"
    mv pack.tar.gz "$pack" || die "$pack: cannot be written"
    echo "$pack: $(stat -c %s "$pack") bytes; unpack it and run rwkvk-gpu-report/gpu-report" >&2
}

# The C library lies apart: it is used as a whole or not at all.
pack_libraries() { # FOLDER
    local loader libc file
    loader=$({ ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | awk '$1 == "libvulkan.so.1" && /x86-64/ { print $NF; exit }')
    [[ -n $loader ]] || die 'libvulkan.so.1: not found; install the Vulkan loader (Debian, Ubuntu: libvulkan1)'
    libc=$(ldd "${program[0]}" | awk '$1 == "libc.so.6" { print $3 }')
    libc=${libc%/*}
    for file in ld-linux-x86-64.so.2 lib{c,m}.so.6 lib{dl,resolv}.so.2 libpthread.so.0 lib{rt,util}.so.1; do
        cp -L "$libc/$file" "$1/libc/"
    done
    for file in "$loader" $(ldd "${program[0]}" "$loader" | awk '$2 == "=>" { print $3 }'); do
        [[ -e $1/libc/${file##*/} ]] || cp -L "$file" "$1/"
    done
}
