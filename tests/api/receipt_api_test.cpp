// Receipts through the border: recorded by a program's own loop or by a chat, replayed by another.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <rwkvk_receipt.hpp>

#include "tests/support/border_handles.h"
#include "tests/support/file_builder.h"
#include "tests/support/temporary_folder.h"

using namespace rwkvk::test;
using rwkvk::Token;

namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    REQUIRE(at != text.npos);
    return text.replace(at, from.size(), to);
}

/// Draws an answer behind slot 0, whose last logits these are, and feeds all of it.
std::vector<Token> draw(rwkvk::Context& context, rwkvk::Sampler& sampler, std::vector<float> logits) {
    std::vector<Token> drawn;
    for (int i = 0; i < 12; ++i) {
        drawn.push_back(sampler.sample(logits));
        logits = context.eval(0, {drawn.back()});
    }
    return drawn;
}

rwkvk_sampler_params seeded() {
    rwkvk_sampler_params params = rwkvk::sampler_params();
    params.seed = 11;
    params.presence = 0.5f;
    return params;
}

void record(rwkvk::Runtime& runtime, rwkvk::Context& context, rwkvk::Receipt& receipt) {
    rwkvk::Sampler sampler(runtime, seeded());
    sampler.bias(7, 1.5f);
    context.reset(0);
    const uint32_t point = receipt.begin_answer(0, {1, 2, 3}, sampler);
    const std::vector<float> logits = context.eval(0, {1, 2, 3});
    context.copy(0, 1);
    receipt.end_answer(0, draw(context, sampler, logits), false);
    // Another answer from the same place, with the next random numbers and what was counted.
    context.copy(1, 0);
    CHECK(receipt.begin_answer(point, {}, sampler) == point + 1);
    receipt.end_answer(0, draw(context, sampler, logits), false);
}

/// Of rank 1, for one matrix of the model.
std::string adapter_file() {
    return pth(pickle::dict({{"blocks.1.att.key.lora_A", pickle::tensor_f32("0", {1, 64})},
                             {"blocks.1.att.key.lora_B", pickle::tensor_f32("0", {64, 1})}}),
               {{"0", ramp<float>(64)}});
}

template <typename Call>
std::string refusal(rwkvk_status status, const Call& call) {
    try {
        call();
    } catch (const rwkvk::Error& error) {
        CHECK_MESSAGE(error.status() == status, error.what());
        return error.what();
    }
    FAIL_CHECK("was accepted");
    return "";
}

void check_contains(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != text.npos);
}

}  // namespace

TEST_CASE("a program's own answers are written down and confirmed on every device") {
    const TemporaryFolder folder;
    const std::string path = folder / "r.json";
    Handles h;
    rwkvk::Receipt receipt(h.context, path);
    CHECK(folder.names().empty());  // the path was tried, nothing was written
    record(h.runtime, h.context, receipt);
    receipt.save();
    CHECK(read(path) == receipt.text());
    rwkvk::Receipt opened(h.runtime, path);
    const rwkvk_receipt_info info = opened.info();
    CHECK(info.answers == 2);
    CHECK(info.drawn == 24);
    CHECK(info.numerics_version == rwkvk_numerics_version());
    CHECK(info.model_fingerprint == h.model.fingerprint());
    CHECK(opened.model_path() == model_file);
    std::vector<std::string> devices = {"cpu"};
    if (!h.runtime.devices().empty()) devices.push_back("0");
    for (const std::string& device : devices) {
        rwkvk_context_params params = on_cpu();
        params.device = device.c_str();
        rwkvk::Context context(h.model, params);
        double last = 0;
        const rwkvk_replay_result result = opened.replay(context, [&](double fraction) {
            last = fraction;
            return true;
        });
        CHECK(result.differs == RWKVK_DIFFERS_NOWHERE);
        CHECK(last == 1.0);
        rwkvk::Receipt again(context);
        record(h.runtime, context, again);
        CHECK(again.text() == receipt.text());
    }
    refusal(RWKVK_CANCELLED, [&] { opened.replay(h.context, [](double) { return false; }); });
}

TEST_CASE("what was changed is named") {
    const TemporaryFolder folder;
    Handles h;
    rwkvk::Receipt receipt(h.context);
    record(h.runtime, h.context, receipt);
    const auto replay = [&](const std::string& from, const std::string& to) {
        write(folder / "f.json", replaced(receipt.text(), from, to));
        return rwkvk::Receipt(h.runtime, folder / "f.json").replay(h.context);
    };
    rwkvk_replay_result result = replay("\"seed\": \"11\"", "\"seed\": \"12\"");
    CHECK(result.differs == RWKVK_DIFFERS_TOKEN);
    CHECK(result.answer == 1);
    CHECK(result.token > 0);
    check_contains(result.explanation, "how they were drawn");
    result = replay(h.model.fingerprint(), "0123456789abcdef");
    CHECK(result.differs == RWKVK_DIFFERS_MODEL);
    check_contains(result.explanation,
                   "0123456789abcdef (model-fp32.pth), this one is " + h.model.fingerprint());
    const std::string version = "\"numerics_version\": " + std::to_string(rwkvk_numerics_version());
    CHECK(replay(version, version + "9").differs == RWKVK_DIFFERS_NUMERICS);
    result = replay(receipt.info().last_fingerprint, "0123456789abcdef");
    CHECK(result.differs == RWKVK_DIFFERS_FINGERPRINT);
    CHECK(result.answer == 2);
}

