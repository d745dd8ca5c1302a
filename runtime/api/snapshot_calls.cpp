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
