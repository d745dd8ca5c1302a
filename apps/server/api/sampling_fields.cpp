#include "sampling_fields.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <random>

#include "api_error.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr size_t most_biases = 1024;
constexpr double banned = -100;  // a bias of that or less
constexpr float banning = -std::numeric_limits<float>::infinity();

void set(const Fields& fields, const char* name, double low, double high, float& value) {
    if (const auto number = fields.number(name, low, high)) value = static_cast<float>(*number);
}

uint64_t random_seed() {
    std::random_device device;
    return device();  // 32 bits: every client's numbers hold them
}

/// An id as a number, or in the words of JSON's keys; none for other words.
std::optional<uint64_t> id_of(const json& token) {
    if (token.is_number_integer() && token >= 0) return token.get<uint64_t>();
    if (!token.is_string()) return std::nullopt;
    const auto& text = token.get_ref<const std::string&>();
    uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

class Biases {
  public:
    Biases(const Fields& fields, const Tokenizer& tokenizer) : fields_(fields), tokenizer_(tokenizer) {}

    std::vector<std::pair<Token, float>> read() {
        const json* const given = fields_.find("logit_bias");
        if (!given) return {};
        if ((!given->is_object() && !given->is_array()) || given->size() > most_biases) refuse();
        for (const auto& [key, value] : given->items())
            given->is_object() ? add(key, value) : add_pair(value);
        return std::move(biases_);
    }

  private:
    [[noreturn]] void refuse() const {
        fields_.refuse("logit_bias", "an object of ids and numbers, or a list of pairs, " +
                                         std::to_string(most_biases) + " at most");
    }
    void add_pair(const json& pair) {
        if (!pair.is_array() || pair.size() != 2) refuse();
        add(pair[0], pair[1]);
    }
    /// A text that is no id stands for each of its tokens.
    void add(const json& token, const json& value) {
        const float bias = bias_of(value);
        if (const auto id = id_of(token)) {
            if (*id >= tokenizer_.vocabulary()) refuse();
            biases_.emplace_back(static_cast<Token>(*id), bias);
        } else if (token.is_string()) {
            for (const Token each : tokenizer_.encode(token.get<std::string>()))
                biases_.emplace_back(each, bias);
        } else {
            refuse();
        }
    }
    float bias_of(const json& value) const {
        if (value.is_boolean() && !value.get<bool>()) return banning;
        if (!value.is_number() || !std::isfinite(value.get<double>())) refuse();
        const double bias = value.get<double>();
        return bias <= banned ? banning : static_cast<float>(bias);
    }

    const Fields& fields_;
    const Tokenizer& tokenizer_;
    std::vector<std::pair<Token, float>> biases_;
};

}  // namespace

Sampler Sampling::sampler(const Runtime& runtime, uint64_t choice) const {
    rwkvk_sampler_params own = params;
    own.seed += choice;
    Sampler sampler(runtime, own);
    for (const auto& [token, bias] : biases) sampler.bias(token, bias);
    if (grammar) grammar->constrain(sampler);
    return sampler;
}

Sampling read_sampling(const Fields& fields, const rwkvk_sampler_params& params,
                       std::optional<uint64_t> usual_seed, const Tokenizer& tokenizer) {
    Sampling sampling{params, {}, nullptr};
    rwkvk_sampler_params& p = sampling.params;
    set(fields, "temperature", 0, 100, p.temperature);
    set(fields, "top_p", 0, 1, p.top_p);
    set(fields, "min_p", 0, 1, p.min_p);
    set(fields, "typical_p", 0, 1, p.typical);
    set(fields, "presence_penalty", -100, 100, p.presence);
    set(fields, "frequency_penalty", -100, 100, p.frequency);
    set(fields, "alpha_decay", 0, 1, p.decay);
    set(fields, "penalty_decay", 0, 1, p.decay);
    set(fields, "repeat_penalty", 0.01, 100, p.repeat);
    if (const auto top_k = fields.integer("top_k", -1, UINT32_MAX))
        p.top_k = static_cast<uint32_t>(std::max<int64_t>(*top_k, 0));
    const int64_t seed = fields.integer("seed", -1, INT64_MAX).value_or(-1);
    p.seed = seed >= 0 ? static_cast<uint64_t>(seed) : usual_seed ? *usual_seed : random_seed();
    if (const auto order = fields.text("sampler_order")) {
        if (*order != "rwkv" && *order != "llama") fields.refuse("sampler_order", "rwkv or llama");
        p.order = *order == "llama" ? RWKVK_ORDER_LLAMA : RWKVK_ORDER_RWKV;
    }
    sampling.biases = Biases(fields, tokenizer).read();
    if (fields.boolean("ignore_eos").value_or(false) && tokenizer.end_of_text() >= 0)
        sampling.biases.emplace_back(static_cast<Token>(tokenizer.end_of_text()), banning);
    return sampling;
}

json to_json(const rwkvk_sampler_params& p) {
    return {{"temperature", p.temperature},
            {"top_k", p.top_k},
            {"top_p", p.top_p},
            {"min_p", p.min_p},
            {"typical_p", p.typical},
            {"presence_penalty", p.presence},
            {"frequency_penalty", p.frequency},
            {"penalty_decay", p.decay},
            {"repeat_penalty", p.repeat},
            {"sampler_order", p.order == RWKVK_ORDER_LLAMA ? "llama" : "rwkv"}};
}

}  // namespace rwkvk::server