TEST_CASE("adapters and what sequences begin with belong to a receipt") {
    const TemporaryFolder folder;
    const std::string adapter = write(folder / "a.pth", adapter_file()), state = folder / "s.state";
    rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(model_file, {{adapter, 0.3f}});
    rwkvk::Context context(model, on_cpu());
    context.eval(0, {9});
    context.save(0, state, 1);
    context.load_initial(state);
    rwkvk::Receipt receipt(context);
    record(runtime, context, receipt);
    const auto opened = [&](const std::string& path) {
        return rwkvk::Receipt(runtime, write(path, receipt.text()));
    };
    CHECK(opened(folder / "r.json").replay(context).differs == RWKVK_DIFFERS_NOWHERE);
    // All moved to another folder.
    const TemporaryFolder moved;
    for (const char* name : {"a.pth", "s.state"}) std::filesystem::rename(folder / name, moved / name);
    rwkvk::Receipt elsewhere = opened(moved / "r.json");
    const std::vector<rwkvk::Adapter> adapters = elsewhere.adapters();
    REQUIRE(adapters.size() == 1);
    CHECK(adapters[0].path == moved / "a.pth");
    CHECK(adapters[0].scale == 0.3f);
    const auto replay_with = [&](const std::vector<rwkvk::Adapter>& chosen) {
        rwkvk::Context other(runtime.load(elsewhere.model_path(), chosen), on_cpu());
        return elsewhere.replay(other);
    };
    CHECK(replay_with(adapters).differs == RWKVK_DIFFERS_NOWHERE);
    check_contains(replay_with({}).explanation, "adapters: 1 in the receipt, 0 in this one");
    check_contains(replay_with({{adapters[0].path, 0.5f}}).explanation, "adapter 1: the receipt has ");
    std::filesystem::remove(moved / "s.state");
    check_contains(refusal(RWKVK_IO, [&] { replay_with(adapters); }), "put the file beside the receipt");
}

TEST_CASE("a chat writes itself down in the receipt of its context") {
    const TemporaryFolder folder;
    Handles h;
    rwkvk::Receipt receipt(h.context, folder / "r.json");
    rwkvk_chat_params params = rwkvk::chat_params();
    params.max_tokens = 8;
    params.receipt = receipt.handle();
    const auto ignore = [](int32_t, std::string_view) { return true; };
    {
        rwkvk::Chat chat(h.context, h.tokenizer, params);
        chat.say("Hi", ignore);
        chat.regenerate(ignore);
        chat.undo();
        chat.say("Again", ignore);
    }
    receipt.save();
    rwkvk::Receipt opened(h.runtime, folder / "r.json");
    CHECK(opened.info().answers == 3);
    CHECK(opened.replay(h.context).differs == RWKVK_DIFFERS_NOWHERE);
    // Of another context, or one that is whole.
    rwkvk::Context other(h.model, on_cpu());
    check_contains(refusal(RWKVK_BAD_ARGUMENT, [&] { rwkvk::Chat(other, h.tokenizer, params); }), "receipt");
    params.receipt = opened.handle();
    refusal(RWKVK_BAD_ARGUMENT, [&] { rwkvk::Chat(h.context, h.tokenizer, params); });
    check_contains(refusal(RWKVK_BAD_ARGUMENT, [&] { opened.save(); }), "was opened");
    // The chat may outlive the handle.
    std::string text;
    auto gone = std::make_unique<rwkvk::Receipt>(h.context);
    params.receipt = gone->handle();
    rwkvk::Chat chat(h.context, h.tokenizer, params);
    gone.reset();
    CHECK(chat.say("Hi", ignore).tokens > 0);
}

TEST_CASE("a path that cannot be written is refused before anything is computed") {
    const TemporaryFolder folder;
    Handles h;
    const auto create = [&](const std::string& path) {
        return [&h, path] { rwkvk::Receipt(h.context, path); };
    };
    check_contains(refusal(RWKVK_BAD_ARGUMENT, create(model_file)), "a model is being read from this file");
    check_contains(refusal(RWKVK_IO, create(folder / "none/r.json")), "cannot be created");
    check_contains(refusal(RWKVK_IO, create("/dev/null")), "not a regular file");
    check_contains(refusal(RWKVK_IO, [&] { rwkvk::Receipt(h.runtime, folder / "none"); }), "cannot open");
    check_contains(refusal(RWKVK_BAD_FILE, [&] { rwkvk::Receipt(h.runtime, model_file); }),
                   "model-fp32.pth: ");
    CHECK(folder.names().empty());
}
