// Snapshots through the border: as files and as bytes, from one engine to another, and what is none.
#include <doctest/doctest.h>

#include <optional>

#include "tests/api/engine_fixture.h"
#include "tests/support/temporary_folder.h"

namespace {

using rwkvk::Engine, rwkvk::Token, rwkvk::test::Answer, rwkvk::test::Fixture, rwkvk::test::into;

TEST_CASE("a snapshot is saved, and a conversation goes on from the file, in any engine") {
    const Fixture f;
    const rwkvk::test::TemporaryFolder folder;
    const std::string path = folder / "a.safetensors";
    rwkvk_prompt_params params = rwkvk::prompt_params();
    params.template_name = "world";
    const std::vector<rwkvk::Message> first = {{"user", "Hello"}, {"assistant", "yes"}};
    params.answered = 1;
    const rwkvk::Prompt said(f.model, f.tokenizer, first, params);
    rwkvk_engine_request request = rwkvk::engine_request();
    request.prompt = said.handle();
    request.max_tokens = 0;
    request.wants_snapshot = 1;
    std::optional<rwkvk::Snapshot> snapshot;
    Engine engine(f.model, f.tokenizer, f.params());
    engine.submit(request, [&](const rwkvk_engine_event& event) {
        CHECK(event.kind != RWKVK_EVENT_PIECE);
        if (event.kind != RWKVK_EVENT_DONE) return;
        CHECK(event.end == RWKVK_DONE_LENGTH);
        REQUIRE(event.snapshot);
        snapshot.emplace(f.model, event.snapshot);
    });
    while (engine.step()) {
    }
    REQUIRE(snapshot);
    CHECK(snapshot->position() == said.tokens().size());
    CHECK(snapshot->values().size() == f.model.info().state_elements);
    CHECK(!rwkvk::is_snapshot(rwkvk::test::model_file));
    CHECK(!rwkvk::is_snapshot(path));
    snapshot->write(path);
    CHECK(rwkvk::is_snapshot(path));

    std::vector<rwkvk::Message> all = first;
    all.push_back({"user", "Bye"});
    params.answered = 0;
    const rwkvk::Prompt whole(f.model, f.tokenizer, all, params);
    params.continues = 1;
    const rwkvk::Prompt rest(f.model, f.tokenizer, {all.back()}, params);
    CHECK(said.text() + rest.text() == whole.text());
    const rwkvk::Snapshot read(f.model, path);
    CHECK(read.position() == snapshot->position());
    CHECK(read.values() == snapshot->values());
    Answer from_file, at_once;
    Engine other(f.model, f.tokenizer, f.params());
    request = rwkvk::engine_request();
    request.max_tokens = 8;
    request.prompt = rest.handle();
    request.from = read.handle();
    other.submit(request, into(from_file));
    request.prompt = whole.handle();
    request.from = nullptr;
    other.submit(request, into(at_once));
    while (other.step()) {
    }
    CHECK(from_file.tokens == at_once.tokens);
    CHECK(from_file.tokens.size() > 0);
    // Plain contexts and chats take it too.
    rwkvk::Context context(f.model, f.context);
    f.runtime.check(rwkvk_state_load(context.handle(), 0, path.c_str(), nullptr));
    CHECK(context.state(0) == snapshot->values());
    rwkvk_snapshot* none = nullptr;
    CHECK(rwkvk_snapshot_read(f.model.handle(), (folder / "none").c_str(), &none) == RWKVK_IO);
    CHECK(rwkvk_snapshot_read(f.model.handle(), rwkvk::test::model_file.c_str(), &none) != RWKVK_OK);
    CHECK(rwkvk_snapshot_write(snapshot->handle(), nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_snapshot_position(nullptr) == 0);
    CHECK(rwkvk_snapshot_share(nullptr) == nullptr);
    CHECK(!rwkvk_is_snapshot(nullptr));
}

/// Of tokens that are read behind `from`, or from nothing on.
rwkvk::Snapshot snapshot_behind(const std::vector<Token>& tokens, const rwkvk::Snapshot* from,
                                const Fixture& f, Engine& engine) {
    rwkvk_engine_request request = rwkvk::engine_request();
    request.tokens = tokens.data();
    request.token_count = tokens.size();
    request.from = from ? from->handle() : nullptr;
    request.max_tokens = 0;
    request.wants_snapshot = 1;
    std::optional<rwkvk::Snapshot> snapshot;
    engine.submit(request, [&](const rwkvk_engine_event& event) {
        if (event.kind == RWKVK_EVENT_DONE) snapshot.emplace(f.model, event.snapshot);
    });
    while (engine.step()) {
    }
    REQUIRE(snapshot);
    return std::move(*snapshot);
}

TEST_CASE("a state goes from one engine to another as bytes, and a prompt goes on from it there") {
    const Fixture f;
    std::vector<Token> read(100), prompt;
    for (size_t i = 0; i < read.size(); ++i) read[i] = static_cast<Token>(i * 37 % 256);
    prompt = read;
    prompt.insert(prompt.end(), {1, 2, 3});
    const auto answer_to = [&](Engine& engine, const std::vector<Token>& tokens, const char* domain,
                               rwkvk_engine_request request = rwkvk::engine_request()) {
        Answer answer;
        request.max_tokens = 8;
        request.tokens = tokens.data();
        request.token_count = tokens.size();
        request.domain = domain;
        engine.submit(request, into(answer));
        while (engine.step()) {
        }
        return answer;
    };
    Engine engine(f.model, f.tokenizer, f.params());
    const rwkvk::Snapshot snapshot = snapshot_behind(read, nullptr, f, engine);
    CHECK(snapshot.tokens() == read);
    const std::string bytes = snapshot.encode();

    Engine other(f.model, f.tokenizer, f.params());
    const Answer plain = answer_to(other, prompt, "another");
    CHECK(other.cached("ann", prompt) == 0);
    const rwkvk::Snapshot decoded(f.model, bytes.data(), bytes.size());
    CHECK(decoded.tokens() == read);
    CHECK(decoded.values() == snapshot.values());
    other.keep("ann", decoded);
    CHECK(other.cached("ann", prompt) == read.size());
    CHECK(other.cached("bob", prompt) == 0);
    const Answer from_it = answer_to(other, prompt, "ann");
    CHECK(from_it.cached == read.size());
    CHECK(from_it.tokens == plain.tokens);
    // Exactly its tokens: there are no logits with it, so that all is read.
    CHECK(answer_to(other, read, "ann").tokens == answer_to(other, read, "another").tokens);

    // What goes on from a state whose tokens are known has all of them; of others none are.
    const rwkvk::test::TemporaryFolder folder;
    snapshot.write(folder / "plain");
    const rwkvk::Snapshot without(f.model, folder / "plain");
    CHECK(without.tokens().empty());
    CHECK(rwkvk_engine_keep(other.handle(), "", without.handle()) == RWKVK_BAD_ARGUMENT);
    const std::vector<Token> more = {1, 2, 3};
    CHECK(snapshot_behind(more, &decoded, f, engine).tokens() == prompt);
    CHECK(snapshot_behind(more, &without, f, engine).tokens().empty());
}

TEST_CASE("bytes that are no state are refused") {
    const Fixture f;
    Engine engine(f.model, f.tokenizer, f.params());
    const rwkvk::Snapshot snapshot = snapshot_behind({1, 2, 3}, nullptr, f, engine);
    const std::string good = snapshot.encode();
    const auto status_of = [&](const std::string& bytes) {
        rwkvk_snapshot* read_back = nullptr;
        const rwkvk_status status =
            rwkvk_snapshot_decode(f.model.handle(), bytes.data(), bytes.size(), &read_back);
        rwkvk_snapshot_destroy(read_back);
        return status;
    };
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string bytes = good;
        REQUIRE(from.size() == to.size());
        REQUIRE(bytes.find(from) != bytes.npos);
        return bytes.replace(bytes.find(from), from.size(), to);
    };
    CHECK(status_of(good) == RWKVK_OK);
    CHECK(status_of("") != RWKVK_OK);
    CHECK(status_of(good.substr(0, good.size() / 2)) == RWKVK_BAD_FILE);
    CHECK(status_of(with("\"position\":\"3\"", "\"position\":\"4\"")) == RWKVK_BAD_FILE);
    CHECK(status_of(with("\"version\":\"2\"", "\"version\":\"9\"")) == RWKVK_UNSUPPORTED);
    CHECK(status_of(with("\"I32\"", "\"F32\"")) == RWKVK_BAD_FILE);
    for (const size_t from_end : {size_t{1}, size_t{200}}) {  // a token; a value
        std::string bytes = good;
        bytes[bytes.size() - from_end] ^= 0x7f;
        CHECK(status_of(bytes) == RWKVK_BAD_FILE);
    }
    size_t count = 0;
    char little[8];
    CHECK(rwkvk_snapshot_encode(snapshot.handle(), little, sizeof little, &count) == RWKVK_OK);
    CHECK(count == good.size());
    CHECK(rwkvk_snapshot_encode(snapshot.handle(), nullptr, 1, &count) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_snapshot_encode(nullptr, little, 0, &count) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_snapshot_decode(f.model.handle(), nullptr, 0, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_snapshot_tokens(nullptr, &count) == nullptr);
    CHECK(count == 0);
    CHECK(rwkvk_engine_cached(nullptr, "", nullptr, 0, &count) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_engine_keep(engine.handle(), "", nullptr) == RWKVK_BAD_ARGUMENT);
    const rwkvk::Model again = f.runtime.load(rwkvk::test::model_file);
    const rwkvk::Snapshot others(again, good.data(), good.size());
    CHECK(rwkvk_engine_keep(engine.handle(), "", others.handle()) == RWKVK_BAD_ARGUMENT);
}

}  // namespace
