#include "runtime/load/foreign_names.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "runtime/load/bytes.h"

namespace rwkvk::load {
namespace {

constexpr const char *original = "use the original .pth, which rwkvk quantises itself",
                     *merged = "merge it into its model with the program that made it, and give that model",
                     *exported = "give the adapter-final.pth that the training wrote at its end";

struct Mark {
    std::string_view part;  // of a name
    bool at_end;            // or anywhere
    const char *what, *instead;
};
constexpr Mark marks[] = {
    // rwkv-rs/vllm-rwkv, BlinkDL/Albatross
    {".nf4_b_scale", true, "weights quantised to NVFP4", original},
    {".nvfp4_t_scale", true, "weights quantised to NVFP4", original},
    {".awq_scale", true, "weights quantised with AWQ", original},
    {".fp8_scale", true, "weights quantised to FP8", original},
    {".scale", true, "weights quantised to int8 with scales", original},
    {".qweight", true, "weights quantised with GPTQ or AWQ", original},
    {".SCB", true, "weights quantised by bitsandbytes", original},
    {".absmax", true, "weights quantised by bitsandbytes", original},
    // huggingface/peft
    {".lora_magnitude_vector", false, "a DoRA adapter", merged},
    {".lora_embedding_", false, "a LoRA of the embedding", merged},
    {".lora_E", false, "an AdaLoRA adapter", merged},
    {".lora_B.bias", true, "a LoRA with a bias", merged},
    {".trainable_tokens_", false, "an adapter of single tokens", merged},
    {"prompt_embeddings", false, "a tuned prompt", "use a tuned initial state instead"},
    {".ia3_", false, "an IA3 adapter", merged},
    {".hada_", false, "a LoHa adapter", merged},
    {".lokr_", false, "a LoKr adapter", merged},
    {".vera_", false, "a VeRA adapter", merged},
    {".oft_", false, "an OFT adapter", merged},
    {".boft_", false, "a BOFT adapter", merged},
    // rwkv_lightning_cuda
    {".D.master", true, "a checkpoint of a MiSS training", exported},
};

}  // namespace

void refuse_foreign_names(const Checkpoint& checkpoint) {
    for (const auto& [name, view] : checkpoint.tensors) {
        const auto* found = std::ranges::find_if(marks, [&](const Mark& mark) {
            return mark.at_end ? name.ends_with(mark.part) : name.find(mark.part) != name.npos;
        });
        if (found == std::end(marks)) continue;
        throw Error(Code::unsupported, concat(checkpoint.path, ": tensor ", quote(name), " is of ",
                                              found->what, ", which is not read: ", found->instead));
    }
}

}  // namespace rwkvk::load
