#include "runtime/include/rwkvk_receipt.h"

#include "host/replaced_file.h"
#include "runtime/api/handles.h"
#include "runtime/session/replay.h"

using namespace rwkvk;
using namespace rwkvk::api;

static_assert(static_cast<int32_t>(Differs::nowhere) == RWKVK_DIFFERS_NOWHERE &&
              static_cast<int32_t>(Differs::fingerprint) == RWKVK_DIFFERS_FINGERPRINT);

namespace {

/// The body of a call on a receipt.
template <typename Handle, typename Body>
rwkvk_status with(Handle* receipt, const Body& body) {
    if (!receipt) return RWKVK_BAD_ARGUMENT;
    return guarded(*receipt->runtime, [&] { body(*receipt); });
}

ReceiptRecorder& recorder_of(rwkvk_receipt& receipt) {
    if (!receipt.recorder)
        throw Error(Code::bad_argument, concat(receipt.path, ": this receipt was opened, it is whole"));
    receipt.open->use();
    return *receipt.recorder;
}

std::span<const Token> tokens_of(const rwkvk_token* tokens, size_t count) {
    if (count > 0) require(tokens, "tokens");
    return {tokens, count};
}

void find(Receipt::File& file, const std::string& receipt_path) {
    const std::string found = find_named(file.path, receipt_path);
    if (!found.empty()) file.path = found;
}

std::string path_to_write(const char* path) {
    if (!path) return "";
    require_output(path);
    ReplacedFile tried(path);
    return path;
}

}  // namespace

rwkvk_status rwkvk_receipt_create(rwkvk_context* context, const char* path, rwkvk_receipt** receipt) {
    if (!context) return RWKVK_BAD_ARGUMENT;
    return guarded(*context->runtime, [&] {
        require(receipt, "receipt");
        Context& on = context->open->use();
        auto made = std::make_unique<rwkvk_receipt>();
        made->runtime = context->runtime;
        made->path = path_to_write(path);
        made->open = context->open;
        made->recorder = std::make_shared<ReceiptRecorder>(on, concat("rwkvk ", rwkvk_version()));
        *receipt = made.release();
    });
}

rwkvk_status rwkvk_receipt_open(rwkvk_runtime* runtime, const char* path, rwkvk_receipt** receipt) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(path, "path");
        require(receipt, "receipt");
        auto made = std::make_unique<rwkvk_receipt>();
        made->runtime = runtime->runtime;
        made->path = path;
        made->opened = read_receipt(path);
        find(made->opened.model, path);
        for (Receipt::Adapter& adapter : made->opened.adapters) find(adapter.file, path);
        *receipt = made.release();
    });
}

void rwkvk_receipt_destroy(rwkvk_receipt* receipt) { delete receipt; }

rwkvk_status rwkvk_receipt_begin_answer(rwkvk_receipt* receipt, uint32_t from, const rwkvk_token* fed,
                                        size_t count, const rwkvk_sampler* sampler, uint32_t* point) {
    return with(receipt, [&](rwkvk_receipt& on) {
        require(sampler, "sampler");
        ReceiptRecorder& recorder = recorder_of(on);
        const auto made = recorder.begin_answer(from == 0 ? recorder.beginning() : from,
                                                tokens_of(fed, count), sampler->sampler);
        if (point) *point = made;
    });
}

rwkvk_status rwkvk_receipt_end_answer(rwkvk_receipt* receipt, uint32_t slot, const rwkvk_token* drawn,
                                      size_t count, int32_t ended) {
    return with(receipt, [&](rwkvk_receipt& on) {
        const std::span<const Token> ids = tokens_of(drawn, count);
        recorder_of(on).end_answer({ids.begin(), ids.end()}, ended != 0, on.open->use().state(slot));
    });
}

rwkvk_status rwkvk_receipt_save(rwkvk_receipt* receipt) {
    return with(receipt, [](rwkvk_receipt& on) {
        const Receipt& recorded = recorder_of(on).receipt();
        if (on.path.empty()) throw Error(Code::bad_argument, "the receipt was created without a path");
        require_output(on.path.c_str());
        write_receipt(on.path, recorded);
    });
}

rwkvk_status rwkvk_receipt_text(rwkvk_receipt* receipt, const char** text, size_t* bytes) {
    return with(receipt, [&](rwkvk_receipt& on) {
        require(text, "text");
        require(bytes, "bytes");
        on.text = to_json(on.receipt());
        *text = on.text.c_str();
        *bytes = on.text.size();
    });
}

rwkvk_status rwkvk_receipt_info_get(const rwkvk_receipt* receipt, rwkvk_receipt_info* info) {
    return with(receipt, [&](const rwkvk_receipt& on) {
        const Receipt& from = on.receipt();
        rwkvk_receipt_info full{};
        full.size = sizeof full;
        full.numerics_version = from.numerics;
        full.adapters = static_cast<uint32_t>(from.adapters.size());
        for (const Receipt::Step& step : from.steps) {
            if (!step.answer) continue;
            ++full.answers;
            full.drawn += step.answer->ids.size();
            copy_text(step.answer->fingerprint, full.last_fingerprint);
        }
        copy_text(from.name, full.model_name);
        copy_text(from.model.fingerprint, full.model_fingerprint);
        hand_out(full, info);
    });
}

const char* rwkvk_receipt_model_path(const rwkvk_receipt* receipt) {
    return receipt ? receipt->receipt().model.path.c_str() : "";
}

const char* rwkvk_receipt_weights(const rwkvk_receipt* receipt) {
    return receipt ? receipt->receipt().weights.c_str() : "";
}

rwkvk_status rwkvk_receipt_adapter(const rwkvk_receipt* receipt, uint32_t index, rwkvk_adapter* adapter) {
    return with(receipt, [&](const rwkvk_receipt& on) {
        require(adapter, "adapter");
        const auto& adapters = on.receipt().adapters;
        if (index >= adapters.size()) {
            throw Error(Code::bad_argument,
                        concat("the receipt has no adapter ", index, "; there are ", adapters.size()));
        }
        *adapter = {adapters[index].file.path.c_str(), adapters[index].scale};
    });
}

rwkvk_status rwkvk_receipt_replay(rwkvk_receipt* receipt, rwkvk_context* context, rwkvk_progress_fn progress,
                                  void* user, rwkvk_replay_result* result) {
    return with(receipt, [&](rwkvk_receipt& on) {
        require(context, "context");
        require_room(result);
        ReplayOptions options;
        if (progress) options.progress = [=](double fraction) { return progress(user, fraction) != 0; };
        const Replayed replayed = replay(on.receipt(), on.path, context->open->use(), options);
        rwkvk_replay_result full{};
        full.size = sizeof full;
        full.differs = static_cast<int32_t>(replayed.differs);
        full.answer = static_cast<uint32_t>(replayed.answer);
        full.expected = replayed.expected;
        full.found = replayed.found;
        full.token = replayed.token;
        copy_text(replayed.explanation, full.explanation);
        hand_out(full, result);
    });
}
