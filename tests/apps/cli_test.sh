#!/usr/bin/env bash
# The program as a person or a script uses it: what goes to stdout, exit statuses, one-line reasons.
# usage: cli_test.sh PROGRAM DATA_FOLDER
set -u
program=$1 data=$2 failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
model=$data/v7.0/model-fp32.pth

# expect STATUS PATTERN-OF-STDERR-OR-STDOUT ARGUMENTS...
expect() {
    local status=$1 pattern=$2 output rc
    shift 2
    output=$("$program" "$@" 2>&1 </dev/null)
    rc=$?
    if [[ $rc -ne $status ]] || ! grep -qE "$pattern" <<<"$output"; then
        printf 'FAILED: rwkvk %s\n  expected status %s and /%s/, found %s:\n%s\n' "$*" "$status" "$pattern" "$rc" "$output"
        failures=$((failures + 1))
    fi
}
fail() {
    printf 'FAILED: %s\n' "$1"
    failures=$((failures + 1))
}
same() { # WHAT A B
    if [[ $2 != "$3" || -z $2 ]]; then
        printf 'FAILED: %s: "%s" is not "%s"\n' "$1" "$2" "$3"
        failures=$((failures + 1))
    fi
}

expect 0 '^cpu ' devices
expect 0 '"name": "cpu"' devices --json
expect 0 '^version: 7.0' info -m "$model"
expect 0 '"state_bytes": 26112' info -m "$model" --json
expect 0 '^wkv7 blocks.0.att.wkv <- ' info -m "$model" --program
expect 0 '^emb.weight 264x64 f32' info -m "$model" --tensors
expect 0 '"att_kv":' info -m "$model" --json
expect 0 '^version: 4.0' info -m "$data/v4.0/model-fp32.pth"
expect 0 '"att_pp":\[32\]' info -m "$data/v4.0/model-fp32.pth"
expect 0 '^version: 5.1' info -m "$data/v5.1/model-fp32.pth"
expect 0 '^version: 6.0' info -m "$data/v6.0/model-fp32.pth"
expect 0 '"att_kv":\[2,32,32\]' info -m "$data/v6.0/model-fp32.pth"
expect 0 '"decay":16,"mix":8' info -m "$data/v6.0/model-fp32.pth"
expect 0 '^version: 5.0' info --synthetic v5.0:1x64x300:f16
expect 0 '^version: 7a' info --synthetic v7a:1x64x300:f16
expect 0 '^version: 6-qwen2' info --synthetic rwkv6qwen2:1x64x300:f16
expect 0 '^version: 7-qwen2' info --synthetic arwkv7:1x64x300:f16
expect 0 '^$' synth "$folder/four.gguf" --arch v4 --size 1x64x300
expect 0 '^version: 4.0' info -m "$folder/four.gguf"
expect 0 'small.gguf: ' quantize "$data/v6.0/model-fp32.pth" "$folder/six-small.gguf" --type q8_0
expect 0 '^version: 6.0' info -m "$folder/six-small.gguf"
expect 2 'unknown|q9_9' quantize "$model" "$folder/bad.gguf" --type q9_9
expect 1 'cannot be created|No such file' quantize "$model" "$folder/no/x.gguf" --type f16
expect 1 'cannot open' quantize "$folder/missing.pth" "$folder/x.gguf" --type f16
expect 2 'type' quantize "$model" "$folder/x.gguf"
synth_bytes="$folder/bytes.gguf"
expect 0 '^$' synth "$synth_bytes" --size 1x64x300 --type f32
expect 0 '\.gguf: ' quantize "$synth_bytes" "$folder/bytes-small.gguf" --type q4_0
head -c 700 "$0" >"$folder/text"
expect 0 '^kl_max: 0$' perplexity -m "$synth_bytes" -f "$folder/text" --kl-base "$synth_bytes" -dev cpu
expect 0 '"tokens": 700' perplexity -m "$folder/bytes-small.gguf" -f "$folder/text" --kl-base "$synth_bytes" -dev cpu --json --chunk 100
same 'llama.cpp calls the piece its context' "$("$program" perplexity -m "$synth_bytes" -f "$folder/text" -dev cpu -c 100)" \
    "$("$program" perplexity -m "$synth_bytes" -f "$folder/text" -dev cpu --chunk 100)"
