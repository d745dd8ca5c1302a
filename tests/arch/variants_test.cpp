// Research variants are refused by their names, whatever else they have; and heads that no state can hold.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "runtime/arch/versions.h"
#include "tests/support/refusal.h"

namespace rwkvk {
namespace {

/// A model of which only the names of its tensors matter, and the shapes of some; the others are 1x1.
class NamesOnly final : public WeightSource {
  public:
    explicit NamesOnly(std::vector<std::string> names, std::map<std::string, Shape> shapes = {})
        : names_(std::move(names)), shapes_(std::move(shapes)) {}
    std::optional<Shape> find(const std::string& name) const override {
        if (std::ranges::find(names_, name) == names_.end()) return std::nullopt;
        const auto shape = shapes_.find(name);
        return shape == shapes_.end() ? Shape{1, 1, WeightFormat::f32} : shape->second;
    }
    std::vector<std::string> names() const override { return names_; }
    void read_rows(const std::string&, uint32_t, uint32_t, std::byte*) const override {}
    std::vector<float> read_vector(const std::string&) const override { return {0}; }

  private:
    const std::vector<std::string> names_;
    const std::map<std::string, Shape> shapes_;
};

struct Case {
    const char* variant;  // as the message has it
    std::vector<std::string> names;
};

const Case cases[] = {
    {"RWKV-6a", {"blocks.0.att.time_maa_x", "blocks.0.att.gate_w1", "blocks.0.att.gate_w2"}},
    {"RWKV-6b or 6c", {"blocks.0.att.time_maa_x", "blocks.0.att.time_maa_rkvw_w1"}},
    {"RWKV-7b", {"blocks.0.att.r_k", "blocks.0.ffn.s_emb.weight", "blocks.0.qkv.qq.weight"}},
    {"RWKV-8 rc00", {"blocks.0.att.r_k", "blocks.0.ffn.enn.weight"}},
    {"hybrid RWKV-8 rc00",
     {"blocks.0.att.r_k", "blocks.0.ffn.enn.weight", "blocks.0.qkv.qq.weight", "blocks.0.qkv.kk.weight"}},
    {"RWKV-8 with ROSA", {"blocks.0.ln3.weight", "blocks.0.rosa.rosa_qkv.emb", "blocks.0.ffn.x_k"}},
    {"RWKV-8 with ROSA", {"blocks.0.att.r_k", "blocks.1.rosa.rosa_qkv.emb"}},
    {"RWKV-4 with an attention at its head", {"blocks.0.att.time_decay", "head_q.weight", "head_k.weight"}},
    {"RWKV-4 with an attention at its head", {"blocks.0.att.time_decay", "copy_mask"}},
    {"RWKV-4 with an embedding of positions", {"blocks.0.att.time_decay", "pos_emb_x", "pos_emb_y"}},
    {"RWKV-4 with a tiny attention", {"blocks.0.att.time_decay", "blocks.9.tiny_ln.weight"}},
    {"RWKV-4 whose first block begins with a channel mix",
     {"blocks.0.ffnPre.key.weight", "blocks.1.att.time_decay"}},
};

TEST_CASE("every research variant is refused by its name") {
    for (const Case& one : cases) {
        INFO(one.names.back());
        const NamesOnly weights(one.names);
        const std::string message =
            test::refusal_of([&] { arch::version_of(weights, "some.pth").read(weights); }, Code::unsupported);
        test::check_contains(message, one.variant);
        test::check_contains(message, "which is not supported");
    }
}

TEST_CASE("what is no RWKV, and versions with a tensor too many, are refused") {
    const NamesOnly none({"model.layers.0.self_attn.q_proj.weight"});
    test::check_contains(test::refusal_of([&] { arch::version_of(none, "some.pth"); }, Code::unsupported),
                         "some.pth: expected the tensors of RWKV ");
    for (const char* version : {"blocks.0.att.r_k", "blocks.0.att.time_maa_x", "blocks.0.att.time_decay"}) {
        const NamesOnly weights({version, "blocks.0.att.unheard_of"});
        test::check_contains(
            test::refusal_of([&] { arch::version_of(weights, "some.pth").read(weights); }, Code::unsupported),
            "'blocks.0.att.unheard_of'");
    }
}

TEST_CASE("RWKV-7 with heads that do not fit its attention, or no state, is refused") {
    const auto refusal = [](uint32_t heads, uint32_t size, uint32_t attention) {
        const std::string r_k = "blocks.0.att.r_k", key = "blocks.0.att.key.weight";
        const NamesOnly weights(
            {"emb.weight", r_k, key, "blocks.0.ffn.key.weight"},
            {{r_k, {heads, size, WeightFormat::f32}}, {key, {attention, 4, WeightFormat::f32}}});
        return test::refusal_of([&] { arch::version_of(weights, "some.pth").read(weights); },
                                Code::bad_shape);
    };
    test::check_contains(refusal(7, 64, 512), "'blocks.0.att.r_k' has 7 heads, which do not divide");
    test::check_contains(refusal(8, 32, 512), "'blocks.0.att.r_k' is 8x32, but the attention is 512 wide");
    // 65,536 and 65,537 squared are 0 and 131,073 in 32 bits.
    for (const uint32_t size : {2048u, 65536u, 65537u})
        test::check_contains(refusal(1, size, size), "expected at most 1024 channels");
    test::check_contains(refusal(3u << 20, 1024, 3u << 30), "2^31 elements of the state");
}

}  // namespace
}  // namespace rwkvk
