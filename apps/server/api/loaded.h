#pragma once
// The model that a server answers with.

#include <memory>
#include <rwkvk_engine.hpp>
#include <string>
#include <vector>

namespace rwkvk::server {

/// What a model's template, or the one it is given, has words for.
struct TemplateFacts {
    bool thinking = false, grades_of_thinking = false, tools = false;
};
/// `template_name` "": the model's.
TemplateFacts template_facts(const Model& model, const Tokenizer& tokenizer,
                             const std::string& template_name);

struct Loaded {
    Runtime runtime;
    Model model;
    Tokenizer tokenizer;
    Engine engine;
    std::vector<std::string> names;  // that clients know it by; the first is told
    std::string file;                // of the model, without its folder
    std::string system_fingerprint;  // equal ones and equal seeds give equal answers
    uint32_t slots;
    TemplateFacts knows = {};

    /// RWKVK_THINK_*, of those that the model knows.
    int32_t nearest_thinking(int32_t wanted) const {
        if (!knows.thinking) return RWKVK_THINK_NONE;
        return wanted > RWKVK_THINK_ON && !knows.grades_of_thinking ? RWKVK_THINK_ON : wanted;
    }
};

}  // namespace rwkvk::server