same 'perplexity in pieces of any size' "$("$program" perplexity -m "$synth_bytes" -f "$folder/text" -dev cpu --chunk 700)" \
    "$("$program" perplexity -m "$synth_bytes" -f "$folder/text" -dev cpu)"
: >"$folder/empty"
expect 1 'too short' perplexity -m "$synth_bytes" -f "$folder/empty" -dev cpu
expect 0 '"tokens": 630' perplexity -m "$synth_bytes" -f "$folder/text" -dev cpu --json --chunk 100 --skip 10
expect 1 'too short' perplexity -m "$synth_bytes" -f "$folder/text" -dev cpu --chunk 100 --skip 100
expect 1 'cannot be compared' perplexity -m "$synth_bytes" -f "$folder/text" --kl-base "$model" -dev cpu
expect 2 "no command is called 'nonsense'" nonsense
expect 2 'subcommand'
expect 0 '^name: rwkvk-demo' info
expect 0 '"vocabulary": ' info --json
expect 2 'excludes.*leave one' info -m "$model" --synthetic v7:1x64x256:f16
expect 0 'd.gguf' quantize "$model" "$folder/d.gguf" --type f16 --override-kv general.name=str:other --override-kv a.b=int:3
expect 2 'expected KEY=int' quantize "$model" "$folder/e.gguf" --type f16 --override-kv a=3
expect 2 'synthetic model' info --synthetic v9:1b:f16
expect 1 'cannot open' info -m "$folder/missing.pth"
expect 1 'stopped|not a model|empty|HTML' info -m "$0"
expect 2 'token ids' logits -m "$model" --tokens 1,x -o "$folder/x.npy" -dev cpu
expect 2 '^rwkvk: --tokens: expected ids below 264, found 264$' logits -m "$model" --tokens 1,264 -o "$folder/x.npy" -dev cpu
expect 1 'no such file|cannot be created' logits -m "$model" --tokens 1 -o "$folder/no/x.npy" -dev cpu
echo 1,264 >"$folder/ids"
expect 1 'token 1 has id 264' logits -m "$model" --tokens-file "$folder/ids" -o "$folder/x.npy" -dev cpu
expect 2 'vocab' generate -m "$model" -p hello -dev cpu
expect 1 'cannot open' tokenize --vocab "$folder/missing.txt"

expect 0 '^$' synth "$folder/small.gguf" --size 1x64x300 --type bf16 --seed 3
expect 2 'synthetic model' synth "$folder/bad.gguf" --size 1x65
expect 2 'output' synth
expect 1 'cannot be created|No such file' synth "$folder/no/small.gguf" --size 1x64x300
expect 0 '^format: gguf' info -m "$folder/small.gguf"
same 'the vocabulary of a model' "$(printf 'a\n' | "$program" tokenize -m "$folder/small.gguf")" '98 11'
same 'a written random model' "$("$program" logits -m "$folder/small.gguf" --tokens 1,299 -o "$folder/out.npy" -dev cpu 2>&1)" \
    "$("$program" logits --synthetic v7:1x64x300:bf16 --seed 3 --tokens 1,299 -o "$folder/out.npy" -dev cpu 2>&1)"

