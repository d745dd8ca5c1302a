#pragma once
// What the handles of the C border hold, and how calls cross it: no exception leaves, every failure leaves
// its reason with the runtime.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/home_process.h"
#include "runtime/api/device.h"
#include "runtime/api/runtime.h"
#include "runtime/grammar/kept_grammars.h"
#include "runtime/include/rwkvk.h"
#include "runtime/session/context.h"
#include "runtime/session/receipt_recorder.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk::api {

using RuntimePointer = std::shared_ptr<Runtime>;
using TokenizerPointer = std::shared_ptr<const text::Tokenizer>;

/// What a context and the chats on it share: they may be destroyed in any order, and in a child after fork().
struct OpenContext {
    std::vector<std::unique_ptr<OpenDevice>> devices;  // none on the CPU
    std::unique_ptr<Context> context;
    std::string name;  // of the device
    HomeProcess home;

    static std::shared_ptr<OpenContext> make() { return {new OpenContext, DeleteAtHome<OpenContext>{}}; }
    /// For whatever computes. Errors: Code::bad_argument after fork().
    Context& use() const {
        home.require("this context");
        return *context;
    }
};

/// A number of threads that a caller asks for; more than there are processors for are taken with a warning.
uint32_t accept_threads(uint32_t threads);

/// Errors: Code::bad_argument naming what is missing.
void require(const void* pointer, const char* name);
/// A path to write to. Errors: Code::bad_argument, also for a file that a model is being read from.
void require_output(const char* path);

/// Whether a struct of some version can have this size: no version ends inside a field.
template <typename Struct>
constexpr bool is_size_of(uint32_t size) {
    return size >= sizeof(uint32_t) && size % alignof(Struct) == 0;
}

/// A caller's struct of any version over this version's defaults. Errors: Code::bad_argument.
template <typename Params>
Params complete(const Params* given, void (*set_defaults)(Params*, uint32_t)) {
    Params params{};
    set_defaults(&params, sizeof params);
    if (!given) return params;
    if (!is_size_of<Params>(given->size)) {
        throw Error(Code::bad_argument, concat("a parameter struct has the size ", given->size,
                                               ": fill it with its *_params_default first"));
    }
    std::memcpy(&params, given, std::min<size_t>(given->size, sizeof params));
    params.size = sizeof params;
    return params;
}

/// Errors: Code::bad_argument for a struct that `hand_out` cannot fill.
template <typename Info>
void require_room(const Info* to) {
    require(to, "an output struct");
    if (!is_size_of<Info>(to->size)) {
        throw Error(Code::bad_argument,
                    concat("an output struct has the size ", to->size, ": set its `size` to sizeof first"));
    }
}

/// As much of `value` as the caller's struct has room for; its size stays. Errors: as require_room.
template <typename Info>
void hand_out(const Info& value, Info* to) {
    require_room(to);
    const uint32_t size = to->size;
    std::memcpy(to, &value, std::min<size_t>(size, sizeof value));
    to->size = size;
}

/// What a *_params_default does: `defaults` begins with its size.
template <typename Params>
void set_defaults(const Params& defaults, Params* params, uint32_t size) {
    if (!params || size < sizeof(uint32_t)) return;
    std::memcpy(params, &defaults, std::min<size_t>(size, sizeof defaults));
    params->size = size;
}

/// The string, cut to a space of `capacity` bytes, and a NUL.
inline void copy_text(std::string_view text, char* to, size_t capacity) {
    if (capacity == 0) return;
    const size_t bytes = std::min(text.size(), capacity - 1);
    std::memcpy(to, text.data(), bytes);
    to[bytes] = 0;
}

/// The same into an array.
template <size_t N>
void copy_text(std::string_view text, char (&to)[N]) {
    copy_text(text, to, N);
}

/// Copies as much of a list as there is room for and says how long it is.
template <typename T>
void copy_list(std::span<const T> list, T* to, size_t capacity, size_t* count) {
    std::copy_n(list.begin(), std::min(capacity, list.size()), to);
    if (count) *count = list.size();
}

/// Errors: Code::bad_argument naming the list for one that is null or has a null in it.
inline std::vector<std::string> to_strings(const char* const* list, size_t count, const char* name) {
    if (count > 0) require(list, name);
    std::vector<std::string> strings;
    for (size_t i = 0; i < count; ++i) {
        require(list[i], name);
        strings.emplace_back(list[i]);
    }
    return strings;
}

inline std::string text_or_empty(const char* text) { return text ? text : ""; }

}  // namespace rwkvk::api

struct rwkvk_runtime {
    rwkvk::api::RuntimePointer runtime;
};
struct rwkvk_model {
    rwkvk::api::RuntimePointer runtime;
    std::shared_ptr<const rwkvk::Model> model;
};
struct rwkvk_tokenizer {
    rwkvk::api::RuntimePointer runtime;
    rwkvk::api::TokenizerPointer tokenizer;
    std::string kind, source;
    mutable rwkvk::grammar::KeptGrammars grammars = {};
};
struct rwkvk_context {
    rwkvk::api::RuntimePointer runtime;
    std::shared_ptr<rwkvk::api::OpenContext> open;
};
struct rwkvk_sampler {
    rwkvk::api::RuntimePointer runtime;
    rwkvk::text::Sampler sampler;
};
struct rwkvk_receipt {
    rwkvk::api::RuntimePointer runtime;
    std::string path;                                  // to save to, or it was opened from
    rwkvk::Receipt opened;                             // with paths as files were found
    std::shared_ptr<rwkvk::api::OpenContext> open;     // of what is recorded; else null
    std::shared_ptr<rwkvk::ReceiptRecorder> recorder;  // likewise
    std::string text;                                  // that was last handed out

    const rwkvk::Receipt& receipt() const { return recorder ? recorder->receipt() : opened; }
};
