// Every store of conversations keeps one contract; what is read back is not trusted.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "talk/ids.h"
#include "talk/keeper.h"
#ifdef RWKVK_HAVE_REDIS
#include "redis_server.h"
#include "talk/redis_store.h"
#endif

namespace rwkvk::server {
namespace {

using nlohmann::json;

struct Clock {
    int64_t seconds = 1000;
    std::function<void(int64_t)> pass_elsewhere = [](int64_t) {};  // where a store has a clock of its own
    void pass(int64_t more) {
        seconds += more;
        pass_elsewhere(more);
    }
    StoreOptions options() {
        return {.ttl = 100, .lease_time = 15, .now = [this] { return seconds; }};
    }
};

/// A folder that is gone with it.
struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / ("rwkvk_store_" + random_name())).string();
    ~Folder() { std::filesystem::remove_all(path); }
};

json item(const std::string& role, const std::string& text) {
    return {{"id", "msg_" + random_name()},
            {"type", "message"},
            {"role", role},
            {"content", {{{"type", "input_text"}, {"text", text}}}}};
}

Turn turn(uint64_t n, uint64_t parent, const std::string& text) {
    Turn turn;
    turn.n = n;
    turn.parent = parent;
    turn.created = 1000;
    turn.seed = UINT64_MAX;
    turn.finish = "stop";
    turn.input = {item("user", text)};
    turn.output = {item("assistant", "to " + text)};
    return turn;
}

Conversation fresh(const std::string& owner, const Clock& clock) {
    Conversation conversation;
    conversation.id = new_conversation_id();
    conversation.owner = owner;
    conversation.created = conversation.touched = clock.seconds;
    return conversation;
}

/// Runs it with one of each kind.
template <typename Body>
void with_every_store(const Body& body){SUBCASE("memory"){Clock clock;
const auto store = memory_store(clock.options());
body(*store, clock);
}  // namespace
SUBCASE("folder") {
    Clock clock;
    const Folder folder;
    const auto store = folder_store(folder.path, clock.options());
    body(*store, clock);
}
#ifdef RWKVK_HAVE_REDIS
SUBCASE("redis") {
    Clock clock;
    test::RedisServer server;
    if (!server.is_installed()) return;
    const auto store = redis_store(server.address(), "a password", clock.options());
    clock.pass_elsewhere = [&](int64_t seconds) { server.pass(seconds); };
    body(*store, clock);
}
#endif
}  // namespace rwkvk::server

TEST_CASE("what was committed is read back, as a tree") {
    with_every_store([](Store& store, Clock& clock) {
        Conversation conversation = fresh("ann", clock);
        conversation.metadata = {{"topic", "trees"}};
        store.create(conversation);
        const std::string id = conversation.id;
        CHECK(store.reserve(id) == 1);
        CHECK(store.commit(id, turn(1, 0, "one"), 0) == Committed::done);
        CHECK(store.reserve(id) == 2);
        CHECK(store.reserve(id) == 3);
        CHECK(store.commit(id, turn(3, 1, "three"), 1) == Committed::done);
        CHECK(store.commit(id, turn(2, 1, "two"), 1) == Committed::conflict);
        CHECK(store.commit(id, turn(2, 1, "two"), std::nullopt) == Committed::done);
        const Conversation found = store.get("ann", id).value();
        CHECK((found.head == 2 && found.last == 3 && found.turns.size() == 3));
        CHECK(found.turns.at(1).seed == UINT64_MAX);
        CHECK(found.metadata == conversation.metadata);
        CHECK(found.messages(2).size() == 4);
        CHECK(found.messages(2)[2] == json{{"role", "user"}, {"content", "two"}});
        CHECK(found.messages(3)[2].at("content") == "three");
        CHECK(found.messages(0).empty());
        CHECK_THROWS_AS(found.path(9), std::out_of_range);
    });
}