# Matrices converted while they are loaded: the model in the file that quantize writes.
as() { "$program" "${@:2}" --weights "$1"; }
ids=(logits -o "$folder/out.npy" -dev cpu --tokens 1,2,3,4,5)
for type in q8_0 Q4_K_M q3_k iq4_xs bf16; do
    "$program" quantize "$model" "$folder/as.gguf" $type 2>/dev/null
    expected=$("$program" "${ids[@]}" -m "$folder/as.gguf" --state-out "$folder/as.state" 2>&1)
    same "--weights $type" "$(as $type "${ids[@]}" -m "$model" 2>&1)" "$expected"
    same "--weights $type of what is that" "$(as $type "${ids[@]}" -m "$folder/as.gguf" 2>&1)" "$expected"
    same "info with --weights $type" "$(as $type info -m "$model" | grep -E '^(bytes|fingerprint)')" \
        "$("$program" info -m "$folder/as.gguf" | grep -E '^(bytes|fingerprint)')"
    expect 0 'fingerprint' logits -m "$model" --weights $type -o "$folder/out.npy" -dev cpu --tokens 6 --state-in "$folder/as.state"
done
same 'weights from the environment' "$(RWKVK_ARG_WEIGHTS=iq4_xs "$program" info -m "$model" | grep '^bytes_by')" \
    "$(as iq4_xs info -m "$model" | grep '^bytes_by')"
expect 1 'a state of another model' logits -m "$model" -o "$folder/out.npy" -dev cpu --tokens 6 --state-in "$folder/as.state"
expect 2 "the type 'q9_9' is not known; there are f32, f16" logits -m "$model" --weights q9_9 -o "$folder/x.npy" --tokens 1
expect 2 "take Q2_K" info -m "$model" --weights iq2_xxs
expect 2 'excludes' info --synthetic v7:1x64x300:f16 --weights q8_0
expect 0 'q4_k_m' bench -m "$synth_bytes" --weights q4_k_m -dev cpu -p 4 -n 4 -r 1
expect 0 '^kl_max: 0$' perplexity -m "$synth_bytes" --weights q4_0 -f "$folder/text" --kl-base "$folder/bytes-small.gguf" -dev cpu
same "the program's own model in the types that it has" "$(as keep generate -p Hello -n 9 -dev cpu --seed 1 2>/dev/null)" \
    "$("$program" generate -p Hello -n 9 -dev cpu --seed 1 2>/dev/null)"

head -c 5000 "$model" >"$folder/short.pth"
expect 1 'short.pth' info -m "$folder/short.pth"

# The same prompt in other pieces, and from a saved state, gives the same fingerprint.
fingerprint() { "$program" logits -m "$model" -o "$folder/out.npy" -dev cpu "$@" 2>&1; }
whole=$(fingerprint --tokens 1,2,3,4,5,6,7 --state-out "$folder/all.state")
same 'fingerprint in pieces of 2' "$(fingerprint --tokens 1,2,3,4,5,6,7 --chunk 2)" "$whole"
fingerprint --tokens 1,2,3 --state-out "$folder/first.state" >/dev/null
same 'fingerprint from a saved state' "$(fingerprint --tokens 4,5,6,7 --state-in "$folder/first.state" --state-out "$folder/second.state")" "$whole"
same 'state file' "$(sha256sum <"$folder/second.state")" "$(sha256sum <"$folder/all.state")"
same 'ids in brackets' "$(fingerprint --tokens '[1, 2, 3, 4, 5, 6, 7]')" "$whole"
same 'size of out.npy' "$(stat -c %s "$folder/out.npy")" $((128 + 264 * 4))
expect 1 'not a safetensors file' logits -m "$model" --tokens 1 --state-in "$model" -o "$folder/x.npy" -dev cpu

same 'bytes to ids' "$(printf 'Hi\n' | "$program" tokenize --synthetic v7:1x64x256:f16)" '72 105 10'
same 'ids as other programs print them' "$(echo '[72, 105,33]' | "$program" tokenize --synthetic v7:1x64x256:f16 --decode)" 'Hi!'
same 'ids to bytes' "$(echo 72 105 33 | "$program" tokenize --synthetic v7:1x64x256:f16 --decode)" 'Hi!'

small=(--synthetic v7:1x64x256:f16 -dev cpu -n 20 --seed 1)
of() { grep -o 'fingerprint [0-9a-f]*'; }
same 'a seed repeats its text' "$("$program" generate "${small[@]}" -p abc --seed 5 2>&1 >/dev/null | of)" \
    "$("$program" generate "${small[@]}" -p abc --seed 5 -t 1 2>&1 >/dev/null | of)"
