#!/usr/bin/env bash
# Command lines that people bring from llama.cpp, and those of README.md: each works, or says in one line what to do.
# usage: habits_test.sh PROGRAM
set -u
program=$1 failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
export RWKVK_ARG_DEVICE=cpu
"$program" synth m.gguf --size 2x64x257 --type f32 || exit 1
printf 'Once upon a time\n' >prompt.txt

fail() {
    printf 'FAILED: %s\n' "$1"
    failures=$((failures + 1))
}
try() { # COMMAND...: its streams go to files
    "$program" "$@" >stdout 2>stderr <"${stdin-/dev/null}"
    status=$?
}
# works PATTERN ARGUMENTS...: status 0, and what comes on either stream
works() {
    local pattern=$1
    shift
    try "$@"
    [[ $status -eq 0 ]] && cat stdout stderr | grep -qE -e "$pattern" && return
    fail "rwkvk $*: expected status 0 and /$pattern/, found $status:
$(tail -n 3 stdout stderr)"
}
# passes_over FLAGS ARGUMENTS...: works, with one notice that names these flags and no more
passes_over() {
    local flags=$1
    shift
    try "$@"
    [[ $status -eq 0 && $(grep -c '^rwkvk: ' stderr) -eq 1 && $(grep '^rwkvk: ' stderr) == *": $flags" ]] && return
    fail "rwkvk $*: expected a notice about '$flags', found status $status and:
$(cat stderr)"
}
# says STATUS PATTERN ARGUMENTS...: one line, and nothing is done
says() {
    local expected=$1 pattern=$2
    shift 2
    try "$@"
    [[ $status -eq $expected && $(wc -l <stderr) -eq 1 && ! -s stdout ]] && grep -qE -e "$pattern" stderr && return
    fail "rwkvk $*: expected status $expected and one line /$pattern/, found $status and:
$(cat stdout stderr)"
}

# Asking what there is.
works 'generate' --help
works 'generate' -h
works 'generate' help
works '--top-p' help chat
works '--top-p' generate --help
works '^rwkvk [0-9]' version
works '^rwkvk [0-9]' --version
works '^rwkvk [0-9]' chat --version
works '^cpu ' --list-devices
works '^cpu ' chat --list-devices
says 2 "no command is called 'finetune'; there are bench" finetune
says 2 "no command is called 'nonsense'" help nonsense
says 2 'expected a command before -m: rwkvk chat' -m m.gguf -p Hi -n 3

# llama-cli, llama-completion.
works '3 tokens' generate -p Hi -n 3 -ngl 99
works '3 tokens' generate -p Hi -n 3 -ngl all
works '3 tokens' generate -p Hi -n 3 --n-gpu-layers -1
works '3 tokens' generate -p Hi -n 3 --gpu-layers 0
works '3 tokens' generate -p Hi -n 3 --gpu-memory 1
says 2 'number of layers' generate -p Hi -n 3 -ngl -5
says 2 'number of layers' generate -p Hi -n 3 -ngl half
passes_over '-fa' generate -p Hi -n 3 -fa
passes_over '-fa' generate -p Hi -n 3 -fa on
passes_over '-c, -b, -ub' generate -m m.gguf -p 'Hi' -n 3 -c 4096 -b 2048 -ub 512
passes_over '--mlock, --no-mmap, --numa' generate -p Hi -n 3 --mlock --no-mmap --numa distribute
passes_over '-no-cnv, --no-warmup, --color' generate -m m.gguf -no-cnv --no-warmup --color -n 4 -p 'I believe' --temp 0.7
passes_over '-tb, -sm, -ts, -mg' generate -p Hi -n 3 -t 2 -tb 4 -sm none -ts 3,1 -mg 0
passes_over '--repeat-last-n, --mirostat, --dry-multiplier, --xtc-probability' generate -p Hi -n 3 --repeat-last-n 64 \
    --mirostat 2 --dry-multiplier 0.8 --xtc-probability 0.5 --repeat-penalty 1.1
passes_over '-ctk, -ctv, --rope-freq-base, --keep' generate -p Hi -n 3 -ctk q8_0 -ctv q8_0 --rope-freq-base 10000 --keep 5
passes_over '--log-disable, -lv, --no-perf, --no-display-prompt, --simple-io' generate -p Hi -n 3 --log-disable -lv 1 --no-perf \
    --no-display-prompt --simple-io
