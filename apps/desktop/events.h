#pragma once
// What the worker tells the window.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "device_list.h"
#include "verify_report.h"

namespace rwkvk::desktop {

/// What the window shows of a model that is ready.
struct ModelFacts {
    std::string path;  // "": the embedded model
    std::string name, version, format, tokenizer;
    uint32_t layers = 0, width = 0;
    uint64_t parameters = 0, weight_bytes = 0;
    uint64_t device_bytes = 0;  // of its memory; 0 on the CPU
    std::string device;         // that it runs on
    std::string kernels;        // what chooses them there
    bool on_cpu = false;
    bool draws_window = false;  // that device does
};

struct Devices {
    std::vector<DeviceRow> rows;
};
struct Loading {
    std::string name;
    double fraction = 0;
};
struct Ready {
    ModelFacts facts;
};
struct LoadFailed {
    uint64_t load = 0;  // as Worker counts them: a newer one may have been asked for meanwhile
    std::string reason;
};
/// Of a prompt: how many of its tokens are read.
struct Reading {
    uint64_t question = 0;
    size_t done = 0, total = 0;
};
struct Piece {
    uint64_t question = 0;
    std::string text, reasoning;
};
enum class End { complete, limit, stopped, failed, device_lost };
struct Answered {
    uint64_t question = 0;
    End end = End::complete;
    std::string reason;  // of the last two
    uint64_t seed = 0, prompt_tokens = 0, cached_tokens = 0, tokens = 0;
    double prompt_seconds = 0, seconds = 0;
};
struct Verified {
    uint64_t number = 0;
    std::optional<VerifyReport> report;
    std::string reason;  // when there is none
};

/// What a dropped file is.
struct LookedAt {
    std::string path;
    bool is_state = false;
};
struct StateSaved {
    std::string path;
    std::string reason;  // why it was not; ""
};

using Event = std::variant<Devices, Loading, Ready, LoadFailed, Reading, Piece, Answered, Verified, LookedAt,
                           StateSaved>;

}  // namespace rwkvk::desktop
