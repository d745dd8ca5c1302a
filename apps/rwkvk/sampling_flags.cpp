#include "sampling_flags.h"

#include <cmath>
#include <cstdlib>

namespace rwkvk::app {
namespace {

constexpr const char* names[] = {"--temp",
                                 "--top-p",
                                 "--top-k",
                                 "--min-p",
                                 "--typical",
                                 "--presence-penalty",
                                 "--frequency-penalty",
                                 "--penalty-decay",
                                 "--repeat-penalty",
                                 "--sampler-order"};

}  // namespace

bool SamplingFlags::given(const CLI::App& command) const {
    for (const char* name : names) {
        if (command.count(name) > 0) return true;
    }
    return false;
}

rwkvk_sampler_params SamplingFlags::with_seed(uint64_t seed) const {
    rwkvk_sampler_params result = params;
    result.seed = seed;
    result.order = order == "llama" ? RWKVK_ORDER_LLAMA : RWKVK_ORDER_RWKV;
    return result;
}

std::vector<SamplingFlags::Bias> SamplingFlags::parsed_biases() const {
    std::vector<Bias> result;
    for (const std::string& text : biases) {
        char *after_id = nullptr, *end = nullptr;
        const unsigned long long id = std::strtoull(text.c_str(), &after_id, 10);
        const float value = std::strtof(after_id, &end);
        const bool sign = *after_id == '+' || *after_id == '-';
        if (after_id == text.c_str() || text[0] == '-' || !sign || *end != 0 || id > UINT32_MAX ||
            std::isnan(value)) {
            throw usage_error(concat("--logit-bias: expected ID+VALUE or ID-VALUE, found '", text, "'"));
        }
        result.push_back({static_cast<Token>(id), value});
    }
    return result;
}

void add_sampling(CLI::App& command, SamplingFlags& flags) {
    command.add_option("--temp,--temperature", flags.params.temperature, "0: always the most probable");
    command.add_option("--top-p", flags.params.top_p, "Keep the most probable tokens up to this sum");
    command.add_option("--top-k", flags.params.top_k, "Keep at most so many tokens; 0: all");
    command.add_option("--min-p", flags.params.min_p,
                       "Keep tokens so probable relative to the most probable; 0: all");
    command.add_option("--typical", flags.params.typical,
                       "Keep the most typical tokens up to this sum; 1: all");
    command.add_option("--presence-penalty", flags.params.presence, "Off the logits of tokens that occurred");
    command.add_option("--frequency-penalty", flags.params.frequency, "The same per occurrence");
    command.add_option("--penalty-decay", flags.params.decay, "Of the occurrences, per token");
    command.add_option("--repeat-penalty", flags.params.repeat,
                       "Divides the logits of tokens that occurred; 1: off");
    command.add_option("--sampler-order", flags.order, "rwkv: temperature last; llama: temperature first")
        ->check(CLI::IsMember({"rwkv", "llama"}));
    command.add_option("-l,--logit-bias", flags.biases, "ID+VALUE or ID-VALUE; ID-inf bans the token");
    command.add_option("--stop", flags.stops, "End before this text; may be repeated");
}

}  // namespace rwkvk::app
