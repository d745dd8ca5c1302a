#!/usr/bin/env bash
# What the world does to the program: files, devices, memory, disks and pipes that are missing or full. Each
# time: one clear line on stderr, the promised exit status, and nothing that was there is lost.
# usage: bad_input_test.sh PROGRAM DATA_FOLDER
set -u
program=$1 data=$2 failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
model=$data/v7.0/model-fp32.pth
talker=$folder/talker.gguf
"$program" synth "$talker" --size 2x64x257 --type f32 || exit 1

fail() {
    printf 'FAILED: %s\n' "$1"
    failures=$((failures + 1))
}
# Runs a command, whose stderr goes to a file. result WHAT STATUS PATTERN: it ended so, with this one line.
run() {
    "$@" 2>"$folder/stderr"
    status=$?
}
result() {
    local what=$1 expected=$2 pattern=$3
    if [[ $status -ne $expected || $(wc -l <"$folder/stderr") -ne 1 ]] || ! grep -qE -e "$pattern" "$folder/stderr"; then
        fail "$what: expected status $expected and one line /$pattern/, found $status and:
$(cat "$folder/stderr")"
    fi
}
same() { [[ $2 == "$3" && -n $2 ]] || fail "$1: '$2' is not '$3'"; } # WHAT A B
chat() { "$program" chat -m "$talker" -dev cpu -t 1 --seed 1 "$@"; }
logits() { "$program" logits -m "$model" -t 1 -o "$folder/x.npy" "$@"; }

# Files and flags.
run "$program" chat -m "$folder/missing.gguf" </dev/null
result 'an unknown model' 1 'missing.gguf: cannot open: No such file'
mkdir "$folder/models"
run "$program" chat -m "$folder/models" </dev/null
result 'a folder without a model' 2 'expected one model in it, found no files'
touch "$folder/models/"{a.pth,b.gguf,adapter_model.safetensors,config.json}
run "$program" chat -m "$folder/models" </dev/null
result 'a folder with two models' 2 "found 2: give one of 'a.pth', 'b.gguf'$"
run "$program" chat -m "$model" -dev cpu </dev/null
result 'no vocabulary' 2 'has a vocabulary of 264 .*give --vocab'
run chat --vocab "$folder/missing.txt" </dev/null
result 'a missing vocabulary' 1 'missing.txt: cannot open'
run chat --nonsense </dev/null
result 'an unknown flag' 2 'unknown flag --nonsense; .rwkvk chat --help'
run "$program" --nonsense
result 'an unknown flag before any subcommand' 2 '--help'
run "$program" nonsense
result 'an unknown subcommand' 2 "no command is called 'nonsense'; there are bench"
run chat -n </dev/null
result 'a flag without its value' 2 '--predict'
run chat -n many </dev/null
result 'a flag with a wrong value' 2 'many'
run chat --template nonsense </dev/null
result 'an unknown template' 2 'nonsense'

generate() { "$program" generate -dev cpu -n 1 -p a "$@" >/dev/null; }
run generate -m ''
result 'an empty model' 2 '--model: expected a value'
for number in -2 010 0x10 1e3 18446744073709551616; do
    run generate --seed="$number"
    result "the seed '$number'" 2 '--seed: expected a whole number, found'
done
run generate --seed ''
result 'an empty seed' 2 '--seed: expected a'
run generate -n 4294967296
result 'more tokens than can be counted' 2 '--predict|4294967296'
run generate -f "$folder/x"
result 'a text and a file' 2 '--prompt excludes --file'
run "$program" generate -f "$folder" -n 1 -dev cpu
result 'a folder as a text' 1 "$folder: cannot be read: Is a directory"
run "$program" generate -f - -n 1 -dev cpu <"$folder"
result 'a folder as stdin, for generate' 1 'stdin: cannot be read: Is a directory'
run chat <"$folder"
result 'a folder as stdin, for a chat' 1 'stdin: cannot be read: Is a directory'
run "$program" tokenize <"$folder"
result 'a folder as stdin' 1 'stdin: cannot be read: Is a directory'
run "$program" tokenize --decode <<<'1 99999'
result 'an id outside the vocabulary' 1 'stdin: token 99999, expected an id below 888'
run "$program" info --json --tensors
result 'two forms of an answer' 2 'excludes'
run logits --tokens 1 --state-out "$folder/x.npy" -dev cpu
result 'one file for two things' 2 "'.*x.npy' is the file of -o"
logits --tokens 1 -dev cpu >/dev/null
ln -s x.npy "$folder/other.npy"
run logits --tokens 1 --state-out "$folder/other.npy" -dev cpu
result 'one file for two things, by a link' 2 "'.*other.npy' is the file of -o"
run "$program" generate -p a -n 1 -l 888-1 -dev cpu
result 'a bias outside the vocabulary' 2 '--logit-bias: expected an id below 888, found 888'
run chat -l 99999999999999999999-inf
result 'a bias of no token' 2 '--logit-bias: expected an id below 257'
run timeout --foreground --preserve-status -s INT 1 "$program" synth "$folder/big.gguf" --size 1.5b
[[ $status -eq 130 && -z $(find "$folder" -name 'big.gguf*') ]] || fail "an interrupted task: status $status, left $(find "$folder" -name 'big.gguf*')"