expect 0 '"fingerprint": "[0-9a-f]{16}"' generate "${small[@]}" -p abc --json
same 'flags from the environment' "$(RWKVK_ARG_SEED=5 RWKVK_ARG_PREDICT=20 RWKVK_ARG_PROMPT=abc "$program" generate --synthetic v7:1x64x256:f16 -dev cpu 2>&1 >/dev/null | of)" \
    "$("$program" generate "${small[@]}" -p abc --seed 5 2>&1 >/dev/null | of)"
same 'flags that change nothing' "$("$program" generate "${small[@]}" -p abc --seed 5 --min-p 0 --typical 1 --repeat-penalty 1 -l 7+0 --stop "no such text" 2>&1 >/dev/null | of)" \
    "$("$program" generate "${small[@]}" -p abc --seed 5 2>&1 >/dev/null | of)"
once=(generate --synthetic v7:1x64x256:f16 -dev cpu -n 20 -p abc)
drawn=$("$program" "${once[@]}" 2>&1 >"$folder/text" | grep -oE 'seed [0-9]+, fingerprint [0-9a-f]+')
seed=${drawn#seed } seed=${seed%%,*}
same 'a drawn seed repeats the run' "$("$program" "${once[@]}" --seed "$seed" 2>&1 >/dev/null | grep -o 'seed.*')" "$drawn]"
for other in '' --seed=-1; do
    # shellcheck disable=SC2086
    another=$("$program" "${once[@]}" $other --json | grep -oE '"seed": [0-9]+')
    [[ -n $another && $another != "\"seed\": $seed" ]] || fail "expected another seed than $seed, found '$another'"
done
chat_seed=$(echo Hi | "$program" chat -dev cpu 2>&1 >"$folder/text" | grep -oE 'seed [0-9]+')
same 'a drawn seed repeats a chat' "$(echo Hi | "$program" chat -dev cpu --seed "${chat_seed#seed }")" "$(cat "$folder/text")"
same 'a chat with a seed is silent' ".$(echo Hi | "$program" chat -dev cpu --seed 1 2>&1 >/dev/null)" '.'
typed() { "$program" "$@" --synthetic v7:1x64x256:f16 -dev cpu -n 5 --seed 3 2>&1 >/dev/null | of; } # beside an environment
printf abc >"$folder/abc"
same 'a typed file beats a prompt in the environment' "$(RWKVK_ARG_PROMPT=other typed generate -f "$folder/abc")" "$(typed generate -p abc)"
same 'a typed prompt beats a file in the environment' "$(RWKVK_ARG_FILE=/nowhere typed generate -p abc)" "$(typed generate -p abc)"
same 'a typed random model beats a model and an adapter in the environment' \
    "$(RWKVK_ARG_MODEL=/nowhere RWKVK_ARG_LORA=/nowhere typed generate -p abc)" "$(typed generate -p abc)"
RWKVK_ARG_SYNTHETIC=v9 expect 0 '^version: 7.0' info -m "$model"
RWKVK_ARG_PROMPT=a RWKVK_ARG_TOKENS_FILE=/nowhere expect 0 fingerprint logits -m "$model" --tokens 1 -o "$folder/x.npy" -dev cpu
RWKVK_ARG_PROMPT=a RWKVK_ARG_FILE=b expect 2 'excludes' generate -n 1
RWKVK_ARG_SEED=-1 RWKVK_ARG_PREDICT=3 RWKVK_ARG_OUTPUT=x.npy expect 0 '"seed": [0-9]+,' generate --synthetic v7:1x64x256:f16 -dev cpu -p abc --stop a --json
RWKVK_ARG_OUTPUT="$folder/x.npy" RWKVK_ARG_TYPE=nonsense expect 0 fingerprint logits -m "$model" --tokens 1 -dev cpu
RWKVK_ARG_JSON=1 expect 0 '^\[' devices
RWKVK_ARG_TYPE=q9_9 expect 0 'typed.gguf: ' quantize "$model" "$folder/typed.gguf" Q4_0
same 'the last of a flag given twice counts' "$("$program" "${once[@]}" --seed 4 --temp 9 -n 3 --temp 1 --seed 3 --json --json | grep -c -e '"seed": 3,' -e '"tokens": 3,')" 2
expect 0 '"tokens": 20,' generate "${small[@]}" -p abc --json --ignore-eos
same 'a newline at the end of a prompt is dropped' "$(printf 'abc\r\n' >"$folder/abc"; typed generate -f "$folder/abc")" "$(typed generate -p abc)"
same 'or kept' "$(typed generate -f "$folder/abc" --keep-newline)" "$(typed generate -e -p 'abc\r\n')"
same 'escapes' "$("$program" generate "${small[@]}" -e -p 'a\n\t\\n\x41\q' --json | grep prompt_tokens)" "$("$program" generate "${small[@]}" -p 12345678 --json | grep prompt_tokens)"
few=(generate --synthetic v7:1x64x256:f16 -dev cpu -p abc --seed 1)
xyz=(--temp 0 -l 88+1000 -l 89+900 -l 90+800 --presence-penalty 500) # X, then Y, then Z
same 'a bias decides' "$("$program" "${few[@]}" -n 3 -l 88+1000 2>/dev/null)" 'XXX'
same 'a penalty ends that' "$("$program" "${few[@]}" -n 3 "${xyz[@]}" 2>/dev/null)" 'XYZ'
same 'a banned token does not come' "$("$program" "${few[@]}" -n 2 "${xyz[@]}" -l 89-inf 2>/dev/null)" 'XZ'
same 'a stop string is not shown' "$("$program" "${few[@]}" "${xyz[@]}" --stop Q --stop YZ 2>/dev/null)" 'X'
same 'a stop string with an escape' "$("$program" "${few[@]}" "${xyz[@]}" -e --stop '\x59Z' 2>/dev/null)" 'X'
expect 0 'n; with -e it is the end of a line' generate "${small[@]}" -p abc --json --stop '\nUser:' --stop '\n\n'
same 'and that is said once' "$("$program" generate "${small[@]}" -p abc --stop '\nUser:' --stop '\n' 2>&1 | grep -c 'with -e')" 1
same 'a stop string in brackets is one' "$("$program" "${few[@]}" -n 6 --temp 0 -l 91+1000 -l 88+900 -l 93+800 --presence-penalty 500 --stop '[X]' 2>/dev/null)." '.'
expect 0 '"ids": \[' generate "${small[@]}" -p abc --json --sampler-order llama --frequency-penalty 0.5 --penalty-decay 0.9
demo=(generate -dev cpu -n 20 --seed 1 -p 'What is 47 + 85?')
same 'a sampling flag leaves the other recommendations' "$("$program" "${demo[@]}" --top-p 0.9 2>&1 >/dev/null | of)" "$("$program" "${demo[@]}" 2>&1 >/dev/null | of)"
same 'a sampling flag goes before the recommendation' "$("$program" "${demo[@]}" --temp 3 --seed 2 2>&1 >/dev/null | of | grep -c "$("$program" "${demo[@]}" 2>&1 >/dev/null | of)")" 0
expect 2 'expected ID\+VALUE' generate "${small[@]}" -p abc -l 88
expect 2 'expected ID\+VALUE' generate "${small[@]}" -p abc -l 88+-1
expect 2 'expected an id below 256' generate "${small[@]}" -p abc -l 300-inf
expect 2 'min_p' generate "${small[@]}" -p abc --min-p 2
expect 2 'one is empty' generate "${small[@]}" -p abc --stop ''
"$program" generate "${small[@]}" -p abc >/dev/full 2>"$folder/full"
same 'status with a full stdout' $? 1
expect 0 '^\| tg4 \|' bench --synthetic v7:1x64x256:f16 -dev cpu -p 4 -n 4 -r 1
expect 0 '"dispatches_per_token": 0' bench --synthetic v7:1x64x256:f16 -dev cpu -p 4 -n 4 -r 1 -o json
report=$("$program" bench --synthetic v7:1x64x256:f16 -dev cpu -p 4 -n 4 -b 1,2 -r 1 --per-op -o json)
for key in device driver commit math load_seconds peak_bytes dispatches_per_token barriers_per_token probe_gb_per_second rows ops; do
    same "$key of bench" "$(grep -c "^  \"$key\": " <<<"$report")" 1
done
for key in test tokens_per_second spread bytes_per_token gb_per_second probe_fraction bound_fraction; do
    same "$key of the rows of bench" "$(grep -c "^      \"$key\": [\"0-9]" <<<"$report")" 7
