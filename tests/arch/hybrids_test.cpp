// The hybrids of RWKV-6 and 7 with Qwen2, from GGUF files, against their formulas in double: odd widths,
// fewer heads of keys and values, with and without biases, gate and norm over heads. And what is refused.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "runtime/arch/versions.h"
#include "runtime/gpu/backend.h"
#include "tests/support/check_reference.h"
#include "tests/support/gguf_model.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"
#include "tests/support/run_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

namespace gguf = test::gguf;
using test::all_logits, test::on_cpu, test::some_tokens;
using Vector = std::vector<double>;

constexpr uint64_t layers = 2, width = 20, head_size = 13, ffn = 50, vocabulary = 19, rank = 3;

/// A hybrid in one of its forms.
struct Kind {
    const char* architecture;
    uint64_t heads, key_heads;
    std::vector<const char*> biases = {};  // of receptance, key, value
    bool gate = true, head_norm = false;
    float epsilon = 1e-6f;

    bool is_six() const { return std::string_view(architecture) == "rwkv6qwen2"; }
    std::string_view version() const { return is_six() ? "6-qwen2" : "7-qwen2"; }
    uint64_t attention() const { return heads * head_size; }
};

const Kind kinds[] = {
    {"rwkv6qwen2", 4, 2, {"receptance", "key", "value"}},
    {"rwkv6qwen2", 3, 3, {}, true, false, 0.02f},
    {"rwkv6qwen2", 4, 1, {"key"}},
    {"arwkv7", 3, 3, {}, true, true},
    {"arwkv7", 3, 3, {}, false, false, 0.02f},
    {"arwkv7", 2, 2, {}, true, false},
    {"arwkv7", 2, 2, {}, false, true},
};

void add_six(test::RandomModel& m, const Kind& kind, const std::string& p) {
    for (const char* letter : {"x", "w", "k", "v", "r", "g"})
        m.add(concat(p, "time_maa_", letter), {width}, 0.5f, 0.6f);
    m.add(p + "time_maa_w1", {5 * rank, width}, 0, 0.4f);
    m.add(p + "time_maa_w2", {5 * width, rank}, 0, 0.4f);
    m.add(p + "time_decay", {kind.attention()}, -2, 3);
    m.add(p + "time_decay_w1", {rank, width}, 0, 0.4f);
    m.add(p + "time_decay_w2", {kind.attention(), rank}, 0, 0.8f);
    m.add(p + "gate.weight", {kind.attention(), width}, 0, 0.4f);
}

void add_seven(test::RandomModel& m, const Kind& kind, const std::string& p, bool first) {
    for (const char letter : std::string(kind.gate ? "rwkvag" : "rwkva"))
        m.add(concat(p, "x_", letter), {width}, 0.5f, 0.6f);
    // The first block has a value residual that must be ignored.
    for (const char letter : std::string("wav")) {
        m.add(concat(p, letter, "0"), {kind.attention()}, letter == 'w' ? -2.0f : 0.0f, 1);
        m.add(concat(p, letter, "1"), {rank, width}, 0, 0.4f);
        m.add(concat(p, letter, "2"), {kind.attention(), rank}, 0, first ? 0.7f : 0.8f);
    }
    if (kind.gate) {
        m.add(p + "g1", {rank, width}, 0, 0.4f);
        m.add(p + "g2", {kind.attention(), rank}, 0, 0.8f);
    }
    if (kind.head_norm) m.norm(p + "ln_x", kind.attention());
    m.add(p + "k_k", {kind.attention()}, 0.8f, 0.3f);
    m.add(p + "k_a", {kind.attention()}, 1, 0.3f);
    m.add(p + "r_k", {kind.heads, head_size}, 0, 0.3f);
}