# Outputs that are inputs: refused under any name, and the input stays as it was.
cp "$model" "$folder/m.pth"
cp "$talker" "$folder/m.gguf"
ln -s m.pth "$folder/soft.pth"
ln "$folder/m.pth" "$folder/hard.pth"
echo 1 2 3 >"$folder/ids"
inputs=("$folder/m.pth" "$folder/m.gguf" "$folder/ids")
before=$(sha256sum "${inputs[@]}")
onto_itself() { # WHAT PATTERN COMMAND...
    local what=$1 pattern=$2
    shift 2
    run "$@"
    result "$what" 2 "$pattern: write to another one"
    same "what $what left" "$(sha256sum "${inputs[@]}")" "$before"
}
for name in m.pth soft.pth hard.pth; do
    onto_itself "quantize onto $name" "$name' is the file of input" "$program" quantize "$folder/m.pth" "$folder/$name" q4_0
    onto_itself "logits onto $name" "-o: '.*$name' is the file of -m" "$program" logits -m "$folder/m.pth" --tokens 1 -o "$folder/$name"
    onto_itself "a state onto $name" "--state-out: '.*$name' is the file of -m" \
        "$program" logits -m "$folder/m.pth" --tokens 1 -o "$folder/x.npy" --state-out "$folder/$name"
done
onto_itself 'logits onto their ids' "is the file of --tokens-file" logits --tokens-file "$folder/ids" -o "$folder/ids"
onto_itself 'logits onto an adapter' "is the file of --lora" logits --tokens 1 --lora "$folder/m.gguf:0.5" -o "$folder/m.gguf"
onto_itself 'quantize onto the vocabulary' "is the file of --vocab" \
    "$program" quantize "$folder/m.pth" "$folder/ids" q8_0 --vocab "$folder/ids"
onto_itself 'synth onto the vocabulary' "is the file of --vocab" "$program" synth "$folder/ids" --vocab "$folder/ids"

# A HOME that is no absolute path is none.
mkdir "$folder/work"
(cd "$folder/work" && env -u XDG_CACHE_HOME -u XDG_DATA_HOME -u XDG_STATE_HOME HOME=home "$program" generate -p a -n 1 >/dev/null 2>&1)
[[ $(find "$folder/work" | wc -l) -eq 1 ]] || fail "a relative HOME: found $(find "$folder/work")"

# Files that are something else: each is named, with what to do.
foreign() { # WHAT FILE PATTERN
    run "$program" info -m "$folder/$2"
    result "$1 as a model" 1 "^rwkvk: .*$2: .*$3"
}
printf '<!DOCTYPE html><html>' >"$folder/page.pth"
foreign 'a page' page.pth 'an HTML page, .*fetch the file itself'
printf 'version https://git-lfs.github.com/spec/v1\n' >"$folder/pointer.gguf"
foreign 'a pointer' pointer.gguf "Git LFS pointer, .*'git lfs pull'"
head -c 3000 "$model" >"$folder/half.pth"
foreign 'half of a .pth' half.pth 'without its end'
head -c 30000 "$talker" >"$folder/half.gguf"
foreign 'half of a GGUF' half.gguf 'does not lie in the'
gzip -c "$model" >"$folder/model.pth.gz"
foreign 'a compressed model' model.pth.gz "gzip: run 'gzip -d'"
sed 's/rwkv7/llama/' "$talker" >"$folder/llama.gguf"
foreign 'another architecture' llama.gguf "architecture 'llama': rwkvk runs RWKV models"
logits --tokens 1,2 -dev cpu --state-out "$folder/saved" >/dev/null
foreign 'a saved state' saved 'a saved state, expected a model'
echo '{"model_type":"rwkv7"}' >"$folder/config.json"
foreign 'a configuration' config.json 'a JSON file'
run logits --tokens 1 -dev cpu --lora "$folder/missing.pth:0.5"
result 'a missing adapter' 1 'missing.pth: cannot open'
run logits --tokens 1 -dev cpu --lora "$talker"
result 'a model as an adapter' 1 'talker.gguf: tensor .*use an adapter that was made for this model'
run logits --tokens 1 -dev cpu --state "$model"
result 'a model as a state' 1 'model-fp32.pth: holds no tensor .*expected a tuned or a saved state'
run "$program" logits --synthetic v7:2x64x40:f32 --tokens 1 -o "$folder/x.npy" -dev cpu --lora "$folder/a.pth"
result 'an adapter of a random model' 2 '--synthetic excludes --lora: leave one of them out|--lora excludes --synthetic: leave one'
same 'logits from a saved state, given either way' "$(logits --tokens 3 -dev cpu --state "$folder/saved")" \
    "$(logits --tokens 3 -dev cpu --state-in "$folder/saved")"

