// RWKV-4 where the golden set does not go: an attention of another width than the residual stream, exponents
// far apart, states that were made up. Against the formulas in double, without the shifted maximum.
#include <doctest/doctest.h>

#include <cmath>

#include "runtime/gpu/backend.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using test::all_logits, test::on_cpu, test::some_tokens, test::through_file;

using Vector = std::vector<double>;

constexpr uint64_t layers = 2, width = 20, attention = 33, ffn = 50, vocabulary = 19;

test::RandomModel make_model(float exponents) {
    test::RandomModel m(7);
    m.frame(layers, width, vocabulary);
    for (uint64_t i = 0; i < layers; ++i) {
        const std::string p = concat("blocks.", i, ".");
        m.add(p + "att.time_decay", {attention}, -2, 4);
        m.add(p + "att.time_first", {attention}, 0, exponents);
        for (const char* mix :
             {"att.time_mix_k", "att.time_mix_v", "att.time_mix_r", "ffn.time_mix_k", "ffn.time_mix_r"})
            m.add(p + mix, {1, 1, width}, 0.5f, 0.6f);
        m.add(p + "att.key.weight", {attention, width}, 0, exponents);
        m.add(p + "att.value.weight", {attention, width}, 0, 0.4f);
        m.add(p + "att.receptance.weight", {attention, width}, 0, 0.4f);
        m.add(p + "att.output.weight", {width, attention}, 0, 0.3f);
        m.add(p + "ffn.key.weight", {ffn, width}, 0, 0.4f);
        m.add(p + "ffn.receptance.weight", {width, width}, 0, 0.4f);
        m.add(p + "ffn.value.weight", {width, ffn}, 0, 0.2f);
    }
    return m;
}

/// The formulas in double, a token at a time.
class Reference {
  public:
    explicit Reference(const test::RandomModel& model) : model_(model), states_(layers) {}

    Vector feed(Token token) {
        const auto& table = values("emb.weight");
        Vector x(width);
        for (uint64_t i = 0; i < width; ++i) x[i] = table[token * width + i];
        x = norm(x, "blocks.0.ln0");
        for (uint64_t i = 0; i < layers; ++i) {
            prefix_ = concat("blocks.", i, ".");
            add(x, time_mix(norm(x, prefix_ + "ln1"), states_[i]));
            add(x, channel_mix(norm(x, prefix_ + "ln2"), states_[i]));
        }
        return product("head.weight", norm(x, "ln_out"));
    }

  private:
    /// Weights and weighted values of the past, relative to e^top so that nothing overflows.
    struct State {
        Vector att = Vector(width), ffn = Vector(width), sum = Vector(attention), weight = Vector(attention);
        std::vector<long double> top = std::vector<long double>(attention, -1e30L);
    };

    const std::vector<float>& values(const std::string& name) const { return model_.tensors.at(name).values; }

    static void add(Vector& x, const Vector& more) {
        for (size_t i = 0; i < x.size(); ++i) x[i] += more[i];
    }

