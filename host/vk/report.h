#pragma once
// What a driver says of a device beyond what anything here depends on: for people who look for reasons.

#include <string>
#include <vector>

#include "host/vk/device.h"

namespace rwkvk::vk {

struct ReportedProperty {
    std::string group, name, json;  // the value as JSON
};

/// Groups "float_controls", "integer_dot" and "cooperative_matrix", each where the device has what it is
/// about.
std::vector<ReportedProperty> report_properties(const Instance& instance,
                                                const Instance::Candidate& candidate);

/// Group "memory": the memory type of each intent, its heap, the heap's bytes, whether the host reaches it.
std::vector<ReportedProperty> report_memory(const Device& device);

}  // namespace rwkvk::vk
