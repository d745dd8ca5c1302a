// RWKV-5.0, 5.1, 5.2 and 6.0 where the golden sets do not go: an attention of another width than the residual
// stream, head sizes and ranks that are no multiple of anything, decays at both ends. Against the formulas in
// double. And what a model's tensors must be.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "runtime/cpu/call.h"
#include "runtime/gpu/backend.h"
#include "shaders/exact_math.h"
#include "tests/support/check_reference.h"
#include "tests/support/file_builder.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using test::all_logits, test::on_cpu, test::some_tokens, test::through_file;

using Vector = std::vector<double>;

constexpr uint64_t layers = 2, width = 20, heads = 3, head_size = 13, attention = heads * head_size, ffn = 50,
                   vocabulary = 19, mix_rank = 3, decay_rank = 5;

struct Kind {
    const char* version;
    bool gate, channel_decay, dynamic;
};
constexpr Kind kinds[] = {{"5.0", false, false, false},
                          {"5.1", true, false, false},
                          {"5.2", true, true, false},
                          {"6.0", true, true, true}};

void add_dynamic_mixes(test::RandomModel& m, const std::string& p) {
    for (const char* letter : {"x", "w", "k", "v", "r", "g"})
        m.add(concat(p, "att.time_maa_", letter), {1, 1, width}, 0.5f, 0.6f);
    m.add(p + "att.time_maa_w1", {width, 5 * mix_rank}, 0, 0.4f);
    m.add(p + "att.time_maa_w2", {5, mix_rank, width}, 0, 0.4f);
    m.add(p + "att.time_decay_w1", {width, decay_rank}, 0, 0.4f);
    m.add(p + "att.time_decay_w2", {decay_rank, attention}, 0, 0.8f);
    for (const char* letter : {"k", "r"})
        m.add(concat(p, "ffn.time_maa_", letter), {1, 1, width}, 0.5f, 0.6f);
}

void add_static_mixes(test::RandomModel& m, const std::string& p, bool gate) {
    for (const char* mix :
         {"att.time_mix_k", "att.time_mix_v", "att.time_mix_r", "ffn.time_mix_k", "ffn.time_mix_r"})
        m.add(p + mix, {1, 1, width}, 0.5f, 0.6f);
    if (gate) m.add(p + "att.time_mix_g", {1, 1, width}, 0.5f, 0.6f);
}

