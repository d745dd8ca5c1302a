// Processors that may be used: affinity masks and quotas of control groups, in the words of the system's
// files.
#include <doctest/doctest.h>

#include <map>

#include "host/processors.h"
#include "host/thread_pool.h"

#ifdef __linux__
#include <sched.h>
#endif

namespace rwkvk {
namespace {

using Files = std::map<std::string, std::string>;

std::optional<uint32_t> quota_in(const Files& files) {
    return quota_processors([&](const std::string& path) -> std::optional<std::string> {
        const auto found = files.find(path);
        return found == files.end() ? std::nullopt : std::optional(found->second);
    });
}

Files version_2(const std::string& group) {
    return {{"/proc/self/mountinfo",
             "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n"
             "31 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"},
            {"/proc/self/cgroup", "0::" + group + "\n"}};
}

TEST_CASE("the quota of version 2 counts, the smallest of the groups that hold the process") {
    Files files = version_2("/user.slice/job");
    CHECK_FALSE(quota_in(files));
    files["/sys/fs/cgroup/user.slice/job/cpu.max"] = "max 100000\n";
    CHECK_FALSE(quota_in(files));
    files["/sys/fs/cgroup/user.slice/cpu.max"] = "400000 100000\n";
    CHECK(quota_in(files) == 4);
    files["/sys/fs/cgroup/user.slice/job/cpu.max"] = "150000 100000\n";
    CHECK(quota_in(files) == 2);  // a part of one counts as one
    files["/sys/fs/cgroup/user.slice/job/cpu.max"] = "1000 100000\n";
    CHECK(quota_in(files) == 1);
}

TEST_CASE("so does that of a container, which sees its group as the root") {
    Files files = version_2("/");
    files["/sys/fs/cgroup/cpu.max"] = "300000 100000\n";
    CHECK(quota_in(files) == 3);
}

TEST_CASE("the quota of version 1 counts, wherever its hierarchy is mounted") {
    Files files = {{"/proc/self/mountinfo",
                    "35 30 0:31 /docker/abc /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n"
                    "36 30 0:33 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"},
                   {"/proc/self/cgroup", "5:cpuset:/docker/abc\n4:cpu,cpuacct:/docker/abc/inner\n"},
                   {"/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us", "-1\n"},
                   {"/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us", "100000\n"}};
    CHECK_FALSE(quota_in(files));
    files["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"] = "250000\n";
    files["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us"] = "100000\n";
    CHECK(quota_in(files) == 3);
}

TEST_CASE("what is no quota is none") {
    for (const std::string text : {"", "max", "garbage here", "0 100000", "-1 100000", "100000 0", "100000",
                                   "99999999999999999999 100000"}) {
        INFO(text);
        Files files = version_2("/");
        files["/sys/fs/cgroup/cpu.max"] = text;
        CHECK_FALSE(quota_in(files));
    }
    CHECK_FALSE(quota_in({}));
    CHECK_FALSE(quota_in({{"/proc/self/mountinfo", " - \n - cgroup2\n"}, {"/proc/self/cgroup", "0:\n::\n"}}));
}

#ifdef __linux__
TEST_CASE("a process that is bound to one processor starts one thread") {
    cpu_set_t before, one;
    REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
    CHECK(usable_processors() <= static_cast<uint32_t>(CPU_COUNT(&before)));
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    CHECK(usable_processors() == 1);
    CHECK(ThreadPool().threads() == 1);
    CHECK(ThreadPool(3).threads() == 3);  // who asks for more gets them
    CHECK(sched_setaffinity(0, sizeof before, &before) == 0);
}
#endif

}  // namespace
}  // namespace rwkvk
