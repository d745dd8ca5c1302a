#include "loaded.h"

namespace rwkvk::server {

bool knows_thinking(const Model& model, const Tokenizer& tokenizer, const std::string& template_name,
                    int32_t thinking) {
    rwkvk_prompt_params how = prompt_params();
    how.thinking = thinking;
    if (!template_name.empty()) how.template_name = template_name.c_str();
    try {
        const Prompt prompt(model, tokenizer, {{"user", "?"}}, how);
        return true;
    } catch (const Error& error) {
        if (error.status() == RWKVK_BAD_ARGUMENT) return false;
        throw;
    }
}

}  // namespace rwkvk::server
