#include "runtime/api/placement.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "host/error.h"
#include "host/split.h"

namespace rwkvk::api {
namespace {

/// "DEVICE:LAYERS"; nothing for a device alone, whose name may have colons.
std::optional<Placement> with_layers(std::string_view text) {
    const size_t colon = text.rfind(':');
    if (colon == text.npos || colon + 1 == text.size()) return {};
    Placement placement{std::string(text.substr(0, colon)), 0};
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + colon + 1, end, placement.layers);
    if (at != end || error == std::errc::invalid_argument) return {};
    if (error == std::errc::result_out_of_range) placement.layers = UINT32_MAX;
    return placement;
}

/// Nothing where not every part has a number of layers: then all of it is one device's name.
std::vector<Placement> listed(const std::string& devices) {
    std::vector<Placement> result;
    for (const std::string& part : split(devices, ',')) {
        const std::optional<Placement> placement = with_layers(part);
        if (!placement) return {};
        result.push_back(*placement);
    }
    return result;
}

/// Neighbours on one device as one.
std::vector<Placement> without_neighbours(const std::vector<Placement>& placements) {
    std::vector<Placement> result;
    for (const Placement& next : placements) {
        if (!result.empty() && result.back().device == next.device) {
            result.back().layers += next.layers;
        } else {
            result.push_back(next);
        }
    }
    return result;
}

}  // namespace

std::vector<Placement> placements(const std::string& devices, uint32_t layers) {
    std::vector<Placement> result = listed(devices);
    if (result.empty()) return {{devices, layers}};
    if (result.size() == 1) result[0].layers = std::min(result[0].layers, layers);
    std::erase_if(result, [](const Placement& placement) { return placement.layers == 0; });
    uint64_t placed = 0;
    for (const Placement& placement : result) placed += placement.layers;
    if (placed > layers) {
        throw Error(Code::bad_argument,
                    concat("devices '", devices, "' are for ", placed, " layers, the model has ", layers));
    }
    if (placed < layers) result.insert(result.begin(), {"cpu", layers - static_cast<uint32_t>(placed)});
    return without_neighbours(result);
}

std::string last_device(const std::string& devices) {
    const std::vector<Placement> all = listed(devices);
    return all.empty() ? devices : all.back().device;
}

}  // namespace rwkvk::api
