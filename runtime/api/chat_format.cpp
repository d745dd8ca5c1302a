#include "runtime/api/chat_format.h"

#include "host/log.h"
#include "runtime/api/handles.h"
#include "runtime/session/chat.h"

namespace rwkvk::api {

static_assert(static_cast<int32_t>(text::Thinking::none) == RWKVK_THINK_NONE &&
              static_cast<int32_t>(text::Thinking::a_lot) == RWKVK_THINK_LOT);

text::ChatTemplate chat_format(const char* template_name, const char* template_text, const Model& model) {
    if (template_text)
        return text::parse_chat_template(template_text, template_name ? template_name : "template");
    if (template_name) return text::chat_template(template_name);
    const text::ChatTemplateChoice choice = chat_template_of(model);
    if (choice.declares_unknown) {
        log(LogLevel::warning,
            concat(model.name(), ": its file declares a chat template that is not known here: ",
                   choice.declared, "; ", choice.format.name(),
                   " is taken, by the model's name and vocabulary: --template gives another"));
    }
    return choice.format;
}

text::Thinking to_thinking(int32_t thinking) {
    if (thinking < RWKVK_THINK_NONE || thinking > RWKVK_THINK_LOT)
        throw Error(Code::bad_argument, concat("thinking is ", thinking, ", expected one of RWKVK_THINK_*"));
    return static_cast<text::Thinking>(thinking);
}

text::SamplerParams chat_sampling(const text::ChatTemplate& format, text::Thinking thinking,
                                  const Model& model) {
    return model.sampling().value_or(format.sampling(thinking));
}

}  // namespace rwkvk::api