test::RandomModel make_model(const Kind& kind) {
    test::RandomModel m(23);
    m.add("emb.weight", {vocabulary, width}, 0, 1);
    m.add("head.weight", {vocabulary, width}, 0, 0.4f);
    m.add("ln_out.weight", {width}, 1, 0.2f);
    for (uint64_t i = 0; i < layers; ++i) {
        const std::string p = concat("blocks.", i, "."), att = p + "att.";
        for (const char* norm : {"ln1.weight", "ln2.weight"}) m.add(p + norm, {width}, 1, 0.2f);
        kind.is_six() ? add_six(m, kind, att) : add_seven(m, kind, att, i == 0);
        const uint64_t key_width = kind.key_heads * head_size;
        m.add(att + "receptance.weight", {kind.attention(), width}, 0, 0.4f);
        m.add(att + "key.weight", {key_width, width}, 0, 0.4f);
        m.add(att + "value.weight", {key_width, width}, 0, 0.4f);
        m.add(att + "output.weight", {width, kind.attention()}, 0, 0.3f);
        for (const char* name : kind.biases)
            m.add(concat(att, name, ".bias"),
                  {name == std::string("receptance") ? kind.attention() : key_width}, 0, 0.5f);
        m.add(p + "ffn.gate.weight", {ffn, width}, 0, 0.4f);
        m.add(p + "ffn.up.weight", {ffn, width}, 0, 0.4f);
        m.add(p + "ffn.down.weight", {width, ffn}, 0, 0.3f);
    }
    return m;
}

gguf::File file_of(const test::RandomModel& model, const Kind& kind) {
    const std::string prefix = concat(kind.architecture, ".");
    return gguf::file_of(
        gguf::sources_of(model),
        {.architecture = kind.architecture,
         .metadata = {gguf::entry_u32(prefix + "wkv.head_size", head_size),
                      gguf::entry_f32(prefix + "attention.layer_norm_rms_epsilon", kind.epsilon)},
         .layers = layers});
}

std::shared_ptr<const Model> load(const gguf::File& file) {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "m.gguf", std::ios::binary) << gguf::build(file);
    return Model::load(folder / "m.gguf");
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// The formulas in double, a token at a time.
class Reference {
  public:
    Reference(const test::RandomModel& model, const Kind& kind) : model_(model), kind_(kind) {
        states_.resize(layers, {Vector(width), Vector(kind.attention() * head_size)});
    }

    Vector feed(Token token) {
        Vector x = slice("emb.weight", token * width, width), v_first;
        for (uint64_t i = 0; i < layers; ++i) {
            prefix_ = concat("blocks.", i, ".");
            const Vector z = rms(x, prefix_ + "ln1.weight");
            Vector y = kind_.is_six() ? attend_six(z, states_[i]) : attend_seven(z, states_[i], v_first);
            states_[i].previous = z;
            add(x, product("att.output.weight", y));
            add(x, swiglu(rms(x, prefix_ + "ln2.weight")));
        }
        prefix_ = "";
        return product("head.weight", rms(x, "ln_out.weight"));
    }

    /// In the order of Context::state, which has a matrix [value][key] of version 7.
    std::vector<float> state() const {
        std::vector<float> all;
        for (const State& s : states_) {
            all.insert(all.end(), s.previous.begin(), s.previous.end());
            all.insert(all.end(), s.matrix.begin(), s.matrix.end());
        }
        return all;
    }

  private:
    struct State {
        Vector previous, matrix;
    };

    const std::vector<float>& values(const std::string& name) const { return model_.tensors.at(name).values; }
    const std::vector<float>& att(const std::string& name) const { return values(prefix_ + "att." + name); }
    Vector slice(const std::string& name, size_t first, size_t count) const {
        const auto begin = values(name).begin() + static_cast<ptrdiff_t>(first);
        return {begin, begin + static_cast<ptrdiff_t>(count)};
    }

    static void add(Vector& x, const Vector& more) {
        for (size_t i = 0; i < x.size(); ++i) x[i] += more[i];
    }

    Vector rms(const Vector& x, const std::string& weight) const {
        double square = 0;
        for (const double value : x) square += value * value;
        Vector y = x;
        for (size_t i = 0; i < y.size(); ++i)
            y[i] *= values(weight)[i] / std::sqrt(square / static_cast<double>(x.size()) + kind_.epsilon);
        return y;
    }

