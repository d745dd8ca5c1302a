#!/usr/bin/env bash
# Four who talk, on a display of their own: every frame is written down, and what they say is what the program's chat
# answers, whether the model runs on the device that draws or on the CPU. Says how long frames took; nothing hangs on it.
# usage: npc_test.sh NPC RWKVK
set -u
npc=$1 rwkvk=$2 frames=120 failures=0
command -v Xvfb >/dev/null || { echo 'skipped: Xvfb is missing (Debian: xvfb)'; exit 77; }
folder=$(mktemp -d) display_pid=''
trap 'kill $display_pid 2>/dev/null; rm -rf "$folder"' EXIT

fail() {
    printf 'FAILED: %s\n' "$1"
    failures=$((failures + 1))
}

env -u DISPLAY -u WAYLAND_DISPLAY "$npc" 2>"$folder/errors" && fail 'without a desktop it says that all is well'
[[ $(wc -l <"$folder/errors") -eq 1 ]] || fail "without a desktop: $(cat "$folder/errors")"

exec 9<> <(:)
Xvfb -displayfd 9 -screen 0 1000x600x24 -nolisten tcp >/dev/null 2>&1 &
display_pid=$!
read -r -t 20 number <&9 || { echo 'Xvfb does not start'; exit 1; }
export DISPLAY=:$number

# A budget with which slow machines too get to the end of some answers.
measure() { # NAME [flags]
    local name=$1
    shift
    echo "$name:"
    "$npc" --frames $frames --budget-ms 50 --csv "$folder/$name.csv" --log-text "$folder/$name.log" "$@" 2>"$folder/errors" ||
        fail "$name: status $?: $(cat "$folder/errors")"
    for inference in off on; do
        rows=$(grep -cE "^[0-9]+,$inference,[0-9.]+,[0-9.]+,[0-9.]+$" "$folder/$name.csv")
        [[ $rows -eq $frames ]] || fail "$name: expected $frames frames with inference $inference, found $rows"
    done
    answers=$(wc -l <"$folder/$name.log")
    ((answers >= 4)) || fail "$name: expected 4 answers at least, found $answers"
}
measure device
measure cpu --cpu

# Who, which of its answers, question: each has one answer only.
twice=$(cat "$folder"/*.log | sort -u | cut -f 1,2 | uniq -d)
[[ -z $twice ]] || fail "device and CPU answer differently: $twice"

for name in Ada Ben Cora Theo; do
    # Of the first round, which is one conversation.
    sort -u "$folder"/*.log | grep "^$name [1-5]"$'\t' >"$folder/said"
    [[ -s $folder/said ]] || fail "$name says nothing"
    expected=$(cut -f 2 "$folder/said" | "$rwkvk" chat -dev cpu --seed 1 2>/dev/null | grep .)
    [[ $(cut -f 3 "$folder/said") == "$expected" ]] ||
        fail "expected $name to say: $expected"$'\n'"found: $(cat "$folder/said")"
done

"$npc" --fps 0 2>"$folder/errors"
[[ $? -eq 2 ]] || fail 'a wrong flag: expected status 2'
echo "$failures failures"
exit $((failures > 0))
