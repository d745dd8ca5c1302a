#pragma once

#include "runtime/api/handles.h"
#include "runtime/include/rwkvk_engine.h"
#include "runtime/session/state_file.h"

struct rwkvk_snapshot {
    rwkvk::api::RuntimePointer runtime;
    std::shared_ptr<const rwkvk::Model> model;
    std::shared_ptr<const rwkvk::SavedState> state;
};