/// Decays e^(-e^w) with w from centre - spread to centre + spread.
test::RandomModel make_model(const Kind& kind, float centre, float spread) {
    test::RandomModel m(11);
    m.frame(layers, width, vocabulary);
    for (uint64_t i = 0; i < layers; ++i) {
        const std::string p = concat("blocks.", i, ".");
        m.norm(p + "att.ln_x", attention);
        const std::vector<uint64_t> per_head = {heads}, per_channel = {heads, head_size};
        const auto& shape = kind.channel_decay ? per_channel : per_head;
        m.add(p + "att.time_decay", kind.dynamic ? std::vector<uint64_t>{1, 1, attention} : shape, centre,
              spread);
        m.add(p + (kind.gate ? "att.time_faaaa" : "att.time_first"), shape, 0, 1);
        if (kind.dynamic) {
            add_dynamic_mixes(m, p);
        } else {
            add_static_mixes(m, p, kind.gate);
        }
        if (kind.gate) m.add(p + "att.gate.weight", {attention, width}, 0, 0.8f);
        for (const char* name : {"receptance", "key", "value"})
            m.add(concat(p, "att.", name, ".weight"), {attention, width}, 0, 0.4f);
        m.add(p + "att.output.weight", {width, attention}, 0, 0.3f);
        m.add(p + "ffn.key.weight", {ffn, width}, 0, 0.4f);
        m.add(p + "ffn.receptance.weight", {width, width}, 0, 0.4f);
        m.add(p + "ffn.value.weight", {width, ffn}, 0, 0.2f);
    }
    return m;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// The formulas in double, a token at a time.
class Reference {
  public:
    Reference(const test::RandomModel& model, const Kind& kind, double group_eps = 64e-5)
        : model_(model), kind_(kind), group_eps_(group_eps), states_(layers) {}

    Vector feed(Token token) {
        const auto& table = values("emb.weight");
        Vector x(width);
        for (uint64_t i = 0; i < width; ++i) x[i] = table[token * width + i];
        x = norm(x, "blocks.0.ln0", 1, 1e-5);
        for (uint64_t i = 0; i < layers; ++i) {
            prefix_ = concat("blocks.", i, ".");
            add(x, time_mix(norm(x, prefix_ + "ln1", 1, 1e-5), states_[i]));
            add(x, channel_mix(norm(x, prefix_ + "ln2", 1, 1e-5), states_[i]));
        }
        return product("head.weight", norm(x, "ln_out", 1, 1e-5));
    }

    /// In the order of Context::state.
    std::vector<float> state() const {
        std::vector<float> all;
        for (const State& s : states_) {
            for (const Vector& part : {s.att, s.kv, s.ffn}) all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }

  private:
    struct State {
        Vector att = Vector(width), ffn = Vector(width);
        Vector kv = Vector(attention * head_size);  // [head][key][value]
    };

    const std::vector<float>& values(const std::string& name) const { return model_.tensors.at(name).values; }

    static void add(Vector& x, const Vector& more) {
        for (size_t i = 0; i < x.size(); ++i) x[i] += more[i];
    }

    Vector norm(const Vector& x, const std::string& name, size_t groups, double eps) const {
        const size_t size = x.size() / groups;
        Vector y(x.size());
        for (size_t first = 0; first < x.size(); first += size) {
            double mean = 0, variance = 0;
            for (size_t i = first; i < first + size; ++i) mean += x[i] / static_cast<double>(size);
            for (size_t i = first; i < first + size; ++i)
                variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(size);
            for (size_t i = first; i < first + size; ++i)
                y[i] = (x[i] - mean) / std::sqrt(variance + eps) * values(name + ".weight")[i] +
                       values(name + ".bias")[i];
        }
        return y;
    }

    /// Of a matrix [out, in].
    Vector product(const std::string& name, const Vector& x) const {
        const auto& weights = values(name);
        Vector y(weights.size() / x.size());
        for (size_t o = 0; o < y.size(); ++o) {
            for (size_t i = 0; i < x.size(); ++i) y[o] += weights[o * x.size() + i] * x[i];
        }
        return y;
    }

    /// Of a matrix [in, out], as low-rank ones are stored, that begins at element `first`.
    Vector low_rank(const std::string& name, std::span<const double> x, size_t out, size_t first = 0) const {
        const auto& weights = values(prefix_ + name);
        Vector y(out);
        for (size_t i = 0; i < x.size(); ++i) {
            for (size_t o = 0; o < out; ++o) y[o] += x[i] * weights[first + i * out + o];
        }
        return y;
    }

    static Vector tanh(Vector x) {
        for (double& value : x) value = std::tanh(value);
        return x;
    }

    /// The inputs of w (version 6 only), k, v, r and g.
    std::vector<Vector> mixes(const Vector& x, const Vector& previous) const {
        const std::string letters = "wkvrg";
        std::vector<Vector> all;
        if (!kind_.dynamic) {
            for (const char letter : letters) {
                const bool has = letter != 'w' && (letter != 'g' || kind_.gate);
                all.push_back(has ? static_mix(concat("att.time_mix_", letter), x, previous) : Vector{});
            }
            return all;
        }
        const Vector xx = maa_mix(values(prefix_ + "att.time_maa_x"), Vector(width), x, previous);
        const Vector hidden = tanh(low_rank("att.time_maa_w1", xx, 5 * mix_rank));
        for (size_t c = 0; c < letters.size(); ++c) {
            const Vector added =
                low_rank("att.time_maa_w2", std::span(hidden).subspan(c * mix_rank, mix_rank), width,
                         c * mix_rank * width);
            all.push_back(maa_mix(values(concat(prefix_, "att.time_maa_", letters[c])), added, x, previous));
        }
        return all;
    }

    Vector static_mix(const std::string& name, const Vector& x, const Vector& previous) const {
        const auto& amount = values(prefix_ + name);
        Vector y(x.size());
        for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] * amount[i] + previous[i] * (1.0 - amount[i]);
        return y;
    }

    static Vector maa_mix(const std::vector<float>& amount, const Vector& added, const Vector& x,
                          const Vector& previous) {
        Vector y(x.size());
        for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] + (previous[i] - x[i]) * (amount[i] + added[i]);
        return y;
    }

    Vector decays(const Vector& xw) const {
        const auto& base = values(prefix_ + "att.time_decay");
        const Vector more = kind_.dynamic
                                ? low_rank("att.time_decay_w2",
                                           tanh(low_rank("att.time_decay_w1", xw, decay_rank)), attention)
                                : Vector(attention);
        Vector w(attention);
        for (size_t i = 0; i < attention; ++i)
            w[i] = std::exp(-std::exp(base[kind_.channel_decay ? i : i / head_size] + more[i]));
        return w;
    }

    double bonus(size_t i) const {
        if (!kind_.gate) return std::exp(double{values(prefix_ + "att.time_first")[i / head_size]});
        return values(prefix_ + "att.time_faaaa")[kind_.channel_decay ? i : i / head_size];
    }

    Vector time_mix(const Vector& x, State& s) const {
        const std::vector<Vector> xs = mixes(x, s.att);
        const Vector w = decays(xs[0]), k = product(prefix_ + "att.key.weight", xs[1]),
                     v = product(prefix_ + "att.value.weight", xs[2]),
                     r = product(prefix_ + "att.receptance.weight", xs[3]);
        s.att = x;
        Vector y(attention);
        for (size_t key = 0; key < attention; ++key) {
            const size_t first = key / head_size * head_size;
            for (size_t i = 0; i < head_size; ++i) {
                double& state = s.kv[key * head_size + i];
                y[first + i] += r[key] * (state + bonus(key) * k[key] * v[first + i]);
                state = w[key] * state + k[key] * v[first + i];
            }
        }
        Vector z = norm(y, prefix_ + "att.ln_x", heads, group_eps_);
        if (kind_.gate) {
            const Vector g = product(prefix_ + "att.gate.weight", xs[4]);
            for (size_t i = 0; i < attention; ++i) z[i] *= g[i] * sigmoid(g[i]);
        }
        return product(prefix_ + "att.output.weight", z);
    }

    Vector channel_mix(const Vector& x, State& s) const {
        const auto mix = [&](const char* letter) {
            if (!kind_.dynamic) return static_mix(concat("ffn.time_mix_", letter), x, s.ffn);
            return maa_mix(values(concat(prefix_, "ffn.time_maa_", letter)), Vector(width), x, s.ffn);
        };
        Vector k = product(prefix_ + "ffn.key.weight", mix("k"));
        for (double& value : k) value = value > 0 ? value * value : 0;
        const Vector r = product(prefix_ + "ffn.receptance.weight", mix("r"));
        s.ffn = x;
        Vector y = product(prefix_ + "ffn.value.weight", k);
        for (size_t i = 0; i < y.size(); ++i) y[i] *= sigmoid(r[i]);
        return y;
    }

    const test::RandomModel& model_;
    const Kind& kind_;
    const double group_eps_;
    std::vector<State> states_;
    std::string prefix_;
};