done
expect 0 '^test,tokens_per_second,spread,bytes_per_token,gb_per_second,probe_fraction,bound_fraction' bench --synthetic v7:1x64x256:f16 -dev cpu -p 4 -n 4 -r 1 -o csv
expect 0 '^\| linear 256x64 \| 2\.00 \|' bench --synthetic v7:1x64x256:f16 -dev cpu -p 0 -n 4 -r 1 --per-op
expect 0 '^cpu reads [0-9.]+ GB/s' bench --probe -dev cpu
expect 0 '^-?[0-9.e-]+( -?[0-9.e-]+)+$' embed -p Hello -dev cpu
expect 0 '"tokens": [0-9]' embed -p Hello -dev cpu --pooling last -o json
expect 2 'there is no text' embed -p $'\n' -dev cpu
same 'vectors of three lines' "$("$program" embed -p $'one\ntwo\nthree' -dev cpu 2>/dev/null | tail -n 1)" "$("$program" embed -p three 2>/dev/null)"
expect 0 '^\| 0\.500 \| [0-9.]+ \| ' bench -dev cpu --frames 3 --budget-ms 0.5
expect 0 '"budget_ms": 2\.0' bench -dev cpu --frames 3 --budget-ms 0.5,2 -o json
expect 0 '"probe_gb_per_second": [0-9]' bench --probe -dev cpu -o json

