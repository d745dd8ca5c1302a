#include "device_list.h"

#include <algorithm>
#include <cctype>

namespace rwkvk::desktop {
namespace {

std::string uuid_of(const DrawingDevice& drawing) {
    rwkvk_device_info info{};
    info.size = sizeof info;
    return drawing.device && rwkvk_device_describe(drawing.device.get(), &info) == RWKVK_OK ? info.uuid : "";
}

/// The better, the lower.
int rank(int32_t type) {
    switch (type) {
        case RWKVK_DEVICE_DISCRETE:
            return 0;
        case RWKVK_DEVICE_INTEGRATED:
            return 1;
        case RWKVK_DEVICE_OTHER:
            return 2;
        default:
            return 3;
    }
}

bool has_part(const std::string& text, const std::string& part) {
    const auto alike = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), alike) != text.end();
}

}  // namespace

std::vector<DeviceRow> list_devices(const Runtime& runtime, const DrawingDevice& drawing) {
    const std::string drawing_uuid = uuid_of(drawing);
    std::vector<DeviceRow> rows;
    try {
        for (const rwkvk_device_info& info : runtime.devices()) {
            rows.push_back({std::to_string(info.index), info.name, info.facts, info.uuid, info.type,
                            info.uuid == drawing_uuid});
        }
    } catch (const Error&) {  // whoever chooses one of them is told
    }
    rows.push_back({"cpu", "CPU", "the reference"});
    return rows;
}

bool means_drawing(const std::string& choice, const std::vector<DeviceRow>& rows) {
    const auto drawing =
        std::find_if(rows.begin(), rows.end(), [](const DeviceRow& row) { return row.draws; });
    if (drawing == rows.end()) return false;
    if (choice.empty()) {  // the best GPU, and the CPU before one of software
        return drawing->type != RWKVK_DEVICE_SOFTWARE &&
               std::none_of(rows.begin(), rows.end(),
                            [&](const DeviceRow& row) { return rank(row.type) < rank(drawing->type); });
    }
    for (const DeviceRow& row : rows) {
        if (row.index == choice || row.uuid == choice) return row.draws;
    }
    const auto named = std::find_if(rows.begin(), rows.end(),
                                    [&](const DeviceRow& row) { return has_part(row.name, choice); });
    return named != rows.end() && named->draws;
}

}  // namespace rwkvk::desktop
