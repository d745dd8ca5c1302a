#include "runtime/session/state_file.h"

#include <algorithm>
#include <utility>

#include "host/finite.h"
#include "host/mapped_file.h"
#include "host/number_in.h"
#include "runtime/load/bytes.h"
#include "runtime/load/safetensors/safetensors.h"
#include "runtime/model/fingerprint.h"

namespace rwkvk {
namespace {

constexpr const char* format_name = "rwkvk-state";
constexpr uint64_t newest_version = 2, version_without_tokens = 1;
constexpr const char* tokens_name = "tokens";

std::vector<uint64_t> canonical_shape(const StateRequest& state) {
    const std::vector<uint32_t> shape = state.shape();
    return {shape.begin(), shape.end()};
}

std::string checksum(std::span<const float> values) {
    Fingerprint print;
    print.add(values);
    return print.hex();
}

/// What is checked of a state file, in this order: each check makes the next one's message true.
class StateReader {
  public:
    StateReader(const std::string& path, const Model& model, load::Safetensors file)
        : path_(path), model_(model), file_(std::move(file)) {}

    SavedState read() const {
        check_format();
        check_model();
        SavedState state{.values = read_values(), .position = number("position"), .tokens = read_tokens()};
        if (!state.tokens.empty() && state.tokens.size() != state.position) {
            throw load::damaged(path_, concat("expected ", state.position, " tokens that made it, found ",
                                              state.tokens.size()));
        }
        if (entry("checksum") != checksum(state.values)) {
            throw load::damaged(path_,
                                concat("expected values with the checksum ", load::quote(entry("checksum")),
                                       ", found ", checksum(state.values)));
        }
        check_finite(path_, state.values);
        return state;
    }

    static void check_finite(const std::string& path, std::span<const float> values) {
        const size_t wrong = find_not_finite(values);
        if (wrong == values.size()) return;
        throw Error(Code::not_finite, concat(path, ": value ", wrong, " of the state is ", values[wrong],
                                             ", expected finite ones: start again from an earlier state"));
    }

  private:
    const std::string& entry(const char* key) const {
        const auto found = file_.metadata.find(key);
        if (found == file_.metadata.end()) {
            throw load::damaged(path_, concat("expected '", key, "' in the state's metadata, found none"));
        }
        return found->second;
    }

    uint64_t number(const char* key) const {
        const std::string& text = entry(key);
        if (const auto value = number_in<uint64_t>(text)) return *value;
        throw load::damaged(path_, concat("expected a whole number as '", key,
                                          "' in the state's metadata, found ", load::quote(text)));
    }

    void check_format() const {
        const auto format = file_.metadata.find("format");
        if (format == file_.metadata.end() || format->second != format_name) {
            throw Error(
                Code::bad_file,
                concat(path_, ": not a saved state: expected the metadata format=", format_name, ", found ",
                       format == file_.metadata.end() ? "none" : load::quote(format->second)));
        }
        const uint64_t version = number("version");
        if (version == 0) throw load::damaged(path_, "a state of version 0");
        if (version > newest_version) {
            throw Error(Code::unsupported,
                        concat(path_, ": a state of version ", version, ", expected at most ", newest_version,
                               ": use a newer rwkvk"));
        }
    }

    void check_model() const {
        const std::string mine = model_.fingerprint();
        if (entry("model") == mine) return;
        throw Error(Code::bad_file, concat(path_, ": a state of another model: expected the fingerprint ",
                                           mine, " of ", model_.name(), ", found ",
                                           load::quote(entry("model")), ": use the model it was saved with"));
    }

    std::vector<float> read_values() const {
        const auto& states = model_.programs().body.states;
        std::vector<float> values;
        for (const StateRequest& state : states) append(state, values);
        const auto& tensors = file_.contents.tensors;
        const auto extra = std::ranges::find_if(tensors, [&](const auto& tensor) {
            return tensor.first != tokens_name &&
                   std::ranges::find(states, tensor.first, &StateRequest::name) == states.end();
        });
        if (extra == tensors.end()) return values;
        throw Error(Code::bad_shape, concat(path_, ": tensor ", load::quote(extra->first),
                                            " is none of the state's: save the state again"));
    }