    /// Rows `first` .. `first + rows - 1` of a matrix; rows 0: all.
    Vector product(const std::string& name, const Vector& x, size_t first = 0, size_t rows = 0) const {
        const auto& m = values(prefix_ + name);
        Vector y(rows ? rows : m.size() / x.size());
        for (size_t o = 0; o < y.size(); ++o)
            for (size_t i = 0; i < x.size(); ++i) y[o] += m[(first + o) * x.size() + i] * x[i];
        return y;
    }

    Vector swiglu(const Vector& z) const {
        Vector g = product("ffn.gate.weight", z);
        const Vector u = product("ffn.up.weight", z);
        for (size_t i = 0; i < g.size(); ++i) g[i] = g[i] * sigmoid(g[i]) * u[i];
        return product("ffn.down.weight", g);
    }

    /// x + (previous - x) * (amount + more)
    Vector mixed(const Vector& x, const Vector& previous, const std::string& amount,
                 const Vector& more = Vector(width)) const {
        Vector y(width);
        for (size_t i = 0; i < width; ++i) y[i] = x[i] + (previous[i] - x[i]) * (att(amount)[i] + more[i]);
        return y;
    }

    static Vector tanh(Vector x) {
        for (double& value : x) value = std::tanh(value);
        return x;
    }

    /// W x + b, if there is one, with every head repeated until there are all.
    Vector projected(const char* name, const Vector& x) const {
        Vector some = product(concat("att.", name, ".weight"), x);
        const std::string bias = concat(prefix_, "att.", name, ".bias");
        if (model_.tensors.contains(bias))
            for (size_t i = 0; i < some.size(); ++i) some[i] += values(bias)[i];
        const size_t repeat = kind_.attention() / some.size();
        Vector all;
        for (size_t head = 0; head < kind_.heads; ++head)
            for (size_t i = 0; i < head_size; ++i) all.push_back(some[head / repeat * head_size + i]);
        return all;
    }

    Vector attend_six(const Vector& x, State& s) const {
        const Vector hidden = tanh(product("att.time_maa_w1", mixed(x, s.previous, "time_maa_x")));
        std::map<char, Vector> in;
        const std::string letters = "wkvrg";
        for (size_t c = 0; c < letters.size(); ++c) {
            const auto part = hidden.begin() + static_cast<ptrdiff_t>(c * rank);
            const Vector more = product("att.time_maa_w2", Vector(part, part + rank), c * width, width);
            in[letters[c]] = mixed(x, s.previous, concat("time_maa_", letters[c]), more);
        }
        Vector w = product("att.time_decay_w2", tanh(product("att.time_decay_w1", in['w'])));
        for (size_t i = 0; i < w.size(); ++i) w[i] = std::exp(-std::exp(att("time_decay")[i] + w[i]));
        Vector k = projected("key", in['k']);
        const Vector v = projected("value", in['v']), r = projected("receptance", in['r']),
                     g = product("att.gate.weight", in['g']);
        Vector y(kind_.attention());
        for (size_t key = 0; key < y.size(); ++key) {
            k[key] *= 1 - w[key];
            for (size_t i = 0; i < head_size; ++i) {
                const size_t value = key / head_size * head_size + i;
                double& state = s.matrix[key * head_size + i];
                state = w[key] * state + k[key] * v[value];
                y[value] += r[key] * state / std::sqrt(double{head_size});
            }
        }
        for (size_t i = 0; i < y.size(); ++i) y[i] *= sigmoid(g[i]);
        return y;
    }

    /// b0 + W2 f(W1 x)
    Vector low_rank(char letter, const Vector& x, bool with_tanh) const {
        Vector hidden = product(concat("att.", letter, "1"), x);
        Vector y = product(concat("att.", letter, "2"), with_tanh ? tanh(hidden) : hidden);
        for (size_t i = 0; i < y.size(); ++i) y[i] += att(concat(letter, "0"))[i];
        return y;
    }

    Vector gate(const Vector& x) const {
        if (!kind_.gate) return Vector(kind_.attention(), 1.0);
        Vector hidden = product("att.g1", mixed(x, previous_, "x_g"));
        for (double& value : hidden) value = sigmoid(value);
        return product("att.g2", hidden);
    }

