#include "loaded.h"

namespace rwkvk::server {

TemplateFacts template_facts(const Model& model, const Tokenizer& tokenizer,
                             const std::string& template_name) {
    rwkvk_prompt_params plain = prompt_params();
    if (!template_name.empty()) plain.template_name = template_name.c_str();
    const auto writes = [&](const rwkvk_prompt_params& how) {
        try {
            const Prompt prompt(model, tokenizer, {{"user", "?"}}, how);
            return true;
        } catch (const Error& error) {
            if (error.status() == RWKVK_BAD_ARGUMENT) return false;
            throw;
        }
    };
    const rwkvk_tool tool = {"any", "", "{}", 0};
    rwkvk_prompt_params thinking = plain, graded = plain, tools = plain;
    thinking.thinking = RWKVK_THINK_FAST;
    graded.thinking = RWKVK_THINK_LOT;
    tools.tools = &tool;
    tools.tool_count = 1;
    return {writes(thinking), writes(graded), writes(tools)};
}

}  // namespace rwkvk::server
