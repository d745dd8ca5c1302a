// Adapters and initial states through the border: they arrive, and a chat begins from them.
#include <doctest/doctest.h>

#include <rwkvk_tools.h>

#include <filesystem>
#include <fstream>
#include <rwkvk.hpp>

#include "host/paths.h"
#include "tests/support/file_builder.h"
#include "tests/support/reference_folder.h"
#include "tests/support/temporary_folder.h"

using namespace rwkvk::test;

namespace {

const std::string model_file = RWKVK_TEST_DATA "/v7.0/model-fp32.pth";  // 3 layers of 64, 2 heads

rwkvk_context_params on_cpu() {
    rwkvk_context_params params = rwkvk::context_params();
    params.device = "cpu";
    params.threads = 1;
    params.slots = 2;
    return params;
}

std::string write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

/// Of rank 1, for one matrix.
std::string adapter_file() {
    return pth(pickle::dict({{"blocks.1.att.key.lora_A", pickle::tensor_f32("0", {1, 64})},
                             {"blocks.1.att.key.lora_B", pickle::tensor_f32("0", {64, 1})}}),
               {{"0", ramp<float>(64)}});
}

std::string state_file() {
    pickle::Entries entries;
    for (const char* layer : {"0", "1", "2"})
        entries.push_back(
            {std::string("blocks.") + layer + ".att.time_state", pickle::tensor_f32("0", {2, 32, 32})});
    return pth(pickle::dict(entries), {{"0", ramp<float>(2048)}});
}

}  // namespace

TEST_CASE("adapters are blended by their scale") {
    const TemporaryFolder folder;
    const std::string adapter = write(folder / "a.pth", adapter_file());
    const rwkvk::Runtime runtime;
    const std::string plain = runtime.load(model_file).fingerprint();
    const std::string once = runtime.load(model_file, {{adapter}}).fingerprint();
    CHECK(runtime.load(model_file, {{adapter, 0}}).fingerprint() == plain);
    CHECK(once != plain);
    CHECK(runtime.load(model_file, {{adapter, 0}, {adapter}}).fingerprint() == once);
    CHECK(runtime.load(model_file, {{adapter, 0.5f}}).fingerprint() != once);
}

TEST_CASE("a model with `weights` is the one in the file that quantize writes: its states go on in it") {
    const TemporaryFolder folder;
    const std::string adapter = write(folder / "a.pth", adapter_file()), path = folder / "模型.gguf";
    const rwkvk::Runtime runtime;
    rwkvk_quantize_params how;
    rwkvk_quantize_params_default(&how, sizeof how);
    how.type = "Q4_K_M";
    runtime.check(rwkvk_tools_quantize(runtime.load(model_file, {{adapter}}).handle(), path.c_str(), &how));
    const rwkvk::Model small = runtime.load(model_file, {{adapter}}, "q4_k_m"), written = runtime.load(path);
    CHECK(small.fingerprint() == written.fingerprint());
    CHECK(small.info().weight_bytes == written.info().weight_bytes);
    CHECK(small.info().weight_bytes < runtime.load(model_file).info().weight_bytes / 2);
    rwkvk::Context here(small, on_cpu()), there(written, on_cpu());
    CHECK(here.eval(0, {1, 2, 3}) == there.eval(0, {1, 2, 3}));
    here.save(0, folder / "ü.state", 3);
    CHECK(there.load(1, folder / "ü.state") == 3);
    CHECK(there.eval(1, {4}) == here.eval(0, {4}));
    const std::string file = contents_of(rwkvk::to_path(path));
    CHECK(runtime.load_memory(file.data(), file.size(), "x", {}, "Q4_K_M").fingerprint() ==
          written.fingerprint());
}

