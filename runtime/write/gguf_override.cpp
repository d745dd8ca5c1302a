#include "runtime/write/gguf_override.h"

#include "host/error.h"
#include "host/number_in.h"

namespace rwkvk {
namespace {

/// Whether the value could be added.
bool add(std::string_view key, std::string_view type, std::string_view value, load::GgufMetadataToWrite& to) {
    if (key.empty()) return false;
    if (type == "str") {
        to.add_text(key, value);
        return true;
    }
    if (type == "bool" && (value == "true" || value == "false")) {
        to.add_bool(key, value == "true");
        return true;
    }
    if (const auto number = number_in<float>(value); number && type == "float") {
        to.add_f32(key, *number);
        return true;
    }
    if (const auto number = number_in<uint32_t>(value); number && type == "int") {
        to.add_u32(key, *number);
        return true;
    }
    if (const auto number = number_in<int32_t>(value); number && type == "int") {
        to.add_i32(key, *number);
        return true;
    }
    return false;
}

}  // namespace

void override_gguf_metadata(std::string_view text, load::GgufMetadataToWrite& metadata) {
    const size_t equals = text.find('='), colon = text.find(':', equals);
    const bool has_parts = equals != text.npos && colon != text.npos;
    const std::string_view key = text.substr(0, equals);
    if (has_parts && (key == "general.alignment" || key.starts_with("split."))) {
        throw Error(Code::bad_argument, concat("metadata: ", quote(key),
                                               " says how a file is laid out, and "
                                               "readers would find other tensors: leave it"));
    }
    if (has_parts && add(key, text.substr(equals + 1, colon - equals - 1), text.substr(colon + 1), metadata))
        return;
    throw Error(Code::bad_argument,
                concat("metadata: expected KEY=int:NUMBER, KEY=float:NUMBER, KEY=bool:true or false, or "
                       "KEY=str:TEXT, found ",
                       quote(text)));
}

}  // namespace rwkvk
