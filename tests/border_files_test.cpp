// Adapters and initial states through the border: they arrive, and a chat begins from them.
#include <doctest/doctest.h>

#include <fstream>
#include <rwkvk.hpp>

#include "tests/support/file_builder.h"
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
