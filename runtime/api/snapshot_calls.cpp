#include <cstring>

#include "runtime/api/snapshot.h"
#include "runtime/session/initial_state.h"

using namespace rwkvk;
using namespace rwkvk::api;

int32_t rwkvk_is_snapshot(const char* path) { return path && is_only_state(path); }

rwkvk_status rwkvk_snapshot_read(const rwkvk_model* model, const char* path, rwkvk_snapshot** snapshot) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(path, "path");
        require(snapshot, "snapshot");
        auto state = std::make_shared<const SavedState>(read_any_state(path, *model->model));
        *snapshot = new rwkvk_snapshot{model->runtime, model->model, std::move(state)};
    });
}

rwkvk_status rwkvk_snapshot_write(const rwkvk_snapshot* snapshot, const char* path) {
    if (!snapshot) return RWKVK_BAD_ARGUMENT;
    return guarded(*snapshot->runtime, [&] {
        require_output(path);
        write_state_file(path, *snapshot->model, snapshot->state->values, snapshot->state->position);
    });
}

rwkvk_snapshot* rwkvk_snapshot_share(const rwkvk_snapshot* snapshot) {
    return snapshot ? new (std::nothrow) rwkvk_snapshot(*snapshot) : nullptr;
}

void rwkvk_snapshot_destroy(rwkvk_snapshot* snapshot) { delete snapshot; }

uint64_t rwkvk_snapshot_position(const rwkvk_snapshot* snapshot) {
    return snapshot ? snapshot->state->position : 0;
}

const float* rwkvk_snapshot_values(const rwkvk_snapshot* snapshot, size_t* count) {
    if (count) *count = snapshot ? snapshot->state->values.size() : 0;
    return snapshot ? snapshot->state->values.data() : nullptr;
}

const rwkvk_token* rwkvk_snapshot_tokens(const rwkvk_snapshot* snapshot, size_t* count) {
    const bool known = snapshot && !snapshot->state->tokens.empty();
    if (count) *count = known ? snapshot->state->tokens.size() : 0;
    return known ? snapshot->state->tokens.data() : nullptr;
}

rwkvk_status rwkvk_snapshot_encode(const rwkvk_snapshot* snapshot, void* bytes, size_t capacity,
                                   size_t* count) {
    if (!snapshot) return RWKVK_BAD_ARGUMENT;
    return guarded(*snapshot->runtime, [&] {
        require(count, "count");
        if (capacity > 0) require(bytes, "bytes");
        const std::vector<std::byte> file = encode_state(*snapshot->state, "the state", *snapshot->model);
        *count = file.size();
        if (file.size() <= capacity) std::memcpy(bytes, file.data(), file.size());
    });
}

rwkvk_status rwkvk_snapshot_decode(const rwkvk_model* model, const void* bytes, size_t count,
                                   rwkvk_snapshot** snapshot) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(bytes, "bytes");
        require(snapshot, "snapshot");
        const std::span file(static_cast<const std::byte*>(bytes), count);
        auto state = std::make_shared<const SavedState>(parse_state(file, "the state", *model->model));
        *snapshot = new rwkvk_snapshot{model->runtime, model->model, std::move(state)};
    });
}
