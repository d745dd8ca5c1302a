// Engines and prompts through the border: what is told, refused, and equal to plain calls.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "tests/api/engine_fixture.h"

namespace {

using rwkvk::Engine, rwkvk::Token, rwkvk::test::Answer, rwkvk::test::Fixture, rwkvk::test::into;

TEST_CASE("requests give what plain calls give, and the cache is told of") {
    const Fixture f;
    const std::vector<Token> prompt = {72, 101, 108, 108, 111};
    rwkvk_sampler_params sampling = rwkvk::sampler_params();
    sampling.seed = 5;
    sampling.top_p = 0.9f;
    const std::vector<Token> expected = f.plainly(prompt, sampling, 20);
    std::map<int, Answer> answers;
    Engine engine(f.model, f.tokenizer, f.params());
    CHECK(engine.device().find("cpu") == 0);
    for (int i = 0; i < 5; ++i) {
        rwkvk_engine_request request = rwkvk::engine_request();
        request.tokens = prompt.data();
        request.token_count = prompt.size();
        request.sampling = &sampling;
        request.max_tokens = 20;
        engine.submit(request, into(answers[i]));
    }
    while (engine.step(1000)) {
    }
    for (const auto& [i, answer] : answers) {
        CHECK(answer.tokens == expected);
        CHECK(answer.end == RWKVK_DONE_LENGTH);
    }
    CHECK(answers[4].cached == prompt.size());
    const rwkvk_engine_info info = engine.info();
    CHECK(info.finished == 5);
    CHECK(info.running + info.waiting == 0);
    CHECK(info.cached_tokens >= prompt.size());
    CHECK(info.kept_bytes > 0);
    CHECK(info.steps > 0);
}

TEST_CASE("a thread of its own serves, forks and cancels") {
    const Fixture f;
    std::mutex mutex;
    std::condition_variable changed;
    std::map<uint64_t, std::vector<Token>> tokens;
    std::map<uint64_t, int32_t> ends;
    const auto sink = [&](const rwkvk_engine_event& event) {
        const std::lock_guard lock(mutex);
        if (event.kind == RWKVK_EVENT_PIECE) tokens[event.request].push_back(event.token);
        if (event.kind == RWKVK_EVENT_DONE) ends[event.request] = event.end;
        changed.notify_all();
    };
    rwkvk_engine_params params = f.params();
    params.own_thread = 1;
    Engine engine(f.model, f.tokenizer, params);
    CHECK_THROWS_WITH_AS(engine.step(), doctest::Contains("thread of its own"), rwkvk::Error);
    const std::vector<Token> prompt = {1, 2, 3};
    rwkvk_engine_request request = rwkvk::engine_request();
    request.tokens = prompt.data();
    request.token_count = prompt.size();
    request.max_tokens = 1000000;
    const uint64_t endless = engine.submit(request, sink);
    const auto wait = [&](const auto& condition) {
        std::unique_lock lock(mutex);
        REQUIRE(changed.wait_for(lock, std::chrono::minutes(2), condition));
    };
    wait([&] { return tokens[endless].size() > 5; });
    const uint64_t fork = engine.fork(endless, 0, sink);
    wait([&] { return tokens[fork].size() > 5; });
    engine.cancel(endless);
    engine.cancel(fork);
    wait([&] { return ends.size() == 2; });
    CHECK(ends[endless] == RWKVK_DONE_CANCELLED);
    CHECK(ends[fork] == RWKVK_DONE_CANCELLED);
    // The same seed: the fork says what the other said from there on.
    const std::vector<Token>&all = tokens[endless], &part = tokens[fork];
    const size_t common = std::min<size_t>(part.size(), 6);
    CHECK(std::search(all.begin(), all.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(common)) !=
          all.end());
}

TEST_CASE("a conversation is a prompt, and its next turn goes on from what was read") {
    const Fixture f;
    rwkvk_prompt_params params = rwkvk::prompt_params();
    params.template_name = "world";
    const std::vector<rwkvk::Message> first = {{"system", "Be brief."}, {"user", "Hello"}};
    const rwkvk::Prompt prompt(f.model, f.tokenizer, first, params);
    CHECK(prompt.text().find("Be brief.") != std::string::npos);
    CHECK(prompt.text().find("User: Hello") != std::string::npos);
    CHECK(prompt.text().ends_with("Assistant:"));
    CHECK(prompt.tokens() == f.tokenizer.encode(prompt.text()));

    Engine engine(f.model, f.tokenizer, f.params());
    Answer answer, second_answer;
    rwkvk_engine_request request = rwkvk::engine_request();
    request.prompt = prompt.handle();
    request.max_tokens = 8;
    engine.submit(request, into(answer));
    while (engine.step()) {
    }
    std::vector<rwkvk::Message> second = first;
    second.push_back({"assistant", "yes"});
    second.push_back({"user", "Bye"});
    const rwkvk::Prompt next(f.model, f.tokenizer, second, params);
    request.prompt = next.handle();
    engine.submit(request, into(second_answer));
    while (engine.step()) {
    }
    CHECK(second_answer.cached == prompt.tokens().size());
    // The same without a cache.
    rwkvk_engine_params without = f.params();
    without.cache_bytes = 0;
    Engine other(f.model, f.tokenizer, without);
    Answer plain;
    other.submit(request, into(plain));
    while (other.step()) {
    }
    CHECK(plain.cached == 0);
    CHECK(plain.tokens == second_answer.tokens);
}

TEST_CASE("an answer that is told as a whole is what its pieces make") {
    const Fixture f;
    Engine engine(f.model, f.tokenizer, f.params());
    const std::vector<Token> prompt = {72, 101, 108, 108, 111};
    rwkvk_engine_request request = rwkvk::engine_request();
    request.tokens = prompt.data();
    request.token_count = prompt.size();
    request.max_tokens = 20;
    request.wants_scores = request.wants_prompt_scores = 1;
    std::vector<std::pair<Token, float>> pieces, scores, whole, whole_scores;
    std::string text, whole_text;
    engine.submit(request, [&](const rwkvk_engine_event& event) {
        CHECK(event.answer_count + event.prompt_score_count == 0);
        if (event.kind == RWKVK_EVENT_PIECE) pieces.emplace_back(event.token, event.log_probability);
        if (event.kind == RWKVK_EVENT_SCORE) scores.emplace_back(event.token, event.log_probability);
        text.append(event.text, event.text_bytes);
    });
    request.wants_whole = 1;
    size_t told = 0;
    engine.submit(request, [&](const rwkvk_engine_event& event) {
        ++told;
        CHECK(event.kind == RWKVK_EVENT_DONE);
        whole_text.assign(event.text, event.text_bytes);
        for (size_t i = 0; i < event.answer_count; ++i)
            whole.emplace_back(event.answer[i].token, event.answer[i].log_probability);
        for (size_t i = 0; i < event.prompt_score_count; ++i)
            whole_scores.emplace_back(event.prompt_scores[i].token, event.prompt_scores[i].log_probability);
    });
    while (engine.step()) {
    }
    CHECK(told == 1);
    CHECK(whole_text == text);
    CHECK(whole == pieces);
    CHECK(whole.size() == 20);
    CHECK(whole_scores == scores);
    CHECK(scores.size() == prompt.size() - 1);
}

TEST_CASE("prompts refuse what is no conversation") {
    const Fixture f;
    const auto refused = [&](const std::vector<rwkvk::Message>& messages, rwkvk_status status) {
        try {
            const rwkvk::Prompt prompt(f.model, f.tokenizer, messages);
        } catch (const rwkvk::Error& error) {
            CHECK(error.status() == status);
            return std::string(error.what());
        }
        FAIL_CHECK("was accepted");
        return std::string();
    };
    CHECK(refused({}, RWKVK_BAD_ARGUMENT).find("last message") != std::string::npos);
    CHECK(refused({{"user", "a"}, {"assistant", "b"}}, RWKVK_BAD_ARGUMENT).find("last message") !=
          std::string::npos);
    CHECK(refused({{"user", "  "}}, RWKVK_BAD_ARGUMENT).find("message 0 is empty") != std::string::npos);
    CHECK(refused({{"human", "a"}}, RWKVK_BAD_ARGUMENT).find("human") != std::string::npos);
    CHECK(refused({{"user", "\xff"}}, RWKVK_BAD_TEXT).find("not UTF-8") != std::string::npos);
    rwkvk_prompt* prompt = nullptr;
    CHECK(rwkvk_prompt_create(f.model.handle(), f.tokenizer.handle(), nullptr, nullptr, 1, &prompt) ==
          RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_prompt_create(nullptr, nullptr, nullptr, nullptr, 0, nullptr) == RWKVK_BAD_ARGUMENT);
    rwkvk_prompt_destroy(nullptr);
}

TEST_CASE("every wrong call is refused with a reason") {
    const Fixture f;
    Engine engine(f.model, f.tokenizer, f.params());
    const std::vector<Token> prompt = {1, 2};
    Answer none;
    const auto refused = [&](const auto& change, rwkvk_status status) {
        rwkvk_engine_request request = rwkvk::engine_request();
        request.tokens = prompt.data();
        request.token_count = prompt.size();
        change(request);
        try {
            engine.submit(request, into(none));
        } catch (const rwkvk::Error& error) {
            CHECK(error.status() == status);
            return std::string(error.what());
        }
        FAIL_CHECK("was accepted");
        return std::string();
    };
    using Request = rwkvk_engine_request;
    CHECK(refused([](Request& r) { r.tokens = nullptr; }, RWKVK_BAD_ARGUMENT) == "tokens is NULL");
    CHECK(refused([](Request& r) { r.token_count = 0; }, RWKVK_BAD_ARGUMENT).find("at least 1 token") !=
          std::string::npos);
    CHECK(refused([](Request& r) { r.end_count = 1; }, RWKVK_BAD_ARGUMENT) == "ends is NULL");
    CHECK(refused([](Request& r) { r.stop_count = 1; }, RWKVK_BAD_ARGUMENT) == "stops is NULL");
    CHECK(refused([](Request& r) { r.keep_count = 1; }, RWKVK_BAD_ARGUMENT) == "keep is NULL");
    CHECK(refused([](Request& r) { r.reply_start = 4; }, RWKVK_BAD_ARGUMENT).find("RWKVK_REPLY") !=
          std::string::npos);
    CHECK(refused([](Request& r) { r.size = 3; }, RWKVK_BAD_ARGUMENT).find("size") != std::string::npos);
    const Token large = 1u << 30;
    CHECK(refused(
              [&](Request& r) {
                  r.tokens = &large;
                  r.token_count = 1;
              },
              RWKVK_BAD_TOKEN)
              .find("id 1073741824") != std::string::npos);
    CHECK(rwkvk_engine_submit(engine.handle(), nullptr, nullptr) == RWKVK_BAD_ARGUMENT);
    const rwkvk_engine_request no_event = rwkvk::engine_request();
    CHECK(rwkvk_engine_submit(engine.handle(), &no_event, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_engine_create(nullptr, nullptr, nullptr, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_engine_create(f.model.handle(), nullptr, nullptr, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_engine_step(nullptr, 0, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_engine_info_get(engine.handle(), nullptr) == RWKVK_BAD_ARGUMENT);
    rwkvk_engine_cancel(nullptr, 1);
    rwkvk_engine_destroy(nullptr);
    CHECK(std::string(rwkvk_status_name(RWKVK_BUSY)) == "busy");
    rwkvk_context_params wrong = rwkvk::test::on_cpu();
    wrong.device = "no such device";
    rwkvk_engine_params params = rwkvk::engine_params();
    params.context = &wrong;
    CHECK_THROWS_AS(Engine(f.model, f.tokenizer, params), rwkvk::Error);
}

TEST_CASE("an engine works in the process that made it, and in a child is refused and can be destroyed") {
    const Fixture f;
    for (const int32_t own_thread : {0, 1}) {
        rwkvk_engine_params params = f.params();
        params.own_thread = own_thread;
        rwkvk_engine* engine = nullptr;
        REQUIRE(rwkvk_engine_create(f.model.handle(), f.tokenizer.handle(), &params, &engine) == RWKVK_OK);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            rwkvk_engine_info info{};
            info.size = sizeof info;
            const bool refused = rwkvk_engine_info_get(engine, &info) == RWKVK_BAD_ARGUMENT;
            rwkvk_engine_destroy(engine);
            _exit(refused ? 0 : 1);
        }
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
        rwkvk_engine_destroy(engine);
    }
}

}  // namespace
