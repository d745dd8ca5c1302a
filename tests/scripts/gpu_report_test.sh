#!/usr/bin/env bash
# scripts/gpu-report with its smallest models on the drivers that are here: every kind of step, the archive, a wrong
# fingerprint, a step that hangs, too little time, an interruption, wrong usage.
# usage: gpu_report_test.sh PROJECT_FOLDER PROGRAM STEPS      (STEPS prints the steps of a JSON report)
# Environment: RWKVK_SHARED, whose vkfarm offers SwiftShader where it was set up.
set -u
project=$1 steps=$3 failures=0
export PROGRAM=$2
folder=$(mktemp -d)
mkdir "$folder/bin"
trap 'rm -rf "$folder"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}
report() { # NAME OPTIONS...: a rehearsal, whose status, seconds, messages and files lie in $folder/NAME
    local name=$1 status begin=$SECONDS
    shift
    mkdir -p "$folder/$name"
    "${script:-$project/scripts/gpu-report}" --rehearse --out "$folder/$name/out" "$@" >"$folder/$name/stdout" 2>"$folder/$name/stderr" &
    echo $! >"$folder/$name/pid"
    wait $!
    status=$?
    echo "$status $((SECONDS - begin))" >"$folder/$name/ended"
}
ended() { # NAME STATUS: it ended so and left one JSON and one Markdown file; prints its steps to $folder/NAME/steps
    local name=$1 expected=$2 status seconds
    read -r status seconds <"$folder/$name/ended"
    [[ $status == "$expected" ]] || fail "$name: expected status $expected, found $status: $(cat "$folder/$name/stderr")"
    [[ $(ls "$folder/$name/out" | sed 's/.*[.]//' | paste -sd ' ') == 'json md' ]] || fail "$name: files: $(ls "$folder/$name/out")"
    "$steps" "$folder/$name"/out/*.json >"$folder/$name/steps" || fail "$name: the JSON file"
}
has() { # NAME PATTERN: one of its steps ended so
    grep -qE -e "$2" "$folder/$1/steps" || fail "$1: no step /$2/ in: $(cat "$folder/$1/steps")"
}
private() { # NAME: nothing of this machine is in the files
    local word
    for word in "$(hostname)" "$HOME" "$folder" "$project" "$("$PROGRAM" devices --json | sed -n 's/.*"uuid": "\(.*\)".*/\1/p')"; do
        [[ ${#word} -lt 4 ]] || ! grep -rlF -e "$word" "$folder/$1/out" || fail "$1: '$word' is in the report"
    done
}
usage() { # PATTERN OPTIONS...: refused in one line
    local pattern=$1 text
    shift
    text=$("$project/scripts/gpu-report" "$@" 2>&1)
    [[ $? -eq 2 && $text =~ $pattern && $text != *$'\n'* ]] || fail "gpu-report $*: $text"
}

usage "no option is called '--nonsense'" --nonsense
usage '--minutes: expected a number' --minutes soon
usage '--minutes: expected a number below 1000' --minutes 9999
usage '--minutes: expected a value' --minutes
usage '--steps: expected letters' --steps X
usage '--peer: expected a program' --peer "$folder/none"

# The tables of docs/NUMERICS.md: 9 versions in 15 formats, and single models, of which some files are not ours.
known=$(root=$project rehearse='' && source "$project/scripts/gpu_report/steps.sh" && known_fingerprints)
[[ $(grep -c ':1x512x64:' <<<"$known") -eq 135 ]] || fail "formats: $known"
[[ $(grep -vc ':1x512x64:' <<<"$known") -ge 20 ]] || fail "models: $known"
v6=$(grep -E '^\| q5_1 \| [0-9a-f]{16} ' "$project/docs/NUMERICS.md" | cut -d ' ' -f 12)
[[ $v6 =~ ^[0-9a-f]{16}$ ]] && grep -qx "v6:1x512x64:q5_1 $v6" <<<"$known" || fail "v6 in q5_1, $v6: $known"

VK_DRIVER_FILES=$folder/none VK_ICD_FILENAMES=$folder/none report bare
[[ $(cat "$folder/bare/ended") == 1\ * && $(cat "$folder/bare/stderr") =~ ^'gpu-report: no graphics card: '[^$'\n']*$ ]] ||
    fail "no driver: $(cat "$folder/bare/ended" "$folder/bare/stderr")"
if ! "$PROGRAM" devices --json 2>/dev/null | grep -q '"driver"'; then
    echo "no Vulkan device: the rest is skipped; $failures failures"
    exit $((failures > 0))
fi

# A program that hangs in one step, and one that hangs in all. While they sleep, the rest is tested.
hanging() { # NAME COMMANDS: a program that never ends in these
    printf '#!/bin/sh\ncase $1 in %s) exec sleep 1000 ;; *) exec "%s" "$@" ;; esac\n' "$2" "$PROGRAM" >"$folder/bin/$1"
}
hanging hanging kernels
hanging hanging_always 'kernels | bench'
cat >"$folder/bin/llama-bench" <<'SCRIPT'
#!/bin/sh
[ -f "$2" ] || exit 1
printf '[\n  {\n    "n_prompt": 8,\n    "n_gen": 0,\n    "avg_ts": 123.4,\n    "samples": []\n  }\n]\n'
SCRIPT
chmod +x "$folder"/bin/*
PROGRAM=$folder/bin/hanging report hanging --steps AC --patience 1 &
# Less time than the limit of any step, so that none can end, however fast the machine is.
PROGRAM=$folder/bin/hanging_always report short --steps AC --patience 0.3 --minutes 0.05 &
(
    PROGRAM=$folder/bin/hanging report interrupted --steps AC &
    for ((i = 0; i < 600; ++i)); do grep -q 'read probe' "$folder/interrupted/stderr" 2>/dev/null && break; sleep 0.2; done
    kill "$(cat "$folder/interrupted/pid")"
    wait
) &
# All of it from the archive, in which one fingerprint is replaced.
"$project/scripts/gpu-report" --pack "$folder/pack.tar.gz" 2>"$folder/stderr" || fail "pack: $(cat "$folder/stderr")"
(($(stat -c %s "$folder/pack.tar.gz") <= 60000000)) || fail 'pack: too large'
tar -C "$folder" -xzf "$folder/pack.tar.gz"
sed -i 's/3a02e131c3afceb0/0123456789abcdef/' "$folder/rwkvk-gpu-report/docs/NUMERICS.md"
script=$folder/rwkvk-gpu-report/gpu-report PROGRAM=none report whole --peer "$folder/bin/llama-bench"
wait

ended whole 1
private whole
has whole 'B FAILED .*bf16.pth: FAILED: fingerprint 3a02e131c3afceb0, docs/NUMERICS.md has 0123456789abcdef; .*not with minimum'
[[ $(grep -cvE '^. ok ' <(tail -n +2 "$folder/whole/steps")) -eq 1 ]] || fail "whole: $(cat "$folder/whole/steps")"
for step in 'A ok read probe, at first: [0-9.]+ GB/s' 'A ok kernels: [0-9]+ pipelines' 'B ok self-test: self-test, ' \
    'B ok .*v7.0/model-fp32.pth: equal, 842a031d0e0c57e0 as in docs/NUMERICS.md' 'B ok .*fp32.pth, minimum: equal, 842a' \
    'C ok read probe' 'C ok products of q8_0: .*blocks_narrow.q8_0, 1 rows: [0-9.]+ us;.*blocks_narrow.q8_0, 256 rows: [0-9.]+ us' 'D ok .*q4_k.*: tg4 [0-9.]+, gen4 [0-9.]+, eng4 [0-9.]+ tokens/s; load' 'G ok sampled: equal: 40 tokens' 'G ok v4:.*equal, ' \
    'G ok arwkv7:.*equal, ' 'F ok .*: pp8 .*tg4@b64 ' 'H ok .*: pp8 .*peak' 'I ok .*llama-bench: pp8 123.4 tokens/s' \
    'I ok .*q4_k.gguf, .*: pp8 '; do
    has whole "$step"
done
grep -q '^| linear .* |' "$folder"/whole/out/*.md || fail 'whole: no times of ops in the Markdown file'

ended hanging 1
has hanging 'A FAILED kernels: FAILED: cut after 30 s'
has hanging 'C ok read probe: '

ended short 0
for step in 'A skipped read probe, at first' 'A skipped kernels' 'C skipped read probe' 'C skipped read probe, again'; do
    has short "$step: left out: no time"
done
read -r _ seconds <"$folder/short/ended"
((seconds < 1000)) || fail "short: 3 seconds were given, $seconds taken"

ended interrupted 130
has interrupted 'A ok read probe, at first'

swiftshader=${RWKVK_SHARED-}/tools/vkfarm
if [[ -x $swiftshader ]] && "$swiftshader" run swiftshader "$PROGRAM" devices 2>/dev/null | grep -q SwiftShader; then
    printf '#!/bin/sh\nexec "%s" run swiftshader "%s" "$@"\n' "$swiftshader" "$PROGRAM" >"$folder/bin/swiftshader"
    chmod +x "$folder/bin/swiftshader"
    PROGRAM=$folder/bin/swiftshader report swiftshader --steps ABH
    ended swiftshader 0
    has swiftshader 'B ok .*fp32.pth: equal, 842a031d0e0c57e0'
    has swiftshader 'H ok .*: pp8 '
else
    echo 'SwiftShader is not set up: skipped'
fi
echo "$failures failures"
exit $((failures > 0))