TEST_CASE("metadata and turns can be changed, conversations erased; nothing comes back from the dead") {
    with_every_store([](Store& store, Clock& clock) {
        const Conversation conversation = fresh("ann", clock);
        const std::string id = conversation.id;
        store.create(conversation);
        CHECK(store.set_metadata(id, {{"a", "b"}}));
        store.commit(id, turn(store.reserve(id), 0, "one"), std::nullopt);
        Turn empty = turn(1, 0, "");
        empty.deleted = true;
        CHECK(store.replace(id, empty));
        CHECK_FALSE(store.replace(id, turn(7, 1, "x")));
        CHECK(store.get("ann", id)->turns.at(1).deleted);
        CHECK(store.get("ann", id)->metadata.at("a") == "b");
        CHECK_FALSE(store.erase("bob", id));
        CHECK(store.erase("ann", id));
        CHECK_FALSE(store.erase("ann", id));
        CHECK_FALSE(store.get("ann", id));
        CHECK(store.reserve(id) == 0);
        CHECK(store.commit(id, turn(2, 1, "late"), std::nullopt) == Committed::gone);
        CHECK_FALSE(store.set_metadata(id, {{"a", "c"}}));
        CHECK_FALSE(store.get("ann", id));
    });
}

TEST_CASE("others find nothing; lists are the owner's, the latest first") {
    with_every_store([](Store& store, Clock& clock) {
        std::vector<std::string> ids;
        for (int i = 0; i < 5; ++i) {
            clock.pass(1);
            ids.push_back(fresh("ann", clock).id);
            Conversation conversation = fresh("ann", clock);
            conversation.id = ids.back();
            store.create(conversation);
        }
        store.create(fresh("bob", clock));
        CHECK_FALSE(store.get("bob", ids[0]));
        CHECK_FALSE(store.get("", ids[0]));
        const auto names = [&](const std::string& after, size_t limit) {
            std::vector<std::string> found;
            for (const Conversation& each : store.list("ann", after, limit)) found.push_back(each.id);
            return found;
        };
        CHECK(names("", 2) == std::vector{ids[4], ids[3]});
        CHECK(names(ids[3], 10) == std::vector{ids[2], ids[1], ids[0]});
        CHECK(store.list("bob", "", 10).size() == 1);
        CHECK(store.list("eve", "", 10).empty());
        clock.pass(1);
        store.commit(ids[1], turn(store.reserve(ids[1]), 0, "again"), 0);
        CHECK(names("", 1) == std::vector{ids[1]});
    });
}

TEST_CASE("ids that are none are never there") {
    with_every_store([](Store& store, Clock&) {
        for (const std::string id : {"", "conv_", "../../../../etc/passwd", "conv_../../../../etc/passwd",
                                     "conv_0123456789012345678901/", "conv_01234567890123456789012"}) {
            CHECK_FALSE(store.get("", id));
            CHECK(store.reserve(id) == 0);
            CHECK(store.commit(id, turn(1, 0, "x"), std::nullopt) == Committed::gone);
            CHECK_FALSE(store.erase("", id));
            CHECK_FALSE(store.renew(id, "me"));
        }
    });
}

TEST_CASE("a conversation expires when nothing is added to it") {
    with_every_store([](Store& store, Clock& clock) {
        const Conversation kept = fresh("ann", clock), left = fresh("ann", clock);
        store.create(kept);
        store.create(left);
        clock.pass(99);
        store.commit(kept.id, turn(store.reserve(kept.id), 0, "one"), 0);
        clock.pass(2);
        CHECK(store.get("ann", kept.id));
        CHECK_FALSE(store.get("ann", left.id));
        CHECK(store.reserve(left.id) == 0);
        CHECK(store.list("ann", "", 10).size() == 1);
        store.sweep();
        CHECK(store.get("ann", kept.id));
        clock.pass(100);
        CHECK_FALSE(store.get("ann", kept.id));
    });
}

TEST_CASE("one holds the lease at a time, and not for ever") {
    with_every_store([](Store& store, Clock& clock) {
        const Conversation conversation = fresh("ann", clock);
        const std::string id = conversation.id;
        store.create(conversation);
        CHECK(store.lease(id, "a"));
        CHECK_FALSE(store.lease(id, "b"));
        CHECK_FALSE(store.renew(id, "b"));
        store.release(id, "b");
        clock.pass(10);
        CHECK(store.renew(id, "a"));
        clock.pass(10);
        CHECK_FALSE(store.lease(id, "b"));
        clock.pass(6);
        CHECK(store.lease(id, "b"));
        CHECK_FALSE(store.renew(id, "a"));
        store.release(id, "b");
        CHECK(store.lease(id, "a"));
    });
}