    std::vector<text::Token> read_tokens() const {
        const auto found = file_.contents.tensors.find(tokens_name);
        if (found == file_.contents.tensors.end()) return {};
        const load::TensorView& view = found->second;
        if (view.dtype != load::DType::i32 || view.shape.size() != 1) {
            throw load::damaged(path_, concat("expected the tokens as a list of i32, found ",
                                              view.shape_text(), " ", name_of(view.dtype)));
        }
        std::vector<text::Token> tokens(view.elements());
        view.copy(0, tokens.size(), reinterpret_cast<std::byte*>(tokens.data()));
        const uint32_t vocabulary = model_.programs().vocabulary;
        const auto wrong = std::ranges::find_if(tokens, [&](text::Token id) { return id >= vocabulary; });
        if (wrong == tokens.end()) return tokens;
        throw load::damaged(path_, concat("expected tokens of ids below ", vocabulary, ", found ", *wrong));
    }

    void append(const StateRequest& state, std::vector<float>& values) const {
        const auto found = file_.contents.tensors.find(state.name);
        if (found == file_.contents.tensors.end()) {
            throw Error(Code::bad_shape, concat(path_, ": no tensor '", state.name,
                                                "', which the model's state has: save the state again"));
        }
        const load::TensorView& view = found->second;
        const load::TensorView wanted{
            .dtype = load::DType::f32, .shape = canonical_shape(state), .strides = {}};
        if (view.dtype != wanted.dtype || view.shape != wanted.shape) {
            throw Error(Code::bad_shape, concat(path_, ": tensor '", state.name, "': expected ",
                                                wanted.shape_text(), " f32, found ", view.shape_text(), " ",
                                                name_of(view.dtype), ": save the state again"));
        }
        const size_t at = values.size();
        values.resize(at + state.width);
        view.copy(0, state.width, reinterpret_cast<std::byte*>(values.data() + at));
    }

    const std::string& path_;
    const Model& model_;
    load::Safetensors file_;
};

/// What a state file consists of. Borrows the state.
struct Parts {
    load::Metadata metadata;
    std::vector<load::TensorToWrite> tensors;
};

Parts parts_of(const std::string& where, const Model& model, std::span<const float> state, uint64_t position,
               std::span<const text::Token> tokens) {
    if (state.size_bytes() != model.state_bytes()) {
        throw Error(Code::bad_shape,
                    concat(where, ": expected a state of ", model.state_bytes() / sizeof(float),
                           " elements, found ", state.size()));
    }
    StateReader::check_finite(where, state);
    const uint64_t version = tokens.empty() ? version_without_tokens : newest_version;
    Parts parts{.metadata = {{"format", format_name},
                             {"version", std::to_string(version)},
                             {"model", model.fingerprint()},
                             {"numerics", std::to_string(numerics_version)},  // for people: any is read
                             {"position", std::to_string(position)},
                             {"checksum", checksum(state)}},
                .tensors = {}};
    for (const StateRequest& request : model.programs().body.states) {
        parts.tensors.push_back({request.name, canonical_shape(request), state.first(request.width)});
        state = state.subspan(request.width);
    }
    static_assert(sizeof(text::Token) == sizeof(int32_t));
    if (!tokens.empty()) {
        const auto* const ids = reinterpret_cast<const int32_t*>(tokens.data());
        parts.tensors.push_back({tokens_name, {tokens.size()}, {}, {ids, tokens.size()}});
    }
    return parts;
}

}  // namespace

void write_state_file(const std::string& path, const Model& model, std::span<const float> state,
                      uint64_t position) {
    const Parts parts = parts_of(path, model, state, position, {});
    load::write_safetensors(path, parts.tensors, parts.metadata);
}

std::vector<std::byte> encode_state(const SavedState& state, const std::string& where, const Model& model) {
    const Parts parts = parts_of(where, model, state.values, state.position, state.tokens);
    return load::encode_safetensors(parts.tensors, parts.metadata);
}

bool is_state_file(const std::string& path) {
    const MappedFile file(path);
    if (!load::is_safetensors(file.bytes())) return false;
    const load::Safetensors read = load::read_safetensors(file.bytes(), path);
    const auto format = read.metadata.find("format");
    return format != read.metadata.end() && format->second == format_name;
}

SavedState read_state_file(const std::string& path, const Model& model) {
    return StateReader(path, model, load::open_safetensors(path)).read();
}

SavedState parse_state(std::span<const std::byte> file, const std::string& where, const Model& model) {
    return StateReader(where, model, load::read_safetensors(file, where)).read();
}

}  // namespace rwkvk
