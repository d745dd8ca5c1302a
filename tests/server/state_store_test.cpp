// Every store of states keeps one contract.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "talk/ids.h"
#include "talk/state_store.h"
#include "talk/store_counts.h"
#ifdef RWKVK_HAVE_REDIS
#include "redis_server.h"
#include "talk/redis_store.h"
#endif

namespace rwkvk::server {
namespace {

const std::string address = "0123456789abcdef0123456789abcdef";

std::string other_address(char digit) { return std::string(32, digit); }

struct Clock {
    int64_t seconds = 1'700'000'000;
    std::function<void(int64_t)> pass_elsewhere = [](int64_t) {};  // where a store has a clock of its own
    void pass(int64_t more) {
        seconds += more;
        pass_elsewhere(more);
    }
    StateStoreOptions options() {
        return {.ttl = 100, .most_bytes = 1000, .now = [this] { return seconds; }};
    }
};

/// A folder that is gone with it.
struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / ("rwkvk_states_" + random_name())).string();
    ~Folder() { std::filesystem::remove_all(path); }
};

/// Runs it with one of each kind.
template <typename Body>
void with_every_store(const Body& body){SUBCASE("memory"){Clock clock;
body(*memory_states(clock.options()), clock);
}  // namespace
SUBCASE("folder") {
    Clock clock;
    const Folder folder;
    body(*folder_states(folder.path, clock.options()), clock);
}
#ifdef RWKVK_HAVE_REDIS
SUBCASE("redis") {
    Clock clock;
    test::RedisServer server;
    if (!server.is_installed()) return;
    clock.pass_elsewhere = [&](int64_t seconds) { server.pass(seconds); };
    body(*redis_states(server.address(), "a password", clock.options()), clock);
}
#endif
}  // namespace rwkvk::server

TEST_CASE("what was put there is found, byte for byte, until it is erased") {
    with_every_store([](StateStore& store, Clock&) {
        std::string bytes = "a state";
        for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
        CHECK_FALSE(store.get_state(address));
        store.put_state(address, bytes);
        CHECK(store.get_state(address) == bytes);
        store.put_state(address, bytes);  // another server made the same
        CHECK(store.get_state(address) == bytes);
        CHECK_FALSE(store.get_state(other_address('a')));
        store.erase_state(address);
        store.erase_state(address);
        CHECK_FALSE(store.get_state(address));
        store.put_state(address, "another");
        CHECK(store.get_state(address) == "another");
    });
}

TEST_CASE("states that nobody uses expire; a use keeps them") {
    with_every_store([](StateStore& store, Clock& clock) {
        store.put_state(address, "used");
        store.put_state(other_address('b'), "unused");
        store.put_state(other_address('c'), "put again");
        clock.pass(60);
        CHECK(store.get_state(address) == "used");
        store.put_state(other_address('c'), "put again");
        clock.pass(60);
        CHECK(store.get_state(address) == "used");
        CHECK_FALSE(store.get_state(other_address('b')));
        CHECK(store.get_state(other_address('c')) == "put again");
        store.put_state(other_address('b'), "new");
        CHECK(store.get_state(other_address('b')) == "new");
    });
}

TEST_CASE("what is no address is never there, and reaches no file") {
    with_every_store([](StateStore& store, Clock&) {
        for (const std::string& wrong :
             {std::string(), std::string("../../../etc/passwd"), address.substr(1), address + "0",
              std::string(31, '0') + "G", std::string(30, '0') + "/.", std::string(32, '\0'),
              std::string("*") + address.substr(1)}) {
            store.put_state(wrong, "x");
            CHECK_FALSE(store.get_state(wrong));
            store.erase_state(wrong);
        }
    });
}

TEST_CASE("threads that put and get the same see all of it or nothing") {
    with_every_store([](StateStore& store, Clock&) {
        const std::string bytes(500, 'x');
        std::vector<std::thread> threads;
        std::atomic<int> wrong = 0;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 20; ++n) {
                    store.put_state(address, bytes);
                    if (const auto found = store.get_state(address)) wrong += *found != bytes;
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        CHECK(wrong == 0);
        CHECK(store.get_state(address) == bytes);
    });
}

