#!/usr/bin/env bash
# Receipts as a person uses them: made on one device, confirmed on another, and what was forged is named.
# usage: receipts_test.sh PROGRAM DATA_FOLDER
set -u
program=$(realpath "$1") data=$2 failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    printf 'FAILED: %s\n' "$1"
    failures=$((failures + 1))
}
same() { [[ $2 == "$3" && -n $2 ]] || fail "$1: '$2' is not '$3'"; } # WHAT A B
# expect WHAT STATUS PATTERN ARGUMENTS...: it ends so, with nothing on stdout and one line on stderr
expect() {
    local what=$1 expected=$2 pattern=$3 shown status
    shift 3
    shown=$("$program" "$@" 2>"$folder/stderr" </dev/null)
    status=$?
    if [[ $status -ne $expected || -n $shown || $(wc -l <"$folder/stderr") -ne 1 ]] || ! grep -qE -e "$pattern" "$folder/stderr"; then
        fail "$what: expected status $expected and one line /$pattern/, found $status, '$shown' and:
$(cat "$folder/stderr")"
    fi
}
# confirmed WHAT ANSWERS ARGUMENTS...: replay says so
confirmed() {
    local what=$1 answers=$2 shown
    shift 2
    shown=$("$program" replay "$@" 2>&1)
    same "$what: status" "$?" 0
    [[ $shown =~ ^equal:\ $answers\ answers?,\ [0-9]+\ tokens,\ fingerprint\ [0-9a-f]{16}$ ]] || fail "$what: $shown"
}
devices=(cpu)
if "$program" devices 2>/dev/null | grep -q '^0 '; then
    devices+=(0)
else
    echo 'no Vulkan device: on the CPU only'
fi
everywhere() { # WHAT ANSWERS FILE: confirmed on every device
    local on
    for on in "${devices[@]}"; do confirmed "$1, on $on" "$2" "$3" -dev "$on"; done
}

# One answer, of the program's own model.
for device in "${devices[@]}"; do
    "$program" generate -dev "$device" -p 'What is 47 + 85?' -n 40 --temp 1 --top-p 0.9 --repeat-penalty 1.2 --seed 3 \
        -l 33+0.5 -l 7-inf --receipt "$folder/one-$device.json" >/dev/null 2>"$folder/stderr"
    everywhere "generate on $device" 1 "$folder/one-$device.json"
    same 'the fingerprint that generate shows' "$(grep -o 'fingerprint [0-9a-f]*' "$folder/stderr")" \
        "$("$program" replay "$folder/one-$device.json" -dev cpu | grep -o 'fingerprint [0-9a-f]*')"