    Vector head_normed(const Vector& y) const {
        if (!kind_.head_norm) return y;
        Vector z(y.size());
        for (size_t first = 0; first < y.size(); first += head_size) {
            double mean = 0, variance = 0;
            for (size_t i = first; i < first + head_size; ++i) mean += y[i] / double{head_size};
            for (size_t i = first; i < first + head_size; ++i)
                variance += (y[i] - mean) * (y[i] - mean) / double{head_size};
            for (size_t i = first; i < first + head_size; ++i)
                z[i] =
                    (y[i] - mean) / std::sqrt(variance + 64e-5) * att("ln_x.weight")[i] + att("ln_x.bias")[i];
        }
        return z;
    }

    Vector attend_seven(const Vector& x, State& s, Vector& v_first) {
        previous_ = s.previous;
        const auto in = [&](char letter) { return mixed(x, s.previous, concat("x_", letter)); };
        const Vector r = product("att.receptance.weight", in('r')), raw = product("att.key.weight", in('k'));
        Vector v = product("att.value.weight", in('v')), w = low_rank('w', in('w'), true),
               a = low_rank('a', in('a'), false), k = raw, y(kind_.attention());
        if (v_first.empty()) {
            v_first = v;
        } else {
            const Vector amount = low_rank('v', in('v'), false);
            for (size_t i = 0; i < v.size(); ++i) v[i] += (v_first[i] - v[i]) * sigmoid(amount[i]);
        }
        for (size_t i = 0; i < k.size(); ++i) {
            w[i] = std::exp(-std::exp(-0.5) * sigmoid(w[i]));
            a[i] = sigmoid(a[i]);
            k[i] *= 1 + (a[i] - 1) * att("k_a")[i];
        }
        for (size_t first = 0; first < y.size(); first += head_size) {
            Vector kappa(head_size);
            double square = 0;
            for (size_t j = 0; j < head_size; ++j) {
                kappa[j] = raw[first + j] * att("k_k")[first + j];
                square += kappa[j] * kappa[j];
            }
            for (double& value : kappa) value /= std::max(std::sqrt(square), 1e-12);
            for (size_t i = 0; i < head_size; ++i) {
                double* row = &s.matrix[(first + i) * head_size];
                double removed = 0;
                for (size_t j = 0; j < head_size; ++j) removed -= row[j] * kappa[j];
                for (size_t j = 0; j < head_size; ++j) {
                    row[j] = row[j] * w[first + j] + removed * kappa[j] * a[first + j] +
                             v[first + i] * k[first + j];
                    y[first + i] += row[j] * r[first + j];
                }
            }
        }
        Vector z = head_normed(y);
        const Vector g = gate(x);
        for (size_t first = 0; first < z.size(); first += head_size) {
            double bonus = 0;
            for (size_t j = first; j < first + head_size; ++j) bonus += r[j] * k[j] * att("r_k")[j];
            for (size_t j = first; j < first + head_size; ++j) z[j] = (z[j] + bonus * v[j]) * g[j];
        }
        return z;
    }

    const test::RandomModel& model_;
    const Kind& kind_;
    std::vector<State> states_;
    std::string prefix_;
    Vector previous_;
};

void check_against_double(const Kind& kind, const test::TestDevice* device) {
    INFO(kind.architecture, " of ", kind.heads, " and ", kind.key_heads, " heads, gate ", kind.gate,
         ", norm over heads ", kind.head_norm);
    const test::RandomModel random = make_model(kind);
    const auto model = load(file_of(random, kind));
    CHECK(model->version() == kind.version());
    CHECK(model->unused_tensors().empty());
    CHECK(model->dimensions().heads == kind.heads);
    CHECK(model->dimensions().head_size == head_size);
    Reference reference(random, kind);
    test::check_reference(reference, model, some_tokens(60, vocabulary), device);
}

TEST_CASE("every form of the hybrids agrees with its formulas, and the device with the CPU") {
    const auto device = test::open_device();
    for (const Kind& kind : kinds) check_against_double(kind, device.get());
    if (device) test::check_no_messages(*device);
}

