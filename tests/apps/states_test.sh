#!/usr/bin/env bash
# Saved states across processes and devices, and those that the program wrote in 0.1.0: what goes on from them has the bits of
# what was never interrupted.
# usage: states_test.sh PROGRAM DATA_FOLDER
# DATA_FOLDER/states: the states behind ids 1 2 3 4, written by 0.1.0 with version 2 of the numerics.
set -u
program=$1 data=$2 failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# logits DEVICE ARGUMENTS...: says their fingerprint
logits() { "$program" logits -m "$model" -o "$folder/out.npy" -dev "$@" 2>&1; }
same() { # WHAT A B
    [[ $2 == "$3" && $2 == *fingerprint* ]] && return
    printf 'FAILED: %s: "%s" is not "%s"\n' "$1" "$2" "$3"
    failures=$((failures + 1))
}

devices=(cpu)
if "$program" devices 2>/dev/null | grep -q llvmpipe; then
    devices+=(llvmpipe)
else
    echo "llvmpipe is missing (Debian: mesa-vulkan-drivers): states cross no devices"
fi
for version in v4.0 v5.2 v6.0 v7.0; do
    model=$data/$version/model-fp32.pth state=$folder/$version
    whole=$(logits cpu --tokens 1,2,3,4,5,6,7 --state-out "$state.whole")
    for from in "${devices[@]}"; do
        logits "$from" --tokens 1,2,3,4 --state-out "$state.$from" >/dev/null
        for to in "${devices[@]}"; do
            same "$version from $from to $to" "$(logits "$to" --tokens 5,6,7 --state-in "$state.$from" --state-out "$state.end")" "$whole"
            same "$version from $from to $to, its state" "fingerprint $(sha256sum <"$state.end")" "fingerprint $(sha256sum <"$state.whole")"
        done
    done
    [[ -e $data/states/$version.safetensors ]] || continue
    for to in "${devices[@]}"; do
        same "$version of 0.1.0 to $to" "$(logits "$to" --tokens 5,6,7 --state-in "$data/states/$version.safetensors")" "$whole"
    done
done
echo "$failures failures"
exit $((failures > 0))
