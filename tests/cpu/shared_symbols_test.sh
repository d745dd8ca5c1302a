#!/usr/bin/env bash
# Files for newer instruction sets define no function that others may define too: the linker keeps one copy, which
# older processors would run into. usage: shared_symbols_test.sh OBJECT...
set -u
seen=0 failures=0
for object in "$@"; do
    [[ $object =~ _(avx|amx|dotprod|i8mm)[a-z0-9_]*\.cpp\.o(bj)?$ ]] || continue
    seen=$((seen + 1))
    shared=$(nm -C "$object" | grep ' W ' | grep -v ' W __')
    [[ -z $shared ]] && continue
    printf '%s:\n%s\n' "$object" "$shared"
    failures=$((failures + 1))
done
echo "$seen files, $failures failures"
[[ $failures -eq 0 && ($seen -gt 0 || $(uname -m) != x86_64) ]]