TEST_CASE("an unknown type of weights is refused before anything is opened, with a list") {
    const rwkvk::Runtime runtime;
    const auto refusal = [&](const std::string& type) -> std::string {
        try {
            runtime.load("/nonexistent", {}, type);
        } catch (const rwkvk::Error& error) {
            CHECK(error.status() == (type.size() > 1 ? RWKVK_BAD_ARGUMENT : RWKVK_BAD_TEXT));
            return error.what();
        }
        return "was taken";
    };
    CHECK(refusal("q9_9").find("the type 'q9_9' is not known; there are f32") == 0);
    CHECK(refusal("iq2_xs").find("take Q2_K") != std::string::npos);
    CHECK(refusal(std::string(1, '\0')).find("NUL") != std::string::npos);
}

TEST_CASE("nothing is written over a file that a model is being read from, under any name") {
    const TemporaryFolder folder;
    const rwkvk::Runtime runtime;
    const std::string path = write(folder / "m.pth", contents_of(model_file));
    std::filesystem::create_hard_link(path, folder / "hard");
    link_by_name(path, folder / "soft");
    const auto status_of = [](const auto& call) -> rwkvk_status {
        try {
            call();
        } catch (const rwkvk::Error& error) {
            return error.status();
        }
        return RWKVK_OK;
    };
    {
        const rwkvk::Model model = runtime.load(path);
        rwkvk::Context context(model, on_cpu());
        const rwkvk::Tokenizer tokenizer = runtime.tokenizer();
        rwkvk::Chat chat(context, tokenizer);
        for (const std::string& name : {path, folder / "hard", folder / "soft"}) {
            CAPTURE(name);
            rwkvk_npy* npy = nullptr;
            CHECK(rwkvk_tools_quantize(model.handle(), name.c_str(), nullptr) == RWKVK_BAD_ARGUMENT);
            CHECK(rwkvk_npy_create(runtime.handle(), name.c_str(), 1, 1, &npy) == RWKVK_BAD_ARGUMENT);
            CHECK(status_of([&] { context.save(0, name, 0); }) == RWKVK_BAD_ARGUMENT);
            CHECK(status_of([&] { chat.save(name); }) == RWKVK_BAD_ARGUMENT);
        }
    }
    CHECK(contents_of(path) == contents_of(model_file));
    const std::string adapter = write(folder / "a.pth", adapter_file());
    const rwkvk::Model adapted = runtime.load(path, {{adapter}});
    CHECK(rwkvk_tools_quantize(adapted.handle(), adapter.c_str(), nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(contents_of(adapter) == adapter_file());
}

TEST_CASE("a model in memory is the model in the file; what the file recommends is what a chat does") {
    const TemporaryFolder folder;
    const rwkvk::Runtime runtime;
    rwkvk_quantize_params how;
    rwkvk_quantize_params_default(&how, sizeof how);
    const char* const overrides[] = {"general.sampling.temp=float:0", "general.sampling.top_k=int:3"};
    how.overrides = overrides;
    how.override_count = 2;
    const std::string path = folder / "m.gguf";
    runtime.check(rwkvk_tools_quantize(runtime.load(model_file).handle(), path.c_str(), &how));
    const std::string file = contents_of(path);

    const rwkvk::Model model = runtime.load_memory(file.data(), file.size(), "in memory");
    CHECK(std::string(model.info().name) == "in memory");
    CHECK(std::string(model.info().format) == "gguf");
    CHECK(model.fingerprint() == runtime.load(path).fingerprint());
    const std::string adapter = write(folder / "a.pth", adapter_file());
    CHECK(runtime.load_memory(file.data(), file.size(), "x", {{adapter}}).fingerprint() ==
          runtime.load(path, {{adapter}}).fingerprint());
    for (const size_t bytes : {size_t{0}, size_t{3}, file.size() - 33}) {
        INFO(bytes);
        try {
            runtime.load_memory(file.data(), bytes, "cut short");
            FAIL("was taken");
        } catch (const rwkvk::Error& error) {
            CHECK(error.status() == RWKVK_BAD_FILE);
            CHECK(std::string(error.what()).find("cut short") != std::string::npos);
        }
    }

    rwkvk_sampler_params sampling = rwkvk::sampler_params();
    sampling.seed = 9;
    sampling.presence = 5;
    sampling = model.sampling(sampling);
    CHECK(sampling.temperature == 0);
    CHECK(sampling.top_k == 3);
    CHECK(sampling.presence == 0);
    CHECK(sampling.seed == 9);
    // At temperature 0 the seed does not matter.
    const rwkvk::Tokenizer tokenizer = runtime.tokenizer();
    const auto answer = [&](const rwkvk::Model& by, uint64_t seed) {
        rwkvk::Context context(by, on_cpu());
        rwkvk_chat_params params = rwkvk::chat_params();
        params.seed = seed;
        params.max_tokens = 8;
        rwkvk::Chat chat(context, tokenizer, params);
        std::string text;
        chat.say("Hi", [&](int32_t, std::string_view piece) { return text += piece, true; });
        return text;
    };
    CHECK(answer(model, 1) == answer(model, 2));
    CHECK(answer(runtime.load(model_file), 1) != answer(runtime.load(model_file), 2));

    rwkvk::Context context(model, on_cpu());
    rwkvk_chat_params params = rwkvk::chat_params();
    params.seed = 5;
    params.max_tokens = 8;
    rwkvk::Chat chat(context, tokenizer, params);
    CHECK(chat.sampling().temperature == 0);
    CHECK(chat.sampling().top_k == 3);
    CHECK(chat.sampling().seed == 5);
    const auto all_answers = [&] {
        std::string text;
        const rwkvk::TextSink sink = [&](int32_t, std::string_view piece) { return text += piece, true; };
        chat.say("Hi", sink);
        for (int i = 0; i < 3; ++i) chat.regenerate(sink);
        chat.undo();
        return text;
    };
    const std::string greedy = all_answers();
    rwkvk_sampler_params hot = chat.sampling();
    hot.temperature = 1;
    hot.top_k = 0;
    chat.sampling(hot);
    CHECK(chat.sampling().temperature == 1);
    CHECK(chat.sampling().top_k == 0);
    CHECK(all_answers() != greedy);
    hot.min_p = 7;
    CHECK_THROWS_AS(chat.sampling(hot), rwkvk::Error);
    CHECK(chat.sampling().min_p == 0);
}

TEST_CASE("sequences and chats begin with the initial state, and again after a reset") {
    const TemporaryFolder folder;
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(model_file);
    rwkvk::Context context(model, on_cpu()), beside(model, on_cpu());
    const std::vector<float> empty = context.state(0);
    const std::string path = write(folder / "s.pth", state_file());
    context.load_initial(path);
    beside.load_initial(path);
    const std::vector<float> initial = context.state(1);
    CHECK(initial != empty);

    const rwkvk::Tokenizer tokenizer = runtime.tokenizer();
    rwkvk_chat_params params = rwkvk::chat_params();
    params.system = "Be brief.";
    params.template_name = "world";
    rwkvk::Chat chat(context, tokenizer, params);
    for (int i = 0; i < 2; ++i) {
        const std::vector<rwkvk::Token> opening = chat.tokens();
        REQUIRE_FALSE(opening.empty());
        beside.reset(0);
        CHECK(beside.state(0) == initial);
        beside.eval(0, opening);
        CHECK(context.state(0) == beside.state(0));
        chat.reset();
    }
    beside.load_initial("");
    CHECK(beside.state(0) == empty);
    CHECK_THROWS_AS(beside.load_initial(model_file), rwkvk::Error);
    CHECK(beside.state(0) == empty);
}

namespace {

/// A model whose file declares a chat template.
std::string model_that_declares(const rwkvk::Runtime& runtime, const TemporaryFolder& folder,
                                const std::string& chat_template) {
    std::string vocabulary;
    for (int byte = 1; byte < 256; ++byte)
        vocabulary += std::to_string(byte) + " b'\\x" + "0123456789abcdef"[byte / 16] +
                      "0123456789abcdef"[byte % 16] + "' 1\n";
    const std::string plain = folder / "plain.gguf", path = folder / "declares.gguf";
    const std::string vocabulary_file = write(folder / "v.txt", vocabulary);
    runtime.check(rwkvk_tools_synth(runtime.handle(), plain.c_str(), "v7:1x64x300:f32", 1,
                                    vocabulary_file.c_str(), nullptr, nullptr));
    const std::string override_text = "tokenizer.chat_template=str:" + chat_template;
    const char* const overrides[] = {override_text.c_str()};
    rwkvk_quantize_params how;
    rwkvk_quantize_params_default(&how, sizeof how);
    how.overrides = overrides;
    how.override_count = 1;
    runtime.check(rwkvk_tools_quantize(runtime.load(plain).handle(), path.c_str(), &how));
    return path;
}

}  // namespace

TEST_CASE(
    "the template that a model's file declares decides; an unknown one is a warning with its first line") {
    const TemporaryFolder folder;
    std::vector<std::string> warnings;
    const rwkvk::Runtime runtime([&](int32_t level, const char* line) {
        if (level >= RWKVK_LOG_WARNING) warnings.emplace_back(line);
    });
    const struct {
        const char *declared, *expected;
        bool by_file, known;
    } cases[] = {
        {"{{ 'User\u273f' + x }}", "bot", true, true},
        {"### User", "tools", true, true},
        {"<|im_start|>", "chatml", true, true},
        {"\n[INST] {{ x }}\nmore", "plain", false, false},
    };
    for (const auto& [declared, expected, by_file, known] : cases) {
        CAPTURE(declared);
        warnings.clear();
        const rwkvk::Model model = runtime.load(model_that_declares(runtime, folder, declared));
        rwkvk_chat_defaults defaults{};
        defaults.size = sizeof defaults;
        runtime.check(rwkvk_tools_chat_defaults(model.handle(), &defaults));
        CHECK(std::string(defaults.template_name) == expected);
        CHECK(defaults.template_by_file == by_file);
        CHECK(defaults.template_unknown == !known);
        CHECK(defaults.sampling_by_file == 0);
        rwkvk::Context context(model, on_cpu());
        rwkvk::Chat chat(context, model.tokenizer());
        CHECK(std::string(chat.info().template_name) == expected);
        CHECK(chat.sampling().top_p == defaults.sampling.top_p);
        REQUIRE(warnings.size() == (known ? 0 : 1));
        if (!known) CHECK(warnings[0].find("'[INST] {{ x }}'; plain") != std::string::npos);
    }
    const rwkvk::Model model = runtime.load(folder / "declares.gguf");
    CHECK(model.tokenizer().kind() == "world");
    CHECK(model.tokenizer().source() == "the model's file");
    CHECK(model.tokenizer(folder / "v.txt").source() == folder / "v.txt");
}

TEST_CASE("a chat template of one's own through the border") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(model_file);
    const rwkvk::Tokenizer bytes = runtime.tokenizer();
    CHECK(bytes.source() == "256 bytes");
    rwkvk::Context context(model, on_cpu());
    rwkvk_chat_params params = rwkvk::chat_params();
    params.max_tokens = 1;
    params.system = "Be brief.";
    params.template_name = "mine";
    params.template_text = "system = \"<{text}>\"\nuser = \"Q: {text}\\n\"\nanswer = \"A: {text}\\n\"";
    rwkvk::Chat chat(context, bytes, params);
    CHECK(std::string(chat.info().template_name) == "mine");
    chat.say("Hi", [](int32_t, std::string_view) { return true; });
    std::string text;
    for (const rwkvk_token token : chat.tokens()) text += static_cast<char>(token);
    CHECK(text.rfind("<Be brief.>Q: Hi\nA:", 0) == 0);
    params.template_text = "user = 7";
    CHECK_THROWS_WITH_AS(rwkvk::Chat(context, bytes, params),
                         "mine, line 1: expected a text in double quotes, found '7'", rwkvk::Error);
}
