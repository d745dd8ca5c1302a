#include "foreign_flags.h"

namespace rwkvk::app {
namespace {

constexpr auto none = ForeignFlag::Value::none, one = ForeignFlag::Value::one,
               on_off = ForeignFlag::Value::on_off;

constexpr std::string_view
    fetch = "rwkvk downloads nothing: fetch the model's file, then give it with -m FILE",
    text_only = "models of RWKV read text only: leave it out",
    no_grammar = "rwkvk generate and chat hold answers to a grammar",
    no_text =
        "not a flag of this command: rwkvk generate continues -p TEXT or -f FILE; chat and tokenize read "
        "stdin",
    uniform = "types are chosen by name, as Q4_K_M, and by --output-tensor-type and --token-embedding-type";

// After `llama-cli --help` and its like, of November 2026, and flags that they had before. Rows with neither
// of the last three columns are passed over: the device runs all layers, a state has one size, files are
// mapped, samplers are others, logs are lines on stderr.
constexpr ForeignFlag flags[] = {
    {"-dev --device", one, "--dev"},
    {"-sys --system-prompt", one, "--sys", "rwkvk chat takes a system text"},
    {"-sysf --system-prompt-file", one, {}, "write --sys \"$(cat FILE)\""},
    {"-p --prompt -f --file", one, {}, no_text},
    {"-bf --binary-file", one, {}, "rwkvk generate takes -f FILE --keep-newline"},
    {"-n --n-predict", one, "--predict"},
    {"-r --reverse-prompt", one, "--stop"},
    {"-e --escape", none, "--escape"},
    {"--chat-template --chat-template-file", one, "--template"},
    {"--typical-p", one, "--typical"},
    {"--lora-scaled", one, "--lora"},
    {"--n-prompt", one, "--prompt-tokens"},
    {"--n-gen", one, "--generate-tokens"},
    {"--repetitions", one, "--repeats"},
    {"-t --threads", one, "--threads"},
    {"-v --verbose --log-verbose", none, "--verbose"},
    {"--usage", none, "--help"},
    {"--version", none, {}, {}, "--version"},
    {"--list-devices", none, {}, {}, "devices"},

    {"-rea --reasoning --reasoning-budget",
     one,
     {},
     "rwkvk chat takes --think none, fast, on, little or lot"},
    {"--host --port", one, {}, "rwkvk serve listens for HTTP"},
    {"--license", none, {}, "it is in the file LICENSE beside the source"},
    {"--completion-bash", none, {}, "there is no completion for shells yet"},
    {"-hf -hfr --hf-repo -hff --hf-file -mu --model-url -dr --docker-repo", one, {}, fetch},
    {"-jf --json-schema-file", one, "--json-schema-file", no_grammar},
    {"--grammar --grammar-file -j --json-schema", one, {}, no_grammar},
    {"-mm --mmproj -mmu --mmproj-url --image --audio --video", one, {}, text_only},
    {"--control-vector*", one, {}, "there are --lora and --state instead"},
    {"-o --output --output-file", one, {}, "redirect stdout instead: > FILE"},
    {"--dry-run", none, {}, "there is no dry run: quantize writes the file"},
    {"--leave-output-tensor", none, {}, uniform},
    {"--tensor-type --tensor-type-file --target-bpw --target-size --prune-layers", one, {}, uniform},
    {"--kl-divergence", none, {}, "give the model to compare with by --kl-base"},
    {"--kl-divergence-base", one, {}, "give the model to compare with, not its logits, by --kl-base"},

    {"-fa --flash-attn -co --color --log-colors -fit --fit", on_off},
    {"--mmap -mmp -dio --direct-io -nkvo --no-kv-offload -nopo --no-op-offload -embd --embeddings", on_off},
    {"--mlock --no-mmap -ndio --no-direct-io --offline --check-tensors", none},
    {"-cnv --conversation -no-cnv --no-cnv --no-conversation -i --interactive -if --interactive-first", none},
    {"-mli --multiline-input -st --single-turn --simple-io --in-prefix-bos -sp --special", none},
    {"--warmup --no-warmup --display-prompt --no-display-prompt --verbose-prompt --no-escape", none},
    {"--log-disable --log-prefix --no-log-prefix --log-timestamps --no-log-timestamps", none},
    {"--perf --no-perf --show-timings --no-show-timings --progress --no-ppl", none},
    {"--jinja --no-jinja --skip-chat-parsing --no-skip-chat-parsing", none},
    {"--reasoning-preserve --no-reasoning-preserve --prompt-cache-all --prompt-cache-ro", none},
    {"-kvo --kv-offload --repack -nr --no-repack --no-host --op-offload", none},
    {"--swa-full --context-shift --no-context-shift -cmoe --cpu-moe", none},
    {"-cb --cont-batching -nocb --no-cont-batching -bs --backend-sampling --memory-f32", none},
    {"--penalize-nl --no-penalize-nl --ignore-eos --spec-default --allow-requantize --keep-split", none},
    {"-kvu --kv-unified -no-kvu --no-kv-unified --log-jsonl -cl --cache-list --ids --stdin", none},
    {"--prefill-assistant --no-prefill-assistant", none},
    {"--no-mmproj --no-mmproj-auto --mmproj-auto --mmproj-offload --no-mmproj-offload", none},

    {"-ngl", one, "--gpu-layers"},
    {"-np --parallel", one, "--parallel"},
    {"-cram --cache-ram", one, "--cache-ram"},
    {"-sm --split-mode -ts --tensor-split -mg --main-gpu --rpc", one},
    {"-c --ctx-size -b --batch-size -ub --ubatch-size --keep -fitt --fit-target", one},
    {"-fitc --fit-ctx -ot --override-tensor -ncmoe --n-cpu-moe -lm --load-mode --numa", one},
    {"-tb --threads-batch -C --cpu-mask -Cr --cpu-range --cpu-strict --prio --poll", one},
    {"-Cb --cpu-mask-batch -Crb --cpu-range-batch --cpu-strict-batch --prio-batch --poll-batch", one},
    {"-ctk --cache-type-k -ctv --cache-type-v -dt --defrag-thold -ctxcp --ctx-checkpoints", one},
    {"-gan --grp-attn-n -gaw --grp-attn-w --prompt-cache -ptc --print-token-count", one},
    {"--rope-* --yarn-*", one},
    {"-lv --verbosity --log-verbosity --log-file -hft --hf-token", one},
    {"--samplers --sampler-seq --sampling-seq --repeat-last-n --top-nsigma --top-n-sigma", one},
    {"--mirostat* --dry-* --xtc-* --dynatemp-* --adaptive-* --tfs --tfs-z", one},
    {"--in-prefix --in-suffix --reasoning-* --chat-template-kwargs", one},
    {"-md --model-draft -td -tbd -ngld -devd -ctkd -ctvd -hfd --hf-repo-draft --draft* --spec-*", one},
    {"-pg -d --n-depth --delay -oe --output-err --chunks --ppl-stride --ppl-output-type", one},
    {"--override-kv -lcs --lookup-cache-static -lcd --lookup-cache-dynamic -cpent -to --timeout", one},
    {"--imatrix --include-weights --exclude-weights", one},
};

bool is_among(std::string_view names, std::string_view wanted) {
    while (!names.empty()) {
        const std::string_view name = names.substr(0, names.find(' '));
        names.remove_prefix(name.size() == names.size() ? name.size() : name.size() + 1);
        if (name == wanted) return true;
        if (name.back() == '*' && wanted.substr(0, name.size() - 1) == name.substr(0, name.size() - 1))
            return true;
    }
    return false;
}

}  // namespace

const ForeignFlag* find_foreign_flag(std::string_view name) {
    for (const ForeignFlag& flag : flags) {
        if (is_among(flag.names, name)) return &flag;
    }
    return nullptr;
}

}  // namespace rwkvk::app