TEST_CASE("where no server keeps count, the longest unused go when there are too many bytes") {
    const auto body = [](StateStore& store, Clock& clock) {
        for (const char digit : {'a', 'b', 'c', 'd'}) {
            store.put_state(other_address(digit), std::string(300, digit));
            clock.pass(1);
            CHECK(store.get_state(other_address('a')));  // is used
            clock.pass(1);
        }
        CHECK_FALSE(store.get_state(other_address('b')));
        for (const char digit : {'a', 'c', 'd'}) CHECK(store.get_state(other_address(digit)));
    };
    Clock clock;
    SUBCASE("memory") { body(*memory_states(clock.options()), clock); }
    SUBCASE("folder") {
        const Folder folder;
        body(*folder_states(folder.path, clock.options()), clock);
    }
}

TEST_CASE("a folder is shared, and what a server left half-written goes") {
    Clock clock;
    const Folder folder;
    const auto one = folder_states(folder.path, clock.options());
    const auto other = folder_states(folder.path, clock.options());
    one->put_state(address, "a state");
    CHECK(other->get_state(address) == "a state");
    const std::string half = folder.path + "/s/01/" + address + ".safetensors.half";
    std::ofstream(half) << "half";
    clock.pass(1'000'000'000);
    other->put_state(other_address('a'), "new");
    CHECK_FALSE(std::filesystem::exists(half));
    CHECK_FALSE(std::filesystem::exists(folder.path + "/s/01/" + address + ".safetensors"));
    CHECK(other->get_state(other_address('a')) == "new");
    CHECK_THROWS_AS(folder_states("/proc/none"), StoreError);
}

#ifdef RWKVK_HAVE_REDIS
TEST_CASE("a server that is gone is told as such, by states and in the counts of conversations") {
    test::RedisServer server;
    if (!server.is_installed()) return;
    const auto states = redis_states(server.address(), "a password");
    const auto counts = std::make_shared<StoreCounts>();
    const auto store = counted_store(redis_store(server.address(), "a password"), counts);
    CHECK(store->list("ann", "", 1).empty());
    CHECK(counts->values().up);
    server.stop();
    CHECK_THROWS_AS(states->get_state(address), StoreError);
    CHECK_THROWS_AS(states->put_state(address, "x"), StoreError);
    CHECK_THROWS_AS(store->list("ann", "", 1), StoreError);
    CHECK_THROWS_AS(store->list("ann", "", 1), StoreError);
    CHECK_FALSE(counts->values().up);
    CHECK(counts->values().errors.at("list") == 2);
}
#endif

TEST_CASE("conflicts are counted, and a store that answers again is up again") {
    struct Failing : Store {
        using Store::Store;
        bool fails = false;
        Committed commit(const std::string&, const Turn&, std::optional<uint64_t>) override {
            if (fails) throw StoreError("is gone");
            return Committed::conflict;
        }
        bool set_metadata(const std::string& id, const nlohmann::json&) override { throw FullError(id); }
        std::optional<Conversation> get(const std::string&, const std::string&) override { return {}; }
        void create(const Conversation&) override {}
        uint64_t reserve(const std::string&) override { return 1; }
        bool replace(const std::string&, const Turn&) override { return false; }
        bool erase(const std::string&, const std::string&) override { return false; }
        std::vector<Conversation> list(const std::string&, const std::string&, size_t) override { return {}; }
        bool lease(const std::string&, const std::string&) override { return true; }
        bool renew(const std::string&, const std::string&) override { return true; }
        void release(const std::string&, const std::string&) override {}
    };
    const auto failing = std::make_shared<Failing>(StoreOptions{});
    const auto counts = std::make_shared<StoreCounts>();
    const auto store = counted_store(failing, counts);
    CHECK(store->commit("", {}, 0) == Committed::conflict);
    CHECK(counts->values().conflicts == 1);
    failing->fails = true;
    CHECK_THROWS_AS(store->commit("", {}, 0), StoreError);
    CHECK_FALSE(counts->values().up);
    CHECK(store->reserve("") == 1);
    CHECK(counts->values().up);
    CHECK_THROWS_AS(store->set_metadata("", {}), FullError);  // is the conversation's fault
    CHECK(counts->values().up);
    CHECK(counts->values().errors == std::map<std::string, uint64_t>{{"commit", 1}});
}

}  // namespace
}  // namespace rwkvk::server
