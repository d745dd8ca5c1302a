#include "redis_store.h"

#include <hiredis/hiredis.h>

#include <charconv>

#include "ids.h"
#include "redis_pool.h"

namespace rwkvk::server {
namespace {

// A conversation is a hash: o owner, m metadata, c created, u touched, n last number, h head, b bytes of
// turns, t:<n> turns. A turn adds a field. Scripts run alone on the server, so that what they compare holds
// while they write.
constexpr const char* create_script =
    "redis.call('HSET', KEYS[1], unpack(ARGV, 2)) redis.call('PEXPIRE', KEYS[1], ARGV[1]) return 1";
constexpr const char* reserve_script =
    "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end return redis.call('HINCRBY', KEYS[1], 'n', 1)";
// Numbers are given out once: a turn that is there was written by this command, whose answer was lost.
constexpr const char* commit_script = R"(
if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
if redis.call('HEXISTS', KEYS[1], 't:' .. ARGV[1]) == 1 then return 'done' end
if ARGV[3] ~= '' and redis.call('HGET', KEYS[1], 'h') ~= ARGV[3] then return 'conflict' end
if redis.call('HINCRBY', KEYS[1], 'b', #ARGV[2]) > tonumber(ARGV[6]) then
  redis.call('HINCRBY', KEYS[1], 'b', -#ARGV[2])
  return 'full'
end
redis.call('HSET', KEYS[1], 't:' .. ARGV[1], ARGV[2], 'h', ARGV[1], 'u', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 'done')";
constexpr const char* replace_script = R"(
if redis.call('HEXISTS', KEYS[1], 't:' .. ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 't:' .. ARGV[1], ARGV[2])
return 1)";
constexpr const char* metadata_script = R"(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'm', ARGV[1])
return 1)";
constexpr const char* erase_script = R"(
if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
return 1)";
constexpr const char* renew_script =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return "
    "0";
constexpr const char* release_script =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

std::string text_of(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS)
        throw DamagedError("expected a text from the store");
    return {reply.str, reply.len};
}

int64_t integer_of(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_INTEGER) throw DamagedError("expected a number from the store");
    return reply.integer;
}

uint64_t number_in(const std::string& text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number > INT64_MAX)
        throw DamagedError("expected a whole number, found '" + text.substr(0, 40) + "'");
    return number;
}

class RedisStore final : public Store {
  public:
    RedisStore(const std::string& where, const std::string& password, StoreOptions options)
        : Store(std::move(options)), pool_(read_redis_address(where), password) {
        pool_.ask({"PING"});
    }

    std::optional<Conversation> get(const std::string& owner, const std::string& id) override {
        if (!is_conversation_id(id)) return std::nullopt;
        const RedisReply reply = pool_.ask({"HGETALL", key(id)});
        if (reply->type != REDIS_REPLY_ARRAY) throw DamagedError(id + ": expected a hash");
        if (reply->elements == 0) return std::nullopt;
        try {
            Conversation conversation;
            conversation.id = id;
            for (size_t i = 0; i + 1 < reply->elements; i += 2)
                set_field(conversation, text_of(*reply->element[i]), text_of(*reply->element[i + 1]));
            check_tree(conversation);
            return conversation.owner == owner ? std::optional(std::move(conversation)) : std::nullopt;
        } catch (const DamagedError& error) {
            throw DamagedError(id + ": " + error.what());
        }
    }

    void create(const Conversation& conversation) override {
        std::vector<std::string> fields = {milliseconds(options_.ttl),
                                           "o",
                                           conversation.owner,
                                           "m",
                                           stored_text(conversation.metadata),
                                           "c",
                                           std::to_string(conversation.created),
                                           "u",
                                           std::to_string(conversation.touched),
                                           "n",
                                           std::to_string(conversation.last),
                                           "h",
                                           std::to_string(conversation.head)};
        for (const auto& [n, turn] : conversation.turns) {
            fields.push_back("t:" + std::to_string(n));
            fields.push_back(stored_text(to_json(turn)));
        }
        run(create_script, {key(conversation.id)}, fields);
        remember(conversation.owner, conversation.id, conversation.touched);
    }

    uint64_t reserve(const std::string& id) override {
        if (!is_conversation_id(id)) return 0;
        return static_cast<uint64_t>(integer_of(*run(reserve_script, {key(id)}, {})));
    }

    Committed commit(const std::string& id, const Turn& turn, std::optional<uint64_t> head) override {
        if (!is_conversation_id(id)) return Committed::gone;
        const int64_t touched = now();
        const std::string result = text_of(*run(
            commit_script, {key(id)},
            {std::to_string(turn.n), stored_text(to_json(turn)), head ? std::to_string(*head) : "",
             milliseconds(options_.ttl), std::to_string(touched), std::to_string(most_conversation_bytes)}));
        if (result == "full") throw FullError(id);
        if (result == "gone") return Committed::gone;
        if (result == "conflict") return Committed::conflict;
        // What was committed stays so, though the list should not learn of it.
        try {
            remember(text_of(*pool_.ask({"HGET", key(id), "o"})), id, touched);
        } catch (const std::exception&) {
        }
        return Committed::done;
    }