void check_against_double(const Kind& kind, float centre, float spread, const test::TestDevice* device) {
    INFO("version ", kind.version, ", decays e^-e^", centre, "+-", spread);
    const test::RandomModel random = make_model(kind, centre, spread);
    const auto model = through_file(random);
    CHECK(model->version() == kind.version);
    CHECK(model->unused_tensors().empty());
    CHECK(model->dimensions().heads == heads);
    CHECK(model->dimensions().head_size == head_size);
    Reference reference(random, kind);
    test::check_reference(reference, model, some_tokens(60, vocabulary), device);
}

TEST_CASE("any width, head size and rank, and decays from exactly 0 to exactly 1") {
    const auto device = test::open_device();
    for (const Kind& kind : kinds) {
        check_against_double(kind, -2, 3, device.get());
        check_against_double(kind, 0, 60, device.get());  // most are 0 or 1
    }
    if (device) test::check_no_messages(*device);
}

/// The model as rwkv.cpp's converter writes it: matrices [out, in], vectors without ones in their shape.
std::string rwkv_cpp_file(const Model& model) {
    std::string file = test::rwkv_cpp_header();
    for (const std::string& name : model.weights().names()) {
        const auto shape = *model.weights().find(name);
        std::vector<int32_t> sizes = {static_cast<int32_t>(shape.in)};  // fastest first
        if (name.ends_with("time_maa_w2")) {
            sizes.insert(sizes.end(), {static_cast<int32_t>(width), 5});
        } else if (shape.out > 1) {
            sizes.push_back(static_cast<int32_t>(shape.out));
        }
        if (name.ends_with("time_decay") || name.ends_with("time_faaaa"))
            sizes = {1, static_cast<int32_t>(head_size), static_cast<int32_t>(heads)};
        const std::vector<float> values = model.weights().read_vector(name);
        file += test::rwkv_cpp_tensor(
            name, sizes, 0,
            std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
    }
    return file;
}

TEST_CASE("an RWKV-6 from an rwkv.cpp file gives the bits of the official one") {
    const auto official = through_file(make_model(kinds[3], -2, 3));
    const test::TemporaryFolder folder;
    std::ofstream(folder / "m.bin", std::ios::binary) << rwkv_cpp_file(*official);
    const auto model = Model::load(folder / "m.bin");
    CHECK(model->version() == "6.0");
    CHECK(model->unused_tensors().empty());
    Context expected = on_cpu(official), found = on_cpu(model);
    const std::vector<Token> tokens = some_tokens(20, vocabulary);
    CHECK(all_logits(found, tokens) == all_logits(expected, tokens));
    CHECK(found.state(0) == expected.state(0));
}

/// With what the converter changes: the decay as it is used, and without a gate the exponential of
/// time_first.
std::string rwkv_cpp_file_of_v5(const test::RandomModel& random, const Kind& kind) {
    std::string file = test::rwkv_cpp_header();
    for (const auto& [name, tensor] : random.tensors) {
        std::vector<float> values = tensor.values;
        std::vector<int32_t> sizes;
        for (const uint64_t size : tensor.shape) {
            if (size > 1) sizes.insert(sizes.begin(), static_cast<int32_t>(size));
        }
        const bool decay = name.ends_with("time_decay"), first = name.ends_with("time_first");
        for (float& value : values) {
            if (decay) value = static_cast<float>(std::exp(-std::exp(double{value})));
            if (first) value = static_cast<float>(std::exp(double{value}));
        }
        if (decay || first || name.ends_with("time_faaaa")) {
            sizes = {1, kind.channel_decay ? static_cast<int32_t>(head_size) : 1,
                     static_cast<int32_t>(heads)};
        }
        const auto* const bytes = reinterpret_cast<const char*>(values.data());
        file += test::rwkv_cpp_tensor(name, sizes, 0, std::string(bytes, values.size() * sizeof(float)));
    }
    return file;
}

TEST_CASE(
    "an RWKV-5 from an rwkv.cpp file, with and without a gate, agrees with the formulas and its epsilon") {
    for (const Kind& kind : kinds) {
        if (kind.dynamic) continue;
        INFO(kind.version);
        const test::RandomModel random = make_model(kind, -2, 3);
        const test::TemporaryFolder folder;
        std::ofstream(folder / "m.bin", std::ios::binary) << rwkv_cpp_file_of_v5(random, kind);
        const auto model = Model::load(folder / "m.bin");
        CHECK(model->version() == kind.version);
        CHECK(model->unused_tensors().empty());
        const std::vector<Token> tokens = some_tokens(40, vocabulary);
        Reference reference(random, kind, 1e-5);
        std::vector<float> expected;
        for (const Token token : tokens) {
            for (const double logit : reference.feed(token)) expected.push_back(static_cast<float>(logit));
        }
        Context context = on_cpu(model);
        const std::vector<float> found = all_logits(context, tokens);
        CHECK(test::largest_difference(expected, found) <= 3e-5 * test::spread(expected));
    }
}

/// e^(-e^x) as the op computes it.
float decay6(float x) { return exact::settle(cpu::activate(ACT_DECAY6, exact::settle(x))); }

TEST_CASE("the decay is accurate where it is near 1, and ends at 0 and 1") {
    double worst = 0;
    for (float x = -30.0f; x < 3.5f; x += 0.0009765625f) {
        const double expected = std::exp(-std::exp(double{x}));
        worst = std::max(worst, std::fabs(decay6(x) - expected) / expected);
    }
    // e^x is relative to 2e-7, of which the outer exponential makes an absolute e^x * 2e-7, at most e^3.5 *
    // 2e-7.
    CHECK(worst <= std::exp(3.5) * 2e-7 + 2e-7);
    for (float x = -12.0f; x < -3.0f; x += 0.0009765625f) {
        // What is forgotten, 1 - w, is exact to the spacing of floats below 1.
        CHECK(std::fabs((1.0 - decay6(x)) + std::expm1(-std::exp(double{x}))) <= 2 * 0x1p-24);
    }
    for (const float x : {4.0f, 40.0f, 89.0f, 1e30f}) CHECK(decay6(x) == 0.0f);
    for (const float x : {-40.0f, -89.0f, -1e30f}) CHECK(decay6(x) == 1.0f);
    CHECK(std::isnan(decay6(std::numeric_limits<float>::quiet_NaN())));
}

/// The model with one tensor changed, which must be refused.
template <typename Change>
std::string refusal(const Kind& kind, Code code, const Change& change) {
    test::RandomModel random = make_model(kind, -2, 3);
    change(random);
    return test::refusal_of([&] { through_file(random); }, code);
}

TEST_CASE("tensors that do not fit together are named") {
    const auto replace = [](const char* name, std::vector<uint64_t> shape) {
        return [=](test::RandomModel& m) {
            m.tensors.erase(name);
            m.add(name, shape, 0, 1);
        };
    };
    const auto drop = [](const char* name) { return [=](test::RandomModel& m) { m.tensors.erase(name); }; };
    const Kind &v50 = kinds[0], &v52 = kinds[2], &v6 = kinds[3];
    test::check_contains(refusal(v50, Code::bad_shape, replace("blocks.0.att.time_decay", {7})),
                         "'blocks.0.att.time_decay' has 7 heads, which do not divide the 39 channels");
    test::check_contains(refusal(v6, Code::bad_shape, replace("blocks.0.att.time_faaaa", {4, 13})),
                         "has 4 heads");
    test::check_contains(refusal(v6, Code::bad_shape, replace("blocks.1.att.time_maa_w1", {width, 14})),
                         "'blocks.1.att.time_maa_w1': expected 5 mixes of the same rank, found 14 columns");
    test::check_contains(refusal(v6, Code::bad_shape, replace("blocks.1.att.time_maa_w2", {5, 4, width})),
                         "'blocks.1.att.time_maa_w2' is 100x4, the model needs 100x3");
    test::check_contains(refusal(v6, Code::bad_shape, drop("blocks.1.att.time_decay_w1")),
                         "'blocks.1.att.time_decay_w1' is missing");
    test::check_contains(refusal(v52, Code::bad_shape, drop("blocks.1.att.gate.weight")),
                         "'blocks.1.att.gate.weight' is missing");
    test::check_contains(refusal(v6, Code::unsupported, replace("blocks.0.att.gate_w1", {width, 64})),
                         "RWKV-6a");
    test::check_contains(
        refusal(v6, Code::unsupported, replace("blocks.0.att.time_maa_rkvw_w1", {width, 64})),
        "RWKV-6b or 6c");
    for (const Kind* kind : {&v50, &v6})
        test::check_contains(refusal(*kind, Code::unsupported, replace("blocks.0.att.more", {width})),
                             "'blocks.0.att.more': expected those of RWKV-");
}

}  // namespace
}  // namespace rwkvk
