// Picking a device from the list by what the user wrote.

#include <algorithm>
#include <cctype>

#include "host/error.h"
#include "host/vk/device.h"

namespace rwkvk::vk {
namespace {

using Candidate = Instance::Candidate;

std::string lower(std::string_view word) {
    std::string result(word);
    for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

bool all_digits(std::string_view word) {
    return !word.empty() &&
           std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); });
}

int rank(DeviceType type) {
    switch (type) {
        case DeviceType::discrete:
            return 0;
        case DeviceType::integrated:
            return 1;
        case DeviceType::other:
            return 2;
        case DeviceType::software:
            return 3;
    }
    return 3;
}

const Candidate& best(const std::vector<Candidate>& devices) {
    return *std::min_element(devices.begin(), devices.end(), [](const Candidate& a, const Candidate& b) {
        return rank(a.facts.type) < rank(b.facts.type);
    });
}

[[noreturn]] void not_found(const std::vector<Candidate>& devices, const std::string& wanted) {
    std::string list;
    for (size_t i = 0; i < devices.size(); ++i) {
        list +=
            concat(i ? "; " : "", i, ": ", devices[i].facts.name, " (", uuid_text(devices[i].facts.uuid), ")");
    }
    throw Error(Code::no_device, concat("Vulkan: no device is '", wanted,
                                        "'; give an index, a UUID or a part of a name of: ", list));
}

}  // namespace

const Candidate& choose_device(const Instance& instance, const std::string& wanted) {
    const std::vector<Candidate>& devices = instance.devices();
    if (devices.empty()) {
        throw Error(Code::no_device,
                    "Vulkan: the loader knows no usable device; install the driver of the graphics card, or "
                    "a software one (Debian, Ubuntu: mesa-vulkan-drivers)");
    }
    if (wanted.empty()) return best(devices);
    // Short numbers are indices and nothing else, lest a mistyped one picks a device by its model number.
    if (all_digits(wanted) && wanted.size() <= 2) {
        const size_t index = std::stoul(wanted);
        if (index >= devices.size()) not_found(devices, wanted);
        return devices[index];
    }
    const std::string word = lower(wanted);
    std::string digits = word;
    std::erase(digits, '-');
    for (const Candidate& device : devices) {
        if (uuid_text(device.facts.uuid) == digits) return device;
    }
    for (const Candidate& device : devices) {
        if (lower(device.facts.name).find(word) != std::string::npos) return device;
    }
    not_found(devices, wanted);
}

}  // namespace rwkvk::vk
