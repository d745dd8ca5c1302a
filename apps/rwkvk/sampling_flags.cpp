#include "sampling_flags.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "text_input.h"

namespace rwkvk::app {

rwkvk_sampler_params SamplingFlags::over(rwkvk_sampler_params recommended) const {
    rwkvk_sampler_params params = recommended;
    params.temperature = temperature.value_or(params.temperature);
    params.top_p = top_p.value_or(params.top_p);
    params.top_k = top_k.value_or(params.top_k);
    params.min_p = min_p.value_or(params.min_p);
    params.typical = typical.value_or(params.typical);
    params.presence = presence.value_or(params.presence);
    params.frequency = frequency.value_or(params.frequency);
    params.decay = decay.value_or(params.decay);
    params.repeat = repeat.value_or(params.repeat);
    if (order) params.order = *order == "llama" ? RWKVK_ORDER_LLAMA : RWKVK_ORDER_RWKV;
    return params;
}

std::vector<SamplingFlags::Bias> SamplingFlags::parsed_biases(uint32_t vocabulary,
                                                              int64_t end_of_text) const {
    std::vector<Bias> result;
    if (ignore_end && end_of_text >= 0) result.push_back({static_cast<Token>(end_of_text), -INFINITY});
    for (const std::string& text : biases) {
        char *after_id = nullptr, *end = nullptr;
        const unsigned long long id = std::strtoull(text.c_str(), &after_id, 10);
        const float value = std::strtof(after_id, &end);
        const bool sign = *after_id == '+' || *after_id == '-';
        if (after_id == text.c_str() || text[0] == '-' || !sign || *end != 0 || std::isnan(value)) {
            throw usage_error(concat("--logit-bias: expected ID+VALUE or ID-VALUE, found '", text, "'"));
        }
        if (id >= vocabulary)
            throw usage_error(concat("--logit-bias: expected an id below ", vocabulary, ", found ", id));
        result.push_back({static_cast<Token>(id), value});
    }
    return result;
}

std::vector<std::string> SamplingFlags::stop_texts() const {
    std::vector<std::string> texts = stops;
    if (escape) {
        for (std::string& text : texts) text = unescaped(text);
    } else if (std::ranges::any_of(texts,
                                   [](const std::string& text) { return text.find("\\n") != text.npos; })) {
        std::cerr << "rwkvk: --stop: \\n is a backslash and an n; with -e it is the end of a line\n";
    }
    return texts;
}

void add_sampling_params(CLI::App& command, SamplingFlags& flags) {
    command.add_option("--temp,--temperature", flags.temperature, "0: always the most probable");
    command.add_option("--top-p", flags.top_p, "Keep the most probable tokens up to this sum");
    command.add_option("--top-k", flags.top_k, "Keep at most so many tokens; 0: all");
    command.add_option("--min-p", flags.min_p,
                       "Keep tokens so probable relative to the most probable; 0: all");
    command.add_option("--typical", flags.typical, "Keep the most typical tokens up to this sum; 1: all");
    command.add_option("--presence-penalty", flags.presence, "Off the logits of tokens that occurred");
    command.add_option("--frequency-penalty", flags.frequency, "The same per occurrence");
    command.add_option("--penalty-decay", flags.decay, "Of the occurrences, per token");
    command.add_option("--repeat-penalty", flags.repeat,
                       "Divides the logits of tokens that occurred; 1: off");
    command.add_option("--sampler-order", flags.order, "rwkv: temperature last; llama: temperature first")
        ->check(CLI::IsMember({"rwkv", "llama"}));
}

void add_sampling(CLI::App& command, SamplingFlags& flags) {
    add_sampling_params(command, flags);
    command.add_option("-l,--logit-bias", flags.biases, "ID+VALUE or ID-VALUE; ID-inf bans the token");
    command.add_option("--stop", flags.stops, "End before this text; may be repeated");
    command.add_flag("-e,--escape", flags.escape,
                     "In texts of flags, \\n is the end of a line; also \\r, \\t, \\\", \\\\ and \\xNN");
    command.add_flag("--ignore-eos", flags.ignore_end, "Ban the token that ends a text");
    command.footer(
        "Sampling that no flag sets is what the model's file recommends, in a chat else the template.");
}

}  // namespace rwkvk::app
