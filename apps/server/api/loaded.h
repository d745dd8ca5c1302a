#pragma once
// The model that a server answers with.

#include <memory>
#include <rwkvk_engine.hpp>
#include <string>
#include <vector>

namespace rwkvk::server {

struct Loaded {
    Runtime runtime;
    Model model;
    Tokenizer tokenizer;
    Engine engine;
    std::vector<std::string> names;  // that clients know it by; the first is told
    std::string file;                // of the model, without its folder
    std::string system_fingerprint;  // equal ones and equal seeds give equal answers
    uint32_t slots;
    bool thinks = false, thinks_in_grades = false;  // as its template has it

    /// RWKVK_THINK_*, of those that the model knows.
    int32_t nearest_thinking(int32_t wanted) const {
        if (!thinks) return RWKVK_THINK_NONE;
        return wanted > RWKVK_THINK_ON && !thinks_in_grades ? RWKVK_THINK_ON : wanted;
    }
};

/// Whether conversations can be written with so much thinking.
bool knows_thinking(const Model& model, const Tokenizer& tokenizer, const std::string& template_name,
                    int32_t thinking);

}  // namespace rwkvk::server