passes_over '--prompt-cache' generate -p Hi -n 3 --prompt-cache cache.bin
passes_over '-st, --jinja, --color' chat -st --jinja --color auto -sys 'You are terse.'
passes_over '-cnv, -i, -mli' chat -m m.gguf -cnv -i -mli
works 'seed 42, fingerprint' generate -m m.gguf -p Hi --n-predict 3 -s 42
works '^\[3 tokens' generate -p Hi -n 8 -n 3 --stop NoSuchText
works '\[[0-9]+ tokens, .*seed [0-9]+, fingerprint [0-9a-f]{16}\]$' generate -p 'User: What is 2 + 2?\n\nAssistant:' -e -r '\n' -n -1
works 'seed [0-9]+, fingerprint' generate -p Hi -n 3 --seed -1
works '"seed": 7,' generate -p Hi -n 3 --seed 7 --json
works 'fingerprint' generate -m m.gguf -p Hi -n 3 --ignore-eos --temp 0 --top-k 40 --top-p 0.95 --min-p 0.05 --typical-p 1.0
works 'fingerprint' generate -f prompt.txt -n 3 -dev cpu
works 'fingerprint' generate -p Hi -n 3 -r User: -l 15-1
stdin=prompt.txt works '.' chat -n 8 --chat-template world
stdin=prompt.txt works '.' chat -n 8 --chat-template rwkv-world
works 'fingerprint' generate -p Hi -n 3 -t -1 -dev none
works '1: a random one' generate --help
says 2 'expected a whole number; a random seed is for generate and chat' verify --seed -1
says 2 '-rea: .*--think' chat -rea off
says 2 'a text by -p TEXT' generate 'Once upon a time' -n 3
says 2 '-v takes no value' generate -p Hi -v=true
says 2 '-hf: rwkvk downloads nothing: .* -m FILE' chat -hf ggml-org/model-GGUF
says 2 '-mu: rwkvk downloads nothing' generate -mu https://example.org/model.gguf -p Hi
says 2 "-p: .*rwkvk generate continues -p TEXT .*stdin" chat -p Hello
says 2 "write --sys" chat -sysf system.txt
says 2 "'m.gguf' belongs to no flag; a model is given by -m" chat m.gguf
says 2 'unknown flag -xyz; .rwkvk generate --help' generate -p Hi -xyz
says 2 'unknown flag -n5; if you mean -n, write -n 5' generate -p Hi -n5
says 2 'unknown flag --nonsense' generate -p Hi --nonsense 3
works '^abab' generate -p Hi --grammar 'root ::= "ab"{2}'
echo 'root ::= "a" | "b"' >grammar.gbnf
works '^[ab]$' generate -p Hi --grammar-file grammar.gbnf
works '^[1-3]$' generate -p Hi -j '{"enum": [1, 2, 3]}'
echo '{"const": true}' >schema.json
works '^true$' generate -p Hi -jf schema.json
stdin=prompt.txt works '^[{] ?["]a": ?[0-9]+ ?[}]$' chat -n 99 --json-schema '{"properties": {"a": {"type": "integer", "minimum": 0}}, "required": ["a"]}'
says 2 'line 1, column 10: the rule .x. is used but not defined' generate -p Hi --grammar 'root ::= x'
says 2 'uniqueItems is not supported' generate -p Hi -j '{"type": "array", "uniqueItems": true}'
says 2 '--receipt excludes --grammar: leave one' generate -p Hi --grammar 'root ::= "x"' --receipt r.json
says 2 '--grammar: rwkvk generate and chat' tokenize --grammar 'root ::= "x"'
says 2 '--image: ' generate -p Hi --image cat.png
says 2 '--prompt excludes --file: leave one' generate -p Hi -f prompt.txt

# llama-quantize, llama-bench, llama-perplexity, llama-tokenize.
works 'q.gguf: ' quantize m.gguf q.gguf Q4_K_M
works 'q.gguf: ' quantize m.gguf q.gguf q8_0 2
works 'q.gguf: ' quantize --type q4_0 m.gguf q.gguf
passes_over '--allow-requantize, --imatrix' quantize --allow-requantize --imatrix i.dat m.gguf q.gguf Q5_K_S
says 2 'IQ2_XS.* of llama.cpp is not made here: take Q2_K' quantize m.gguf q.gguf IQ2_XS
says 2 'expected a type.*Q4_K_M' quantize m.gguf Q4_K_M
says 2 'there is no dry run' quantize --dry-run m.gguf q.gguf Q4_K_M
says 2 "output: 'm.gguf' is the file of input" quantize m.gguf m.gguf Q4_K_M
works 'q.gguf: ' quantize m.gguf q.gguf Q4_0 -t -1
passes_over '--mmap, -nkvo, -embd' bench -m m.gguf -p 8 -n 8 -r 1 --mmap 0 -nkvo 0 -embd 0
passes_over '-fa' bench -m m.gguf -p 8 -n 8 -r 1 -ngl 99 -fa 1
works '^\| tg4 \|' bench -m m.gguf --n-prompt 0 --n-gen 4 --repetitions 1
stdin=prompt.txt passes_over '--ids, --stdin' tokenize --ids --stdin
passes_over '--chunks' perplexity -m m.gguf -f prompt.txt -c 512 --chunks 4
says 2 '--kl-base' perplexity -m m.gguf -f prompt.txt --kl-divergence-base logits.bin --kl-divergence
says 2 "'Hello' belongs to no flag" tokenize Hello

# README.md.
works '"version": "7.0"' info -m m.gguf --json
works 'fingerprint [0-9a-f]{16}' logits -m m.gguf --tokens '[1, 2, 3]' --all -o out.npy
works 'fingerprint [0-9a-f]{16}' logits -m m.gguf -p Hi -o out.npy --state-out saved
stdin=prompt.txt works '^[0-9 ]+$' tokenize
works '^perplexity: ' perplexity -m q.gguf -f prompt.txt --kl-base m.gguf
works '^cpu reads' bench --probe
echo "$failures failures"
exit $((failures > 0))
