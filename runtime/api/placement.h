#pragma once
// Which devices run which layers: "0:20" or "cpu:4,0:20".

#include <cstdint>
#include <string>
#include <vector>

namespace rwkvk::api {

struct Placement {
    std::string device;  // as for a whole model
    uint32_t layers;     // of neighbouring ones, at least 1
};

/// In the order of the layers, of which there are `layers`. A device alone has all of them; one with a number
/// has as many of the last layers, and those before are the CPU's; several in turn have theirs in order.
/// Errors: Code::bad_argument where several have more layers together than there are.
std::vector<Placement> placements(const std::string& devices, uint32_t layers);

/// The device of the last layers and the head.
std::string last_device(const std::string& devices);

}  // namespace rwkvk::api
