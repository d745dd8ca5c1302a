#include <sstream>

#include "memory.h"
#include "session.h"

namespace rwkvk::desktop {
namespace {

void write_model(std::ostream& text, const ModelFacts& facts) {
    text << "Model: " << facts.name << " (RWKV " << facts.version << ", " << facts.format << ", "
         << facts.layers << " layers of " << facts.width << ", " << facts.parameters << " parameters, "
         << bytes_text(facts.weight_bytes) << ")\nTokenizer: " << facts.tokenizer
         << "\nDevice: " << facts.device << (facts.draws_window ? ", which draws the window" : "") << '\n';
    if (!facts.kernels.empty()) text << "Kernels: " << facts.kernels << '\n';
}

void write_speed(std::ostream& text, const AnswerState& answer) {
    text << "Last answer: " << answer.tokens << " tokens, " << answer.tokens_per_second
         << " tokens/s; prompt of " << answer.prompt_tokens << " tokens, " << answer.cached_tokens
         << " of them known, " << answer.prompt_tokens_per_second << " tokens/s\n";
}

void write_message(std::ostream& text, const Message& message) {
    text << (message.role == Role::user ? "\n### You\n\n" : "\n### Model\n\n");
    if (!message.reasoning.empty())
        text << "<details><summary>Reasoning</summary>\n\n" << message.reasoning << "\n\n</details>\n\n";
    text << message.text << '\n';
    if (message.role == Role::assistant && message.tokens > 0) {
        text << "\n(" << message.model << ", seed " << message.seed << ", " << message.tokens << " tokens in "
             << message.seconds << " s" << (message.ending.empty() ? "" : ", " + message.ending) << ")\n";
    }
}

}  // namespace

std::string Session::report() const {
    std::ostringstream text;
    text.precision(4);
    text << "# " << current().name() << "\n\nrwkvk " << rwkvk_version() << ", numerics "
         << rwkvk_numerics_version() << '\n';
    if (model_.ready) write_model(text, model_.facts);
    if (!drawing_.refusal.empty()) text << "The window's device runs no model: " << drawing_.refusal << '\n';
    if (answer_.tokens > 0) write_speed(text, answer_);
    text << "Memory: " << memory_text(own_bytes(), model_.facts.device_bytes)
         << "\nSampling: " << name_of(settings.sampling.preset) << '\n';
    if (!current().system.empty()) text << "\n### System\n\n" << current().system << '\n';
    for (const Message& message : current().messages) write_message(text, message);
    if (verify_.report) text << "\n## Verification\n\n" << verify_.report->to_text();
    return text.str();
}

}  // namespace rwkvk::desktop
