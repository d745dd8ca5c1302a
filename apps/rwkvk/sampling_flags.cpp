#include "apps/rwkvk/sampling_flags.h"

#include <charconv>
#include <map>

#include "host/error.h"

namespace rwkvk::app {
namespace {

[[noreturn]] void refuse_bias(const std::string& bias) {
    throw Error(Code::bad_argument,
                concat("--logit-bias: expected ID+VALUE, ID-VALUE or ID-inf, found ", quote(bias)));
}

void apply_bias(text::Sampler& sampler, const std::string& bias) {
    const char* const end = bias.data() + bias.size();
    text::Token id = 0;
    const auto [sign, id_fault] = std::from_chars(bias.data(), end, id);
    if (id_fault != std::errc() || sign == end || (*sign != '+' && *sign != '-')) refuse_bias(bias);
    const std::string_view amount(sign + 1, end);
    if (*sign == '-' && amount == "inf") return sampler.ban(id);
    float value = 0;
    const auto [stop, fault] = std::from_chars(sign + 1, end, value);
    if (fault != std::errc() || stop != end || amount.starts_with('-')) refuse_bias(bias);
    sampler.set_bias(id, *sign == '-' ? -value : value);
}

}  // namespace

void add_sampling(CLI::App& command, SamplingFlags& flags) {
    text::SamplerParams& params = flags.params;
    command.add_option("--temp,--temperature", params.temperature, "0: always the most probable");
    command.add_option("--top-p", params.top_p, "Keep the most probable tokens up to this sum");
    command.add_option("--top-k", params.top_k, "Keep at most so many tokens; 0: all");
    command.add_option("--min-p", params.min_p,
                       "Drop what is less probable than this share of the first; 0: off");
    command.add_option("--typical", params.typical, "Keep tokens of typical surprise up to this sum; 1: all");
    command.add_option("--presence-penalty", params.penalties.presence, "Off the logit of each token used");
    command.add_option("--frequency-penalty", params.penalties.frequency,
                       "The same, times how often it was used");
    command.add_option("--penalty-decay", params.penalties.decay, "What is left of a use after each token");
    command.add_option("--repeat-penalty", params.penalties.repeat,
                       "Divides the logit of each token used; 1: off");
    const std::map<std::string, text::SamplerOrder> orders = {{"rwkv", text::SamplerOrder::rwkv},
                                                              {"llama", text::SamplerOrder::llama}};
    command.add_option("--sampler-order", params.order, "rwkv: temperature last; llama: temperature first")
        ->transform(CLI::CheckedTransformer(orders).description("{rwkv,llama}"));
    command
        .add_option("-l,--logit-bias", flags.biases,
                    "Added to a token's logit: 15043+1, 15043-2.5, 15043-inf; can be repeated")
        ->allow_extra_args(false);
    command.add_option("--stop", flags.stop_strings, "End before this text; can be repeated")
        ->allow_extra_args(false);
}

text::Sampler make_sampler(const SamplingFlags& flags, uint64_t seed) {
    text::SamplerParams params = flags.params;
    params.seed = seed;
    text::Sampler sampler(params);
    for (const std::string& bias : flags.biases) apply_bias(sampler, bias);
    return sampler;
}

}  // namespace rwkvk::app
