// DeepEmbed where the golden set does not go: later blocks, matrices that are not square, rows without a
// token. An RWKV-7a whose gates are known is an RWKV-7 with other weights.
#include <doctest/doctest.h>

#include "runtime/cpu/backend.h"
#include "runtime/session/context.h"
#include "tests/support/random_model.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk {
namespace {

constexpr uint64_t layers = 2, width = 24, heads = 2, attention = 32, ffn = 40, vocabulary = 21;
constexpr uint64_t rows = 5, columns = 3;  // of a token's matrix

test::RandomModel make_v7() {
    test::RandomModel m(11);
    m.frame(layers, width, vocabulary);
    for (uint64_t i = 0; i < layers; ++i) {
        const std::string p = concat("blocks.", i, ".");
        m.norm(p + "att.ln_x", attention);
        for (const char* mix : {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g"})
            m.add(p + "att." + mix, {1, 1, width}, 0.5f, 0.6f);
        for (const char* lora : {"w", "a", "v"}) {
            m.add(p + "att." + lora + "0", {1, 1, attention}, 0, 1);
            m.add(p + "att." + lora + "1", {width, 8}, 0, 0.3f);
            m.add(p + "att." + lora + "2", {8, attention}, 0, 0.3f);
        }
        m.add(p + "att.g1", {width, 12}, 0, 0.3f);
        m.add(p + "att.g2", {12, attention}, 0, 0.6f);
        m.add(p + "att.k_k", {1, 1, attention}, 0.8f, 0.2f);
        m.add(p + "att.k_a", {1, 1, attention}, 1, 0.2f);
        m.add(p + "att.r_k", {heads, attention / heads}, 0, 0.3f);
        for (const char* name : {"receptance", "key", "value"})
            m.add(concat(p, "att.", name, ".weight"), {attention, width}, 0, 0.4f);
        m.add(p + "att.output.weight", {width, attention}, 0, 0.3f);
        m.add(p + "ffn.x_k", {1, 1, width}, 0.5f, 0.6f);
        m.add(p + "ffn.key.weight", {ffn, width}, 0, 0.4f);
        m.add(p + "ffn.value.weight", {width, ffn}, 0, 0.3f);
    }
    return m;
}

/// With DeepEmbed whose gates are s0.
test::RandomModel with_gates(test::RandomModel m, float s0, float spread = 0) {
    for (uint64_t i = 0; i < layers; ++i) {
        const std::string p = concat("blocks.", i, ".ffn.");
        m.add(p + "s_emb.weight", {vocabulary, rows * columns}, 0, 1);
        m.add(p + "s_emb_x.weight", {rows * columns, width}, 0, 0.4f);
        m.add(p + "s1", {width, rows}, 0, 0.4f);
        m.add(p + "s2", {columns, ffn}, 0, spread);
        m.add(p + "s0", {1, 1, ffn}, s0, 0);
    }
    return m;
}

std::shared_ptr<const Model> through_file(const test::RandomModel& model) {
    const test::TemporaryFolder folder;
    model.write(folder / "m.safetensors");
    return Model::load(folder / "m.safetensors");
}

std::vector<float> logits_of(const test::RandomModel& random, const std::vector<Token>& tokens,
                             std::span<const float> vectors = {}) {
    const auto model = through_file(random);
    Context context(model,
                    cpu::make_backend(model->programs(), model->weights(), {.max_rows = 32}, {.threads = 2}));
    std::vector<float> all;
    const Feed feed{.slot = 0, .tokens = tokens, .want = Want::all, .vectors = vectors};
    context.feed({&feed, 1}, [&](size_t, size_t, std::span<const float> row) {
        all.insert(all.end(), row.begin(), row.end());
    });
    return all;
}

const std::vector<Token> tokens = {3, 1, 4, 1, 5, 20, 0, 6, 5, 3};

void scale(test::RandomTensor& tensor, float factor) {
    for (float& value : tensor.values) value *= factor;
}

TEST_CASE("gates of 1 change no bit, gates of 2 are matrices twice as large") {
    const test::RandomModel v7 = make_v7();
    CHECK(through_file(v7)->version() == "7.0");
    CHECK(through_file(with_gates(v7, 1))->version() == "7a");
    const std::vector<float> plain = logits_of(v7, tokens);
    CHECK(logits_of(with_gates(v7, 1), tokens) == plain);
    test::RandomModel doubled = v7;
    for (uint64_t i = 0; i < layers; ++i)
        scale(doubled.tensors.at(concat("blocks.", i, ".ffn.value.weight")), 2);
    CHECK(logits_of(with_gates(v7, 2), tokens) == logits_of(doubled, tokens));
    CHECK(logits_of(doubled, tokens) != plain);
}

TEST_CASE("the token's matrix is read by rows, and moves with its table") {
    test::RandomModel m = with_gates(make_v7(), 1, 0.5f);
    const std::vector<float> before = logits_of(m, tokens);
    // Row 1 of the matrix exchanged with row 4, and the outputs of s1 that they belong to.
    for (uint64_t i = 0; i < layers; ++i) {
        const std::string p = concat("blocks.", i, ".ffn.");
        auto& table = m.tensors.at(p + "s_emb.weight").values;
        auto& shared = m.tensors.at(p + "s_emb_x.weight").values;
        auto& down = m.tensors.at(p + "s1").values;
        for (uint64_t c = 0; c < columns; ++c) {
            for (uint64_t id = 0; id < vocabulary; ++id)
                std::swap(table[id * rows * columns + columns + c],
                          table[id * rows * columns + 4 * columns + c]);
            for (uint64_t d = 0; d < width; ++d)
                std::swap(shared[(columns + c) * width + d], shared[(4 * columns + c) * width + d]);
        }
        for (uint64_t d = 0; d < width; ++d) std::swap(down[d * rows + 1], down[d * rows + 4]);
    }
    const std::vector<float> after = logits_of(m, tokens);
    for (size_t i = 0; i < after.size(); ++i) CHECK(after[i] == doctest::Approx(before[i]).epsilon(1e-4));
    CHECK(before != logits_of(make_v7(), tokens));
}

TEST_CASE("a row without a token has the part of the matrix that comes from its vector") {
    test::RandomModel m = with_gates(make_v7(), 1, 0.5f);
    const std::vector<float> table = m.tensors.at("emb.weight").values;
    std::vector<float> vectors;
    for (const Token token : tokens)
        vectors.insert(vectors.end(), table.begin() + token * static_cast<long>(width),
                       table.begin() + (token + 1) * static_cast<long>(width));
    const std::vector<Token> none(tokens.size(), NONE);
    const std::vector<float> with_none = logits_of(m, none, vectors);
    CHECK(with_none != logits_of(m, tokens));
    for (uint64_t i = 0; i < layers; ++i) scale(m.tensors.at(concat("blocks.", i, ".ffn.s_emb.weight")), 0);
    CHECK(with_none == logits_of(m, tokens));
}

TEST_CASE("tables that do not fit, and what comes after 7a, are refused") {
    using test::check_contains;
    const auto refusal = [](const test::RandomModel& model, Code code) {
        return test::refusal_of([&] { through_file(model); }, code);
    };
    test::RandomModel bad = with_gates(make_v7(), 1), attention_too = bad, unknown = bad;
    bad.add("blocks.1.ffn.s_emb.weight", {vocabulary, rows * columns + 1}, 0, 1);
    check_contains(refusal(bad, Code::bad_shape), "'blocks.1.ffn.s_emb.weight': expected 21 rows of 5x3");
    attention_too.add("blocks.0.qkv.qq.weight", {4, width}, 0, 1);
    check_contains(refusal(attention_too, Code::unsupported), "RWKV-7b");
    unknown.add("blocks.0.ffn.receptance.weight", {width, width}, 0, 1);
    check_contains(refusal(unknown, Code::unsupported), "'blocks.0.ffn.receptance.weight'");
}

}  // namespace
}  // namespace rwkvk