# No Vulkan.
no_vulkan=(env VK_DRIVER_FILES="$folder/none.json" VK_ICD_FILENAMES="$folder/none.json")
run "${no_vulkan[@]}" "$program" logits -m "$model" -o "$folder/x.npy" --tokens 1 -dev 0
result 'a device without Vulkan' 1 'Vulkan: .*driver is installed|libvulkan'
on_cpu=$(logits --tokens 1,2,3 -dev cpu)
run "${no_vulkan[@]}" "$program" logits -m "$model" -o "$folder/x.npy" --tokens 1,2,3 >"$folder/stdout"
result 'the automatic choice without Vulkan' 0 'no Vulkan device, so this runs on the CPU'
same 'the logits then' "$(cat "$folder/stdout")" "$on_cpu"

# A broken one: a damaged manifest of a driver, and one of a layer, which some loaders pass over.
echo '{' >"$folder/broken.json"
mkdir -p "$folder/data/vulkan/implicit_layer.d"
cp "$folder/broken.json" "$folder/data/vulkan/implicit_layer.d"
broken_driver=(env VK_DRIVER_FILES="$folder/broken.json" VK_ICD_FILENAMES="$folder/broken.json")
broken_layer=(env XDG_DATA_HOME="$folder/data")
hint='manifest \(\.json\) of a driver or layer .*VK_LOADER_DEBUG=all|libvulkan'
run "${broken_driver[@]}" "$program" devices >"$folder/stdout"
result 'devices with a broken driver' 0 "$hint"
run "${broken_driver[@]}" "$program" logits -m "$model" -o "$folder/x.npy" --tokens 1 -dev 0
result 'a device with a broken driver' 1 "$hint"
run "${broken_driver[@]}" "$program" logits -m "$model" -o "$folder/x.npy" --tokens 1,2,3 >"$folder/logits"
result 'the automatic choice with a broken driver' 0 "so this runs on the CPU .*($hint)"
same 'the logits then' "$(cat "$folder/logits")" "$on_cpu"
for vulkan in broken_driver broken_layer; do
    declare -n environment=$vulkan
    grep -q '^cpu ' < <("${environment[@]}" "$program" devices 2>/dev/null) || fail "no cpu line with a $vulkan"
    run "${environment[@]}" "$program" devices --json >"$folder/stdout"
    [[ $status -eq 0 ]] && grep -q '"name": "cpu"' "$folder/stdout" || fail "devices --json with a $vulkan: $status"
    same "the logits with a $vulkan" \
        "$("${environment[@]}" "$program" logits -m "$model" -o "$folder/x.npy" --tokens 1,2,3 2>/dev/null)" "$on_cpu"
done

# Fewer processors than threads.
if command -v taskset >/dev/null; then
    first=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
    run taskset -c "$first" "$program" devices >"$folder/stdout"
    grep -q '^cpu .*, 1 thread$' "$folder/stdout" || fail "devices on one processor: $(cat "$folder/stdout")"
    run taskset -c "$first" "$program" logits -m "$model" -o "$folder/x.npy" --tokens 1,2,3 -dev cpu >"$folder/stdout"
    [[ $status -eq 0 && ! -s $folder/stderr ]] || fail "one processor: $(cat "$folder/stderr")"
    run taskset -c "$first" "$program" logits -m "$model" -o "$folder/x.npy" --tokens 1,2,3 -dev cpu -t 3 >"$folder/stdout"
    result 'more threads than processors' 0 '3 threads are more than the processors that this process may use \(1\)'
    same 'the logits then' "$(cat "$folder/stdout")" "$on_cpu"
fi

# Text that is none.
run chat -n 5 >"$folder/stdout" < <(printf 'Hi\n\nHi \xff there\nHi\n')
result 'invalid UTF-8 in a pipe' 1 'stdin, line 3: byte 3 of the message is not UTF-8'
[[ -s $folder/stdout ]] || fail 'invalid UTF-8 took the answer before it away'
run chat -n 5 < <(printf 'Hi\0there\n')
result 'a NUL in a pipe' 1 'stdin, line 1: .*NUL'
run chat <&-
[[ $status -eq 0 && ! -s $folder/stderr ]] || fail "a closed stdin: $status"

