// Random models written to a file and read again: the same logits, to the last bit.
#include "runtime/synthetic/synthetic_gguf.h"

#include <doctest/doctest.h>

#include <fstream>

#include "runtime/cpu/backend.h"
#include "runtime/session/context.h"
#include "runtime/synthetic/synthetic_model.h"
#include "runtime/text/tokenizer.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk {
namespace {

using test::refusal_of;

std::vector<float> logits_of(const std::shared_ptr<const Model>& model) {
    Context context(model,
                    cpu::make_backend(model->programs(), model->weights(), {.max_rows = 8}, {.threads = 2}));
    return context.feed(0, std::vector<Token>{3, 1, 4, 1, 5, 9, 2, 6, 5, 0, 17});
}

std::unique_ptr<text::Tokenizer> tokenizer_of(const Model& model) {
    REQUIRE(model.vocabulary());
    return text::make_world_tokenizer(model.vocabulary()->tokens, model.vocabulary()->unmatched);
}

TEST_CASE("a written random model computes what the unwritten one does") {
    const test::TemporaryFolder folder;
    for (const char* spec :
         {"v7:3x96x301:f32", "v7:2x128x18:f16", "v7:2x96x301:bf16", "v7:1x64x64:f16", "v7:2x96x301:q8_0",
          "v7:2x256x30:q4_k", "v7:1x64x64:iq4_nl", "v4:2x64x70:f16", "v4:1x256x40:q5_k", "v5.0:2x64x70:f32",
          "v5.1:2x64x70:bf16", "v5.2:2x64x70:q4_0", "v7a:2x64x70:f16", "v6:2x64x70:f16", "v6:1x256x70:q6_k",
          "rwkv6qwen2:2x64x70:f16", "arwkv7:2x64x70:f16", "arwkv7:1x256x40:q4_k"}) {
        INFO(spec);
        write_synthetic_gguf(folder / "x.gguf", spec, 5);
        const auto written = Model::load(folder / "x.gguf");
        const auto unwritten = synthetic_model(spec, 5);
        CHECK(written->format() == "gguf");
        CHECK(written->unused_tensors().empty());
        CHECK(written->parameters() == unwritten->parameters());
        CHECK(logits_of(written) == logits_of(unwritten));
        if (std::string_view(spec).ends_with("f32"))
            CHECK(written->fingerprint() == unwritten->fingerprint());
        CHECK(logits_of(written) != logits_of(synthetic_model(spec, 6)));
    }
}

TEST_CASE("official sizes have as many parameters as the models of that name") {
    const auto parameters = [](const char* spec) { return synthetic_model(spec)->parameters(); };
    CHECK(parameters("v7:0.1b:f16") == 191034624);
    CHECK(parameters("v7:13b:f16") == 13269245952);  // 13.3B
    CHECK(parameters("v7:13.3b:q4_k") == 13269245952);
}

TEST_CASE("without a vocabulary ids 1 to 256 are the bytes, and the rest never matches") {
    const test::TemporaryFolder folder;
    write_synthetic_gguf(folder / "x.gguf", "v7:1x32x260:f32", 1);
    const auto model = Model::load(folder / "x.gguf");
    CHECK(model->title() == "random RWKV-7.0, 1 layers of 32, seed 1");
    CHECK(model->vocabulary()->tokens.size() == 260);
    CHECK(model->vocabulary()->unmatched == std::vector<uint32_t>{0, 257, 258, 259});
    CHECK(model->vocabulary()->chat_template == "rwkv-world");
    const auto tokenizer = tokenizer_of(*model);
    CHECK(tokenizer->end_of_text() == 0);
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    const std::vector<Token> ids = tokenizer->encode(all);
    REQUIRE(ids.size() == 256);
    for (Token byte = 0; byte < 256; ++byte) CHECK(ids[byte] == byte + 1);
    CHECK(synthetic_model("v7:1x32x260:f32")->vocabulary() == nullptr);
}

TEST_CASE("a given vocabulary is in the file, with its gaps unused") {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "vocab.txt") << "1 'a' 1\n2 '\\n\\n' 2\n5 b'\\xff\\'\"' 3\n";
    const char* spec = "v7:1x32x7:f32";
    write_synthetic_gguf(folder / "x.gguf", spec, 1, folder / "vocab.txt");
    const auto model = Model::load(folder / "x.gguf");
    CHECK(model->vocabulary()->unmatched == std::vector<uint32_t>{0, 3, 4, 6});
    CHECK(model->vocabulary()->end_of_turn == 2);
    CHECK(model->vocabulary()->tokens[5] == "\xff'\"");
    CHECK(tokenizer_of(*model)->encode("a\n\n\xff'\"") == std::vector<Token>{1, 2, 5});
    const char* smaller = "v7:1x32x5:f32";
    const auto write = [&] { write_synthetic_gguf(folder / "y.gguf", smaller, 1, folder / "vocab.txt"); };
    test::check_contains(refusal_of(write, Code::bad_argument), "expected a vocabulary of at most 5");
    CHECK(folder.names() == std::vector<std::string>{"vocab.txt", "x.gguf"});
}

TEST_CASE("the World vocabulary survives the file") {
    const auto vocabulary = test::reference("golden/tokenizer/rwkv_vocab_v20230424.txt");
    if (!vocabulary) return;
    const test::TemporaryFolder folder;
    write_synthetic_gguf(folder / "x.gguf", "v7:1x32:f16", 1, vocabulary->string());
    const auto model = Model::load(folder / "x.gguf");
    const auto from_file = text::load_world_tokenizer(vocabulary->string());
    const auto from_model = tokenizer_of(*model);
    CHECK(from_model->vocabulary() == from_file->vocabulary());
    size_t different = 0;
    for (Token id = 0; id < 65536; ++id) different += from_model->decode(id) != from_file->decode(id);
    CHECK(different == 0);
    CHECK(model->vocabulary()->end_of_turn == 261);
    const std::string text = "Hello, 世界!\n\nIt's \"2007\" [PAD65530] <s>\t\xff";
    CHECK(from_model->encode(text) == from_file->encode(text));
}

TEST_CASE("writing can be cancelled") {
    const test::TemporaryFolder folder;
    double last = -1;
    const auto stop_half_way = [&](double fraction) {
        CHECK(fraction >= last);
        last = fraction;
        return fraction < 0.5;
    };
    const auto write = [&] {
        write_synthetic_gguf(folder / "x.gguf", "v7:2x64x300:f16", 1, "", stop_half_way);
    };
    refusal_of(write, Code::cancelled);
    CHECK(last >= 0.5);
    CHECK(folder.names().empty());
}

}  // namespace
}  // namespace rwkvk