# On a device, where there is one.
if "$program" devices 2>/dev/null | grep -q '^0 '; then
    same 'fingerprint on a device' "$("$program" logits -m "$model" -o "$folder/out.npy" -dev 0 --tokens 1,2,3,4,5,6,7 2>&1)" "$whole"
    for name in nonesuch 99; do
        expect 2 "no device is '$name'" logits -m "$model" --tokens 1 -o "$folder/x.npy" -dev "$name"
    done
    expect 0 '; linear_(narrow|subgroup)' devices
    for property in float_controls rounding_mode_rte_float32 memory heap_bytes upload readback; do
        expect 0 "\"$property\"" devices --json
    done
    RWKVK_CAPS=-subgroup expect 0 '^matrices by linear_narrow, since there are no subgroup' verify -m "$model" -dev 0 --tokens 3
    expect 0 '"matrix_kernel": "linear_' verify -m "$model" -dev 0 --tokens 3 --json
    expect 0 'running on .*; matrices by linear_' logits -m "$model" -o "$folder/out.npy" -dev 0 --tokens 1 -v
    expect 0 ': device memory is type [0-9]+ \(.*heap [0-9]+ of [0-9]+ MiB' logits -m "$model" -o "$folder/out.npy" -dev 0 --tokens 1 -v
    RWKVK_CAPS=-mapped expect 0 'equal: every bit' verify -m "$model" -dev 0 --tokens 9
    expect 0 'equal: every bit' verify -m "$data/v7.0/model-bf16.pth" -dev 0 --tokens 9
    expect 0 'pipelines created' kernels -dev 0
    RWKVK_CAPS=-nonsense expect 2 'nonsense' devices
else
    echo 'no Vulkan device: that part is skipped'
fi
echo "$failures failures"
exit $((failures > 0))
