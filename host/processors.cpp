#include "host/processors.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "host/error.h"
#include "host/number_in.h"
#include "host/split.h"

#ifdef __linux__
#include <sched.h>
#endif

namespace rwkvk {
namespace {

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Where a hierarchy of control groups is mounted, and which of its groups lies there.
struct Mount {
    std::string folder, root;
};

bool has_word(std::string_view list, std::string_view word) {
    const std::vector<std::string> words = split(list, ',');
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// "31 23 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu": see proc(5).
std::optional<Mount> find_mount(const std::string& mounts, bool version_2) {
    for (const std::string& line : split(mounts, '\n')) {
        const size_t dash = line.find(" - ");
        if (dash == line.npos) continue;
        const std::vector<std::string> left = split(line.substr(0, dash), ' ');
        const std::vector<std::string> right = split(line.substr(dash + 3), ' ');
        if (left.size() < 5 || right.size() < 3) continue;
        const bool fits =
            version_2 ? right[0] == "cgroup2" : right[0] == "cgroup" && has_word(right[2], "cpu");
        if (fits) return Mount{.folder = left[4], .root = left[3]};
    }
    return std::nullopt;
}

/// "0::/user.slice" is version 2's line, "4:cpu,cpuacct:/docker/1" that of a hierarchy of version 1.
std::optional<std::string> find_group(const std::string& groups, bool version_2) {
    for (const std::string& line : split(groups, '\n')) {
        const size_t first = line.find(':'), second = line.find(':', first + 1);
        if (second == line.npos || first == line.npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (version_2 ? controllers.empty() : has_word(controllers, "cpu")) return line.substr(second + 1);
    }
    return std::nullopt;
}

/// Microseconds of processors in a period of time; "max" or less than nothing is no quota.
std::optional<uint32_t> processors_for(std::string_view quota, std::string_view period) {
    const std::optional<int64_t> used = number_in<int64_t>(quota), of = number_in<int64_t>(period);
    if (!used || !of || *used <= 0 || *of <= 0) return std::nullopt;
    const int64_t whole = *used / *of + (*used % *of != 0);
    return static_cast<uint32_t>(std::min<int64_t>(whole, UINT32_MAX));
}

/// Of a file that has one; empty where there is no such file.
std::string line_of(const FileReader& read, const std::string& path) {
    const std::string text = read(path).value_or("");
    return text.substr(0, text.find('\n'));
}

std::optional<uint32_t> quota_of_group(const FileReader& read, const std::string& folder, bool version_2) {
    if (version_2) {
        const std::vector<std::string> words = split(line_of(read, folder + "/cpu.max"), ' ');
        return words.size() == 2 ? processors_for(words[0], words[1]) : std::nullopt;
    }
    return processors_for(line_of(read, folder + "/cpu.cfs_quota_us"),
                          line_of(read, folder + "/cpu.cfs_period_us"));
}

/// The smallest of the group's and of those that hold it.
std::optional<uint32_t> smallest_quota(const FileReader& read, bool version_2) {
    const auto mount = find_mount(read("/proc/self/mountinfo").value_or(""), version_2);
    auto group = find_group(read("/proc/self/cgroup").value_or(""), version_2);
    if (!mount || !group) return std::nullopt;
    const bool below = (*group + '/').starts_with(mount->root + '/');
    if (mount->root != "/" && below) group->erase(0, mount->root.size());
    std::optional<uint32_t> smallest;
    for (std::string path = *group;; path.erase(path.rfind('/'))) {
        while (path.ends_with('/')) path.pop_back();
        const auto quota = quota_of_group(read, mount->folder + path, version_2);
        if (quota) smallest = std::min(*quota, smallest.value_or(UINT32_MAX));
        if (path.find('/') == path.npos) return smallest;
    }
}

uint32_t processors_of_affinity_mask() {
#ifdef __linux__
    // The kernel's mask may be longer than cpu_set_t, and is refused then.
    for (int most = CPU_SETSIZE; most <= 1 << 20; most *= 2) {
        const size_t bytes = CPU_ALLOC_SIZE(most);
        std::vector<cpu_set_t> mask(bytes / sizeof(cpu_set_t) + 1);
        if (sched_getaffinity(0, bytes, mask.data()) == 0)
            return static_cast<uint32_t>(CPU_COUNT_S(bytes, mask.data()));
    }
#endif
    return std::thread::hardware_concurrency();
}

}  // namespace

std::optional<uint32_t> quota_processors(const FileReader& read) {
    const auto of_2 = smallest_quota(read, true), of_1 = smallest_quota(read, false);
    if (of_1 && of_2) return std::min(*of_1, *of_2);
    return of_1 ? of_1 : of_2;
}

uint32_t usable_processors() {
    return std::max(
        1u, std::min(processors_of_affinity_mask(), quota_processors(read_file).value_or(UINT32_MAX)));
}

std::string thread_count(uint32_t threads) { return concat(threads, threads == 1 ? " thread" : " threads"); }

}  // namespace rwkvk