done
one=$folder/one-cpu.json
[[ ${#devices[@]} -eq 1 ]] || cmp "$one" "$folder/one-0.json" || fail 'receipts of two devices differ'
grep -q '"seed": "3"' "$one" || fail 'the seed is not in the receipt'
same 'equal as JSON' "$("$program" replay "$one" -dev cpu --json | grep -c -e '"equal": true' -e '"differs": "nowhere"' -e '"answers": 1,')" 3

# Ten turns, with and without reasoning; the answers are those without a receipt.
turns=$'Hello!\nMy name is Ada.\nWhat is 4738 + 965?\nSpell banana backwards.\nWho are you?\nTell me a story about a fox.\nWhat is the capital of France?\nWhat is 7 times 8?\nthanks\nWhat is my name?'
for device in "${devices[@]}"; do
    for think in none on; do
        chat=("$program" chat -dev "$device" --seed 1 --temp 0.8 --think "$think")
        answers=$("${chat[@]}" --receipt "$folder/chat.json" <<<"$turns" 2>"$folder/stderr")
        same "answers with a receipt, thinking $think" "$answers" "$("${chat[@]}" <<<"$turns" 2>/dev/null)"
        everywhere "ten turns on $device, thinking $think" 10 "$folder/chat.json"
    done
done
# After each turn it is whole: what is asked for third never comes.
{ printf 'Hello!\nWho are you?\n'; printf '\xff\n'; } | "$program" chat -dev cpu --seed 1 --receipt "$folder/cut.json" >/dev/null 2>&1
same 'a chat that ends in an error' $? 1
confirmed 'its first two answers' 2 "$folder/cut.json" -dev cpu

# Forged.
forged() { # WHAT PATTERN SED-SCRIPT
    sed -E "$3" "$one" >"$folder/forged.json"
    cmp -s "$folder/forged.json" "$one" && fail "$1: nothing was forged"
    expect "$1" 1 "^rwkvk: $folder/forged.json: $2" replay "$folder/forged.json" -dev "${devices[-1]}"
}
forged 'a seed' 'answer 1, token [0-9]+: the receipt has id [0-9]+, this machine computes [0-9]+; .*seed' 's/"seed": "3"/"seed": "4"/'
forged 'a temperature' 'answer 1, token [0-9]+: .*another part of the sampling' 's/"temperature": 1/"temperature": 5/'
forged 'an id' 'answer 1, token 3: the receipt has id 9, .*some were changed' 's/("ids": \[[0-9]+, [0-9]+, )[0-9]+/\19/'
forged 'a prompt' 'answer 1, ' 's/("fed": \[[0-9]+, )[0-9]+/\19/'
forged 'a fingerprint' 'answer 1: all ids are equal, but .* 0123456789abcdef in the receipt' 's/(false|true), "fingerprint": "[0-9a-f]*"/\1, "fingerprint": "0123456789abcdef"/'
forged 'a model' 'model: the receipt is of 0123456789abcdef \(rwkvk-demo\), this one is [0-9a-f]{16} \(rwkvk-demo\)' 's/("path": "", "fingerprint": )"[0-9a-f]*"/\1"0123456789abcdef"/'
forged 'numerics' 'numerics: the receipt is of version 99, this program has [0-9]+' 's/("numerics_version": )[0-9]+/\199/'
forged 'an id that no model has' 'expected an id below' 's/("ids": \[)[0-9]+/\199999999999/'
forged 'an id that this model does not have' 'step 1 has id 70000; the model.s vocabulary' 's/("ids": \[)[0-9]+/\170000/'
forged 'a format' 'not a receipt' 's/rwkvk-receipt/rwkvk-receip/'
forged 'a version' 'a receipt of version 2, .*use a newer rwkvk' 's/"version": 1,/"version": 2,/'
forged 'broken JSON' 'expected' 's/"steps"/steps/'
forged 'an endless list' 'expected' 's/"fed": \[/"fed": [[[[[[[[[[[[[[[[[[/'
awk '/"ids"/ && ++answer == 8 { sub(/"ids": \[[0-9]+/, "\"ids\": [9") } 1' "$folder/chat.json" >"$folder/forged.json"
expect 'an id of the eighth answer' 1 'answer 8, token 1: the receipt has id 9,' replay "$folder/forged.json" -dev cpu
sed 's/"seed": "3"/"seed": "4"/' "$one" >"$folder/forged.json"
same 'a difference as JSON' "$("$program" replay "$folder/forged.json" -dev cpu --json | grep -c -e '"equal": false' -e '"differs": "token"')" 2
for bytes in 0 1 100 700; do
    head -c "$bytes" "$one" >"$folder/short.json"
    expect "$bytes bytes of a receipt" 1 "short.json: " replay "$folder/short.json"
done
expect 'a receipt that is not there' 1 'none.json: cannot open' replay "$folder/none.json"
expect 'a folder' 1 'not a regular file|cannot' replay "$folder"
expect 'a model for a receipt' 1 'model-fp32.pth: ' replay "$data/v7.0/model-fp32.pth"
expect 'no receipt' 2 'file' replay

# A model, adapters and states in files: found where they were, or beside the receipt.
mkdir "$folder/a" "$folder/b"
"$program" synth "$folder/a/m.gguf" --size 2x64x257 --type f16
"$program" synth "$folder/a/l.gguf" --size 2x64x257 --type f32 --seed 2
"$program" logits -m "$folder/a/m.gguf" --tokens 1,2,3 --state-out "$folder/a/s.state" -o "$folder/x.npy" -dev cpu >/dev/null
flags=(-m "$folder/a/m.gguf" -dev cpu -p abc -n 20 --seed 1)
"$program" generate "${flags[@]}" --state "$folder/a/s.state" --receipt "$folder/a/r.json" >/dev/null 2>&1
everywhere 'with a state' 1 "$folder/a/r.json"
mv "$folder"/a/* "$folder/b"
everywhere 'moved' 1 "$folder/b/r.json"
confirmed 'the model from elsewhere' 1 "$folder/b/r.json" -dev cpu -m "$folder/b/m.gguf"
expect 'another model' 1 'model: the receipt is of [0-9a-f]{16} \(m.gguf\), this one is [0-9a-f]{16} \(l.gguf\)' \
    replay "$folder/b/r.json" -dev cpu -m "$folder/b/l.gguf"
mv "$folder/b/s.state" "$folder/a/t.state"
expect 'a state that is gone' 1 'put the file beside the receipt' replay "$folder/b/r.json" -dev cpu
mv "$folder/b/m.gguf" "$folder/a/n.gguf"
expect 'a model that is gone' 1 'a/m.gguf. is neither there nor beside the receipt: give it with -m' replay "$folder/b/r.json" -dev cpu

# Where a receipt is not written.
cd "$folder" || exit 1
cp a/n.gguf model.gguf
flags=(-m model.gguf -dev cpu -p abc -n 3 --seed 1)
expect 'no stream' 2 "^rwkvk: --receipt: expected a file to write, found '-'" generate "${flags[@]}" --receipt -
expect 'not over the model' 2 'is the file of -m: write to another one' generate "${flags[@]}" --receipt ./model.gguf
expect 'nor in a chat' 2 'is the file of -m: write to another one' chat -m model.gguf -dev cpu --receipt ./model.gguf
expect 'nor over the prompt' 2 'is the file of -f: write to another one' generate -m model.gguf -dev cpu -f one-cpu.json --receipt one-cpu.json
expect 'nowhere to write' 1 'cannot be created: No such file' generate "${flags[@]}" --receipt none/r.json
expect 'no regular file' 1 'not a regular file' generate "${flags[@]}" --receipt /dev/null
cmp -s model.gguf a/n.gguf || fail 'the model was changed'
cp "$one" old.json
printf 'Hello!\nTell me a story about a fox.\nTell me a story about a dog.\n' | (ulimit -f 1 && "$program" chat -dev cpu --seed 1 --receipt old.json >out 2>stderr)
grep -q 'old.json: cannot be written: File too large' stderr || fail "a full disk: $(cat stderr)"
confirmed 'what was written before the disk was full' '[012]' old.json -dev cpu
compgen -G '*.part' >/dev/null && fail 'half a receipt is left'
echo "$failures failures"
exit $((failures > 0))