TEST_CASE("of those who append to one head at once, one does; others lose nothing that was there") {
    with_every_store([](Store& store, Clock& clock) {
        const Conversation conversation = fresh("ann", clock);
        store.create(conversation);
        std::atomic<int> done = 0, refused = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 5; ++round) {
                    const uint64_t head = store.get("ann", conversation.id)->head;
                    const uint64_t n = store.reserve(conversation.id);
                    const Committed result = store.commit(conversation.id, turn(n, head, "x"), head);
                    (result == Committed::done ? done : refused)++;
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        const Conversation found = store.get("ann", conversation.id).value();
        CHECK(done + refused == 40);
        CHECK(done >= 5);
        CHECK(found.last == 40);
        CHECK(found.turns.size() == static_cast<size_t>(done));
        CHECK(found.path(found.head).size() == static_cast<size_t>(done));
    });
}

TEST_CASE("two processes share a folder") {
    const Folder folder;
    Clock clock;
    const auto store = folder_store(folder.path, clock.options());
    const Conversation conversation = fresh("ann", clock);
    store->create(conversation);
    const auto append = [&](int times) {
        const auto own = folder_store(folder.path, clock.options());
        for (int i = 0; i < times; ++i)
            own->commit(conversation.id, turn(own->reserve(conversation.id), 0, "x"), std::nullopt);
    };
    const pid_t child = fork();
    if (child == 0) {
        append(20);
        _exit(0);
    }
    append(20);
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(store->get("ann", conversation.id)->turns.size() == 40);
    CHECK(store->get("ann", conversation.id)->last == 40);
}

TEST_CASE("damaged files are told as such, and nobody's are") {
    const Folder folder;
    Clock clock;
    const auto store = folder_store(folder.path, clock.options());
    const Conversation conversation = fresh("ann", clock);
    store->create(conversation);
    const std::string file =
        folder.path + "/c/" + conversation.id.substr(5, 2) + "/" + conversation.id + ".json";
    for (const char* const text : {"", "{", "[]", "{\"id\": \"conv_x\"}"}) {
        std::ofstream(file) << text;
        CHECK_THROWS_AS(store->get("ann", conversation.id), DamagedError);
        CHECK_THROWS_AS(store->reserve(conversation.id), DamagedError);
    }
    CHECK(store->list("ann", "", 10).empty());
    store->sweep();
    CHECK(std::filesystem::exists(file));
}

TEST_CASE("a folder that cannot be used is one clear error") {
    CHECK_THROWS_AS(folder_store("/proc/none/store"), StoreError);
    const Folder folder;
    std::ofstream(folder.path) << "a file";
    CHECK_THROWS_AS(folder_store(folder.path), StoreError);
    CHECK_THROWS_AS(folder_store("/dev/full"), StoreError);
}

#ifdef RWKVK_HAVE_REDIS
TEST_CASE("a server that is gone is one clear error, at once from then on, until it is back") {
    test::RedisServer server;
    if (!server.is_installed()) return;
    Clock clock;
    const auto store = redis_store(server.address(), "a password", clock.options());
    const Conversation conversation = fresh("ann", clock);
    store->create(conversation);
    CHECK_THROWS_AS(redis_store(server.address(), "another", clock.options()), StoreError);
    server.ask({"HSET", "rwkvk:{" + conversation.id + "}:c", "t:1", "{}"});
    CHECK_THROWS_AS(store->get("ann", conversation.id), DamagedError);
    server.stop();
    CHECK_THROWS_AS(store->get("ann", conversation.id), StoreError);
    CHECK_THROWS_AS(store->reserve(conversation.id), StoreError);
    CHECK_THROWS_AS(redis_store(server.address(), "a password", clock.options()), StoreError);
}

