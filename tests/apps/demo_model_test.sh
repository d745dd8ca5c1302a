#!/usr/bin/env bash
# The program's own model: it is there without -m, small, right about what its card says, and the same on a device.
# usage: demo_model_test.sh PROGRAM DEMO.gguf
set -u
program=$1 file=$2
failures=0

fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}

answers() { # QUESTION PATTERN [flags]: the answer to the last line of QUESTION matches
    local question=$1 pattern=$2 found
    shift 2
    found=$("$program" chat -dev cpu --seed 1 "$@" <<<"$question" 2>&1 | tail -n 1)
    [[ $found =~ $pattern ]] || fail "'$question': expected $pattern, found '$found'"
}

answers 'What is 47 + 85?' '47 \+ 85 = 132\.'
answers 'What is 4738 + 965?' '= 5703\.$'
answers 'What is 1000 - 1?' '= 999\.$'
answers 'What is the capital of France?' 'Paris'
answers 'Spell banana backwards.' 'ananab'
answers 'what is the capital of germany' 'Berlin'
answers 'Who are you?' 'rwkvk'
answers 'hi' '^(Hello|Hi)!'
answers 'thanks' 'welcome|pleasure'
answers '3 + 4 + 5' 'I can only'
answers $'My name is Oskar.\nWhat is 2 + 2?\nWhat is my name?' 'Oskar'
answers 'What is 7 times 8?' '56' --think on
answers 'What is 23 times 4?' '= 92\.$' --think on
answers 'Who are you?' 'rwkvk' --think on

size=$(stat -c %s "$file")
((size <= 6000000)) || fail "$file: expected at most 6,000,000 bytes, found $size"

fingerprint() { # DEVICE
    "$program" generate -dev "$1" -n 100 --seed 1 --json -p $'User: Tell me a story about a fox.\n\nAssistant:' 2>/dev/null |
        grep -o '"fingerprint": "[0-9a-f]*"'
}
on_cpu=$(fingerprint cpu)
[[ -n $on_cpu ]] || fail 'no fingerprint'
if "$program" devices 2>/dev/null | grep -q '^0 '; then
    [[ $(fingerprint 0) == "$on_cpu" ]] || fail "device 0: expected $on_cpu, found $(fingerprint 0)"
    [[ $("$program" verify -dev 0 | tail -n 1) == 'equal: every bit' ]] || fail 'verify on device 0'
else
    echo 'no Vulkan device: not compared with one'
fi
echo "$failures failures"
exit $((failures > 0))