/// Of a model with one tensor changed, added or, of an empty shape, taken away.
std::string refusal(const Kind& kind, Code code, const std::string& name, std::vector<uint64_t> shape) {
    test::RandomModel random = make_model(kind);
    random.tensors.erase(name);
    if (!shape.empty()) random.add(name, std::move(shape), 0, 1);
    return test::refusal_of([&] { load(file_of(random, kind)); }, code);
}

TEST_CASE("tensors and metadata that do not fit together are named") {
    const Kind &six = kinds[0], &seven = kinds[3];
    for (const uint64_t rows : {3 * head_size, head_size + 1, 5 * head_size})
        test::check_contains(refusal(six, Code::bad_shape, "blocks.0.att.key.weight", {rows, width}),
                             "'blocks.0.att.key.weight': expected whole heads of 13");
    test::check_contains(refusal(six, Code::bad_shape, "blocks.1.att.value.weight", {head_size, width}),
                         "'blocks.1.att.value.weight' is 13x20, the model needs 26x20");
    test::check_contains(refusal(six, Code::unsupported, "ln_out.bias", {width}), "'ln_out.bias'");
    test::check_contains(refusal(seven, Code::unsupported, "ln_out.bias", {width}), "'ln_out.bias'");
    test::check_contains(
        refusal(six, Code::unsupported, "blocks.0.att.time_faaaa", {kinds[0].heads, head_size}),
        "with a bonus");
    test::check_contains(refusal(six, Code::unsupported, "blocks.0.att.ln_x.weight", {width}),
                         "with a norm over heads");
    test::check_contains(refusal(seven, Code::bad_shape, "blocks.1.att.g2", {}),
                         "'blocks.1.att.g2' is missing");
    test::check_contains(refusal(seven, Code::bad_shape, "blocks.1.ffn.up.weight", {}),
                         "'blocks.1.ffn.up.weight' is missing");

    const test::RandomModel random = make_model(six);
    for (const float wrong : {0.0f, -1.0f, 1e-20f, 3.0f, std::nanf("")}) {
        gguf::File file = file_of(random, six);
        file.metadata[2] = gguf::entry_f32("rwkv6qwen2.attention.layer_norm_rms_epsilon", wrong);
        test::check_contains(test::refusal_of([&] { load(file); }, Code::bad_file),
                             "expected rwkv6qwen2.attention.layer_norm_rms_epsilon from 1e-12 to 1");
    }
    gguf::File file = file_of(random, six);
    file.metadata[1] = gguf::entry("rwkv6qwen2.wkv.head_size", 10, test::le(uint64_t{1} << 40));
    test::check_contains(test::refusal_of([&] { load(file); }, Code::bad_shape), "whole heads of");
}

TEST_CASE("the epsilon of the norms is part of the model") {
    const test::RandomModel random = make_model(kinds[0]);
    Kind other = kinds[0];
    other.epsilon = 1e-5f;
    CHECK(load(file_of(random, kinds[0]))->fingerprint() != load(file_of(random, other))->fingerprint());
}

/// Weights without facts, as other files have them.
class TensorsOnly final : public WeightSource {
  public:
    explicit TensorsOnly(const WeightSource& weights) : weights_(weights) {}
    std::optional<Shape> find(const std::string& name) const override { return weights_.find(name); }
    std::vector<std::string> names() const override { return weights_.names(); }
    void read_rows(const std::string& name, uint32_t first, uint32_t rows, std::byte* stored) const override {
        weights_.read_rows(name, first, rows, stored);
    }
    std::vector<float> read_vector(const std::string& name) const override {
        return weights_.read_vector(name);
    }

  private:
    const WeightSource& weights_;
};

TEST_CASE("a hybrid from a file that does not tell the epsilon is refused") {
    for (const Kind& kind : {kinds[0], kinds[3]}) {
        const auto model = load(file_of(make_model(kind), kind));
        const TensorsOnly tensors(model->weights());
        const arch::Version& version = arch::version_of(tensors, "m");
        CHECK(version.name == kind.version());
        test::check_contains(test::refusal_of([&] { version.read(tensors); }, Code::bad_shape),
                             "nothing tells the epsilon of the norms");
    }
}

}  // namespace
}  // namespace rwkvk