# Nobody reads what is written.
echo abc >"$folder/input"
endless=(chat -m "$talker" -dev cpu -t 1 -n 1000000 --seed 1 -l 0-inf -l 11-inf)
each_with_output() { # WHAT SINK, a command that runs the rest of its arguments with a bad stdout
    local what=$1 sink=$2
    for arguments in "info -m $model --tensors" 'devices' 'devices --json' '--help' 'chat --help' "tokenize -m $talker" \
        "generate -m $talker -dev cpu -t 1 -p abc -n 10" "logits -m $talker -dev cpu --tokens 1,2 -o $folder/closed.npy" "${endless[*]}"; do
        # shellcheck disable=SC2086
        run "$sink" "$program" $arguments <"$folder/input"
        result "$what: $arguments" 1 '^rwkvk: stdout: cannot be written$'
    done
}
closed() { "$@" >&-; }
full() { "$@" >/dev/full; }
each_with_output 'a closed stdout' closed
each_with_output 'a full stdout' full
"$program" logits -m "$talker" -dev cpu --tokens 1,2 -o "$folder/open.npy" >/dev/null
same 'what was written with a full stdout' "$(sha256sum <"$folder/closed.npy")" "$(sha256sum <"$folder/open.npy")"
closed "$program" logits -m "$talker" -dev cpu --tokens 1,2 -o "$folder/closed.npy" 2>&- <&-
same 'what was written without any stream' "$(sha256sum <"$folder/closed.npy")" "$(sha256sum <"$folder/open.npy")"
only_a_byte() { "$@" | head -c1 >/dev/null; return "${PIPESTATUS[0]}"; }
run only_a_byte "$program" "${endless[@]}" <"$folder/input"
result 'an answer of which one byte is read' 1 '^rwkvk: stdout: cannot be written$'

# Full disks: what was there before stays, and nothing half written is left.
outputs_survive() { # WHAT FOLDER RUNNER...: the runner runs a command for which the folder is full
    local what=$1 where=$2 name
    shift 2
    for name in model.gguf state out.npy; do echo previous >"$where/$name"; done
    run "$@" "$program" synth "$where/model.gguf" --size 2x64x257 --type f32
    result "synth, $what" 1 'model.gguf: cannot be written: (No space|File too large)'
    run "$@" "$program" logits -m "$talker" -dev cpu -t 1 --tokens 1 -o "$where/x.npy" --state-out "$where/state"
    result "a state, $what" 1 'state: cannot be written: (No space|File too large)'
    run "$@" "$program" logits -m "$talker" -dev cpu -t 1 --tokens "$(seq -s, 1 100)" --all -o "$where/out.npy"
    result "logits, $what" 1 'out.npy: cannot be written: (No space|File too large)'
    for name in model.gguf state out.npy; do same "$name, $what" "$(cat "$where/$name")" previous; done
    [[ -z $(find "$where" -name '*.part') ]] || fail "$what: $(find "$where" -name '*.part') was left"
}
small_files_only() { bash -c 'ulimit -f 16 && exec "$@"' - "$@"; }
mkdir "$folder/small"
outputs_survive 'with a limit of 16 KiB' "$folder/small" small_files_only
mkdir "$folder/disk"
mount_small() { mount -t tmpfs -o size=64k none "$1" && head -c 40000 /dev/zero >"$1/ballast"; }
export -f mount_small outputs_survive run result same fail
export program folder talker
if unshare -rm bash -c 'mount_small "$folder/disk"' 2>/dev/null; then
    # Mounted where only this shell sees it; its failures are counted by its status.
    unshare -rm bash -c 'failures=0; mount_small "$folder/disk" && outputs_survive "on a full disk" "$folder/disk" env
        exit $failures' || failures=$((failures + $?))
else
    echo 'no file system can be mounted here: the full disk is skipped'
fi

# No memory, or few threads. (AddressSanitizer takes terabytes of addresses.)
if [[ -n ${ASAN_OPTIONS-} ]]; then
    echo 'under AddressSanitizer: the limits of memory are skipped'
else
    with_memory() { bash -c 'ulimit -v "$1" && shift && exec "$@"' - "$@"; } # KIB COMMAND...
    run with_memory 300000 "$program" logits --synthetic v7:0.4b:f16 -t 1 --tokens 1 -o "$folder/x.npy" -dev cpu
    result 'no memory for the weights' 1 '^rwkvk: out of memory; '
    run with_memory 1000000 "$program" logits -m "$model" -o "$folder/x.npy" --tokens 1,2,3 -dev cpu -t 1000 >"$folder/stdout"
    sed -i '/1000 threads are more than/d' "$folder/stderr"
    result 'no memory for all threads' 0 'only [0-9]+ of 1000 threads could be started'
    same 'the logits of fewer threads' "$(cat "$folder/stdout")" "$on_cpu"
fi
echo "$failures failures"
exit $((failures > 0))
