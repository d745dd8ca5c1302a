// Research variants are refused by their names, whatever else they have.
#include <doctest/doctest.h>

#include <algorithm>

#include "runtime/arch/versions.h"
#include "tests/support/refusal.h"

namespace rwkvk {
namespace {

/// A model of which only the names of its tensors matter.
class NamesOnly final : public WeightSource {
  public:
    explicit NamesOnly(std::vector<std::string> names) : names_(std::move(names)) {}
    std::optional<Shape> find(const std::string& name) const override {
        if (std::ranges::find(names_, name) == names_.end()) return std::nullopt;
        return Shape{1, 1, WeightFormat::f32};
    }
    std::vector<std::string> names() const override { return names_; }
    void read_rows(const std::string&, uint32_t, uint32_t, std::byte*) const override {}
    std::vector<float> read_vector(const std::string&) const override { return {0}; }

  private:
    const std::vector<std::string> names_;
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

}  // namespace
}  // namespace rwkvk
