#include "runtime/load/adapter_config.h"

#include <algorithm>
#include <cmath>

#include "runtime/load/bytes.h"
#include "runtime/load/json.h"

namespace rwkvk::load {
namespace {

Error unsupported(const std::string& where, const std::string& what) {
    return Error(Code::unsupported, concat(where, ": ", what,
                                           ", which is not read: merge the adapter into its model with PEFT "
                                           "(merge_and_unload), and give that model"));
}

/// Text as it is, everything else as "", absent too.
std::string text_in(const JsonValue& object, std::string_view key) {
    const auto value = object.find(key);
    return value && value->kind() == JsonKind::text ? value->text() : "";
}

float finite_in(const JsonValue& value, std::string_view key, const std::string& where) {
    const double number = value.kind() == JsonKind::number
                              ? std::visit([](auto own) { return static_cast<double>(own); }, value.number())
                              : NAN;
    if (std::isfinite(static_cast<float>(number))) return static_cast<float>(number);
    throw damaged(where, concat("expected a number of float32 as ", quote(key)));
}

/// Whether a member says anything: null, false, an empty text, array or object say nothing.
bool is_set(const JsonValue& object, std::string_view key) {
    const auto value = object.find(key);
    if (!value) return false;
    switch (value->kind()) {
        case JsonKind::null:
            return false;
        case JsonKind::boolean:
            return value->boolean();
        case JsonKind::text:
            return !value->text().empty() && value->text() != "none";
        case JsonKind::array:
            return value->items().begin() != value->items().end();
        case JsonKind::object: {
            bool any = false;
            value->for_each_member([&](const JsonValue&, const JsonValue&) { any = true; });
            return any;
        }
        case JsonKind::number:
            break;
    }
    return true;
}

/// huggingface/peft, src/peft/tuners/lora/config.py: what changes a model otherwise than by its matrices.
constexpr const char* refused_options[] = {"alora_invocation_tokens",
                                           "alpha_pattern",
                                           "arrow_config",
                                           "ensure_weight_tying",
                                           "fan_in_fan_out",
                                           "kasa_config",
                                           "layer_replication",
                                           "lora_bias",
                                           "monteclora_config",
                                           "target_parameters",
                                           "trainable_token_indices",
                                           "use_bdlora",
                                           "use_dora",
                                           "use_qalora",
                                           "velora_config"};

/// How the matrices began, where that leaves the model's own as they are.
constexpr std::string_view plain_beginnings[] = {"", "gaussian", "eva", "orthogonal"};

void check_lora(const JsonValue& config, const std::string& where) {
    for (const char* option : refused_options) {
        if (is_set(config, option)) throw unsupported(where, concat("a LoRA with '", option, "'"));
    }
    const std::string beginning = text_in(config, "init_lora_weights");
    if (std::ranges::find(plain_beginnings, beginning) == std::end(plain_beginnings))
        throw unsupported(where, concat("a LoRA that began as ", quote(beginning),
                                        ", for which PEFT changed the model too"));
}

void check_pieces(const JsonValue& config, const std::string& where) {
    const std::string kind = text_in(config, "init_weights");
    if (kind.empty()) return;
    throw unsupported(where, concat("pieces of the kind ", quote(kind)));
}

}  // namespace

float PeftConfig::factor(uint64_t rank) const {
    if (!alpha) return 1.0f;
    const auto divisor = static_cast<float>(rank);
    return *alpha / (by_root ? std::sqrt(divisor) : divisor);
}

PeftConfig parse_peft_config(std::string_view text, const std::string& where) {
    const Json json(text, where);
    const JsonValue config = json.root();
    const std::string type = text_in(config, "peft_type");
    if (type == "MISS" || type == "BONE") {
        check_pieces(config, where);
        return {};
    }
    if (type != "LORA") throw unsupported(where, concat("an adapter of type ", quote(type)));
    check_lora(config, where);
    constexpr float usual_alpha = 8;  // of LoraConfig
    const auto alpha = config.find("lora_alpha");
    return {.alpha = alpha ? finite_in(*alpha, "lora_alpha", where) : usual_alpha,
            .by_root = is_set(config, "use_rslora")};
}

float parse_miss_manifest(std::string_view text, const std::string& where) {
    const Json json(text, where);
    const JsonValue manifest = json.root();
    const auto expect = [&](const char* key, std::string_view expected) {
        const std::string found = text_in(manifest, key);
        if (found.empty() || found == expected) return;
        throw Error(Code::unsupported, concat(where, ": expected ", expected, " as '", key, "', found ",
                                              quote(found), ": export the adapter again"));
    };
    expect("method", "miss");
    expect("layout", "modulo_rank_zero_pad");
    return finite_in(manifest.member("scale"), "scale", where);
}

}  // namespace rwkvk::load
