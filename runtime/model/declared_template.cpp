#include "runtime/model/declared_template.h"

#include <filesystem>

#include "host/error.h"
#include "host/mapped_file.h"
#include "host/paths.h"
#include "runtime/load/json.h"

namespace rwkvk {
namespace {

constexpr size_t most_bytes = size_t{1} << 24;  // a tokenizer_config.json lists added tokens

/// Empty for a file that is not there.
std::string contents_of(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return {};
    const MappedFile file(path.string());
    if (file.bytes().size() > most_bytes) return {};
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

std::string in_tokenizer_config(const std::string& contents) {
    if (contents.empty()) return {};
    const load::Json json(contents, "tokenizer_config.json");
    const auto found = json.root().find("chat_template");
    return found && found->kind() == load::JsonKind::text ? found->text() : "";
}

}  // namespace

std::string declared_chat_template(const Model& model) {
    if (model.vocabulary()) return model.vocabulary()->chat_template;
    const bool named_as_there =
        model.name().starts_with("model") || model.name().starts_with("pytorch_model");
    if (model.path().empty() || !named_as_there) return {};
    try {
        const auto folder = to_path(model.path()).parent_path();
        std::string found = contents_of(folder / "chat_template.jinja");
        return found.empty() ? in_tokenizer_config(contents_of(folder / "tokenizer_config.json")) : found;
    } catch (const Error&) {
        return {};
    }
}

}  // namespace rwkvk