    Vector norm(const Vector& x, const std::string& name) const {
        double mean = 0, variance = 0;
        for (const double v : x) mean += v / static_cast<double>(x.size());
        for (const double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
        Vector y(x.size());
        for (size_t i = 0; i < x.size(); ++i)
            y[i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * values(name + ".weight")[i] +
                   values(name + ".bias")[i];
        return y;
    }

    Vector product(const std::string& name, const Vector& x) const {
        const auto& weights = values(name);
        Vector y(weights.size() / x.size());
        for (size_t o = 0; o < y.size(); ++o) {
            for (size_t i = 0; i < x.size(); ++i) y[o] += weights[o * x.size() + i] * x[i];
        }
        return y;
    }

    Vector mix(const std::string& name, const Vector& x, const Vector& previous) const {
        const auto& amount = values(prefix_ + name);
        Vector y(x.size());
        for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] * amount[i] + previous[i] * (1.0 - amount[i]);
        return y;
    }

    static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

    Vector time_mix(const Vector& x, State& s) const {
        const Vector k = product(prefix_ + "att.key.weight", mix("att.time_mix_k", x, s.att));
        const Vector v = product(prefix_ + "att.value.weight", mix("att.time_mix_v", x, s.att));
        const Vector r = product(prefix_ + "att.receptance.weight", mix("att.time_mix_r", x, s.att));
        s.att = x;
        Vector y(attention);
        for (size_t i = 0; i < attention; ++i) {
            const long double here = k[i] + values(prefix_ + "att.time_first")[i];
            const long double past = std::exp(std::min(s.top[i] - here, 11000.0L));
            y[i] = sigmoid(r[i]) * static_cast<double>((past * s.sum[i] + v[i]) / (past * s.weight[i] + 1));
            const long double decayed = s.top[i] - std::exp(values(prefix_ + "att.time_decay")[i]);
            const long double top = std::max(decayed, static_cast<long double>(k[i]));
            s.sum[i] = static_cast<double>(std::exp(decayed - top) * s.sum[i] + std::exp(k[i] - top) * v[i]);
            s.weight[i] = static_cast<double>(std::exp(decayed - top) * s.weight[i] + std::exp(k[i] - top));
            s.top[i] = top;
        }
        return product(prefix_ + "att.output.weight", y);
    }

    Vector channel_mix(const Vector& x, State& s) const {
        Vector k = product(prefix_ + "ffn.key.weight", mix("ffn.time_mix_k", x, s.ffn));
        for (double& value : k) value = value > 0 ? value * value : 0;
        const Vector r = product(prefix_ + "ffn.receptance.weight", mix("ffn.time_mix_r", x, s.ffn));
        s.ffn = x;
        Vector y = product(prefix_ + "ffn.value.weight", k);
        for (size_t i = 0; i < y.size(); ++i) y[i] *= sigmoid(r[i]);
        return y;
    }

    const test::RandomModel& model_;
    std::vector<State> states_;
    std::string prefix_;
};

TEST_CASE("any width of the attention, and exponents up to thousands") {
    // Large exponents make a hard maximum of the mean, in which float32 keys decide less exactly.
    const std::pair<float, double> cases[] = {{0.4f, 3e-5}, {4.0f, 3e-4}, {400.0f, 3e-2}};
    for (const auto& [exponents, tolerance] : cases) {
        INFO("exponents ", exponents);
        const test::RandomModel random = make_model(exponents);
        const auto model = through_file(random);
        CHECK(model->dimensions().attention == attention);
        const std::vector<Token> tokens = some_tokens(60, vocabulary);
        Reference reference(random);
        std::vector<float> expected;
        for (const Token token : tokens) {
            for (const double logit : reference.feed(token)) expected.push_back(static_cast<float>(logit));
        }
        Context cpu = on_cpu(model);
        const std::vector<float> found = all_logits(cpu, tokens);
        CHECK(test::largest_difference(expected, found) <= tolerance * test::spread(expected));
        const auto device = test::open_device();
        if (!device) continue;
        Context gpu(model, gpu::make_backend(model->programs(), model->weights(), {.max_rows = 8},
                                             *device->kernels, {}));
        CHECK(all_logits(gpu, tokens, 7) == found);
        CHECK(gpu.state(0) == cpu.state(0));
    }
}

TEST_CASE("a slot begins, and is reset, without a maximum") {
    const auto model = through_file(make_model(1));
    Context context = on_cpu(model);
    const std::vector<float> begin = context.state(0);
    const auto& states = model->programs().body.states;
    REQUIRE(states.size() == 5 * layers);
    size_t at = 0;
    for (const StateRequest& state : states) {
        INFO(state.name);
        const float value = state.name.ends_with("att_pp") ? -1e30f : 0.0f;
        for (uint32_t i = 0; i < state.width; ++i) CHECK(begin[at + i] == value);
        at += state.width;
    }
    context.feed(0, some_tokens(3, vocabulary));  // an odd number: the other shift entries are current
    CHECK(context.state(0) != begin);
    context.reset(0);
    CHECK(context.state(0) == begin);
}

TEST_CASE("a state that no tokens lead to gives finite logits") {
    const auto model = through_file(make_model(1));
    Context context = on_cpu(model);
    const std::vector<float> zeros(context.state(0).size(), 0.0f);
    for (const float value : {0.0f, -1.0f, 1e30f}) {
        std::vector<float> state = zeros;
        size_t at = 0;
        for (const StateRequest& request : model->programs().body.states) {
            if (request.name.ends_with("att_bb"))
                std::fill_n(state.begin() + static_cast<long>(at), request.width, value);
            at += request.width;
        }
        context.set_state(0, state);
        CHECK_NOTHROW(context.feed(0, some_tokens(5, vocabulary)));
    }
}

TEST_CASE("a model that is not quite an RWKV-4 is refused by the tensor that tells it") {
    using test::check_contains;
    const auto refusal = [](test::RandomModel model, Code code) {
        return test::refusal_of([&] { through_file(model); }, code);
    };
    test::RandomModel tiny = make_model(1), unknown = make_model(1), missing = make_model(1),
                      wide = make_model(1);
    tiny.add("head_q.weight", {4, width}, 0, 1);
    check_contains(refusal(tiny, Code::unsupported), "attention at its head");
    unknown.add("blocks.0.att.gate.weight", {attention, width}, 0, 1);
    check_contains(refusal(unknown, Code::unsupported), "'blocks.0.att.gate.weight'");
    missing.tensors.erase("blocks.1.ffn.receptance.weight");
    check_contains(refusal(missing, Code::bad_shape), "'blocks.1.ffn.receptance.weight' is missing");
    wide.add("blocks.1.att.value.weight", {width, width}, 0, 1);
    check_contains(refusal(wide, Code::bad_shape), "the model needs 33x20");
    test::RandomModel nothing(1);
    nothing.add("emb.weight", {vocabulary, width}, 0, 1);
    check_contains(refusal(nothing, Code::unsupported), "expected the tensors of RWKV");
}

}  // namespace
}  // namespace rwkvk