TEST_CASE("addresses of servers") {
    const RedisAddress all = read_redis_address("redis://ann@host:7000/3");
    CHECK((all.host == "host" && all.port == 7000 && all.database == 3 && all.user == "ann"));
    CHECK(read_redis_address("redis://[::1]:7000").host == "::1");
    CHECK(read_redis_address("redis://host").port == 6379);
    CHECK(read_redis_address("redis+unix:/a/b").socket == "/a/b");
    for (const char* const wrong : {"redis://", "redis://host:x", "redis://host:99999", "redis://host/x",
                                    "redis+unix:", "redis://ann:secret@host", "rediss://host"})
        CHECK_THROWS_AS(read_redis_address(wrong), std::invalid_argument);
}
#endif

TEST_CASE("memory forgets the longest untouched first") {
    Clock clock;
    const auto store = memory_store(clock.options(), 4000);
    const Conversation first = fresh("ann", clock);
    store->create(first);
    std::vector<Conversation> others;
    for (int i = 0; i < 20; ++i) {
        clock.pass(1);
        others.push_back(fresh("ann", clock));
        store->create(others.back());
        store->commit(others.back().id, turn(store->reserve(others.back().id), 0, std::string(300, 'x')), 0);
    }
    CHECK_FALSE(store->get("ann", first.id));
    CHECK(store->get("ann", others.back().id));
    CHECK(store->list("ann", "", 100).size() < 10);
}

TEST_CASE("only what a conversation can be is read") {
    Clock clock;
    Conversation good = fresh("ann", clock);
    good.add(turn(1, 0, "one"));
    good.add(turn(3, 1, "two"));
    const json fine = to_json(good);
    CHECK(to_json(read_stored_conversation(stored_text(fine))) == fine);
    const auto is_refused = [&](const char* where, const json& value) {
        json changed = fine;
        changed[json::json_pointer(where)] = value;
        CHECK_THROWS_AS(read_stored_conversation(stored_text(changed)), DamagedError);
    };
    is_refused("/id", "conv_../x");
    is_refused("/owner", 3);
    is_refused("/created", -1);
    is_refused("/created", UINT64_MAX);
    is_refused("/head", 2);
    is_refused("/last", 2);
    is_refused("/last", 1.5);
    is_refused("/metadata", json::array());
    is_refused("/turns", json::object());
    is_refused("/turns/0/n", 3);
    is_refused("/turns/0/parent", 1);
    is_refused("/turns/1/parent", 2);
    is_refused("/turns/0/input", {3});
    is_refused("/turns/0/input/0/content", "text");
    is_refused("/turns/0/input/0/content/0/text", nullptr);
    is_refused("/turns/0/deleted", "no");
    CHECK_THROWS_AS(read_stored_conversation(std::string(1000000, '[')), DamagedError);
    CHECK_THROWS_AS(read_turn("{}"), DamagedError);
}

TEST_CASE("ids come back as they were told, others do not") {
    const std::string conversation = new_conversation_id();
    CHECK(conversation.size() == 27);
    CHECK(conversation != new_conversation_id());
    const auto read = read_response_id(to_text(ResponseId{conversation, 12}));
    REQUIRE(read);
    CHECK((read->conversation == conversation && read->turn == 12));
    const std::string name = conversation.substr(5);
    for (const std::string id : {"", "resp_", "resp_x_1", "conv_x", "resp_..._1"})
        CHECK_FALSE(read_response_id(id));
    CHECK(read_response_id("resp_" + name + "_0")->turn == 0);  // the beginning
    for (const std::string end : {"", "_", "_00", "_01", "_-1", "_1x", "_99999999999999999999"})
        CHECK_FALSE(read_response_id("resp_" + name + end));
}

TEST_CASE("the keeper does what was posted before it ends, and gives leases to one at a time") {
    Clock clock;
    const std::shared_ptr<Store> store = memory_store(clock.options());
    const Conversation conversation = fresh("ann", clock);
    store->create(conversation);
    std::atomic<int> done = 0;
    {
        Keeper keeper(store);
        const std::string holder = keeper.hold(conversation.id);
        CHECK_FALSE(holder.empty());
        CHECK(keeper.hold(conversation.id).empty());
        keeper.release(conversation.id, holder);
        CHECK_FALSE(keeper.hold(conversation.id).empty());
        for (int i = 0; i < 100; ++i) keeper.post([&] { ++done; });
        keeper.finish();
        keeper.post([&] { ++done; });
    }
    CHECK(done == 101);
}

}  // namespace
}  // namespace rwkvk::server