    bool replace(const std::string& id, const Turn& turn) override {
        return is_conversation_id(id) &&
               integer_of(*run(replace_script, {key(id)},
                               {std::to_string(turn.n), stored_text(to_json(turn))})) == 1;
    }

    bool set_metadata(const std::string& id, const nlohmann::json& metadata) override {
        return is_conversation_id(id) &&
               integer_of(*run(metadata_script, {key(id)}, {stored_text(metadata)})) == 1;
    }

    bool erase(const std::string& owner, const std::string& id) override {
        if (!is_conversation_id(id)) return false;
        if (integer_of(*run(erase_script, {key(id), lease_key(id)}, {owner})) == 0) return false;
        pool_.ask({"ZREM", list_key(owner), id});
        return true;
    }

    std::vector<Conversation> list(const std::string& owner, const std::string& after,
                                   size_t limit) override {
        std::vector<Conversation> found;
        int64_t rank = 0;
        if (!after.empty()) {
            const RedisReply reply = pool_.ask({"ZREVRANK", list_key(owner), after});
            if (reply->type != REDIS_REPLY_INTEGER) return found;
            rank = reply->integer + 1;
        }
        while (found.size() < limit) {
            const int64_t last = rank + static_cast<int64_t>(limit) - 1;
            const RedisReply ids =
                pool_.ask({"ZREVRANGE", list_key(owner), std::to_string(rank), std::to_string(last)});
            if (ids->type != REDIS_REPLY_ARRAY || ids->elements == 0) break;
            for (size_t i = 0; i < ids->elements && found.size() < limit; ++i)
                rank += add_summary(found, owner, text_of(*ids->element[i]));
        }
        return found;
    }

    bool lease(const std::string& id, const std::string& holder) override {
        const RedisReply reply =
            pool_.ask({"SET", lease_key(id), holder, "NX", "PX", milliseconds(options_.lease_time)});
        return reply->type == REDIS_REPLY_STATUS;
    }

    bool renew(const std::string& id, const std::string& holder) override {
        return integer_of(*run(renew_script, {lease_key(id)}, {holder, milliseconds(options_.lease_time)})) ==
               1;
    }

    void release(const std::string& id, const std::string& holder) override {
        run(release_script, {lease_key(id)}, {holder});
    }

  private:
    // The braces keep both keys on one node of a cluster.
    static std::string key(const std::string& id) { return "rwkvk:{" + id + "}:c"; }
    static std::string lease_key(const std::string& id) { return "rwkvk:{" + id + "}:l"; }
    static std::string list_key(const std::string& owner) { return "rwkvk:o:" + owner; }
    static std::string milliseconds(int64_t seconds) { return std::to_string(seconds * 1000); }

    RedisReply run(const char* script, const std::vector<std::string>& keys,
                   const std::vector<std::string>& words) {
        std::vector<std::string> command = {"EVAL", script, std::to_string(keys.size())};
        command.insert(command.end(), keys.begin(), keys.end());
        command.insert(command.end(), words.begin(), words.end());
        return pool_.ask(command);
    }

    void remember(const std::string& owner, const std::string& id, int64_t touched) {
        pool_.ask({"ZADD", list_key(owner), std::to_string(touched), id});
        pool_.ask({"PEXPIRE", list_key(owner), milliseconds(options_.ttl)});
    }

    static void set_field(Conversation& conversation, const std::string& name, const std::string& value) {
        if (name == "o") conversation.owner = value;
        if (name == "m") conversation.metadata = read_stored_object(value);
        if (name == "c") conversation.created = static_cast<int64_t>(number_in(value));
        if (name == "u") conversation.touched = static_cast<int64_t>(number_in(value));
        if (name == "n") conversation.last = number_in(value);
        if (name == "h") conversation.head = number_in(value);
        if (!name.starts_with("t:")) return;
        Turn turn = read_turn(value);
        if (turn.n != number_in(name.substr(2))) throw DamagedError("turns: one under another's number");
        conversation.turns[turn.n] = std::move(turn);
    }

    /// How many it is in the list: 0 where it has expired, and is taken out.
    int64_t add_summary(std::vector<Conversation>& found, const std::string& owner, const std::string& id) {
        const std::vector<std::string> names = {"o", "m", "c", "u", "h"};
        std::vector<std::string> command = {"HMGET", key(id)};
        command.insert(command.end(), names.begin(), names.end());
        const RedisReply reply = pool_.ask(command);
        Conversation conversation;
        conversation.id = id;
        try {
            if (reply->type != REDIS_REPLY_ARRAY || reply->elements != names.size())
                throw DamagedError("no hash");
            for (size_t i = 0; i < names.size(); ++i)
                set_field(conversation, names[i], text_of(*reply->element[i]));
            if (conversation.owner != owner) throw DamagedError("somebody else's");
        } catch (const DamagedError&) {
            pool_.ask({"ZREM", list_key(owner), id});
            return 0;
        }
        found.push_back(std::move(conversation));
        return 1;
    }

    RedisPool pool_;
};

}  // namespace

std::unique_ptr<Store> redis_store(const std::string& where, const std::string& password,
                                   StoreOptions options) {
    return std::make_unique<RedisStore>(where, password, std::move(options));
}

}  // namespace rwkvk::server
