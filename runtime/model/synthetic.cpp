#include "runtime/model/synthetic.h"

#include <charconv>
#include <cmath>
#include <map>

#include "runtime/catalogue/weights.h"

namespace rwkvk {
namespace {

struct Size {
    const char* name;
    uint32_t layers, width;
    arch::Rwkv7::Ranks ranks;
};

// Released models; ranks from their tensor shapes.
constexpr Size sizes[] = {
    {"0.1b", 12, 768, {64, 64, 32, 128}},    {"0.4b", 24, 1024, {64, 64, 32, 128}},
    {"1.5b", 24, 2048, {96, 96, 64, 256}},   {"2.9b", 32, 2560, {96, 96, 64, 320}},
    {"7.2b", 32, 4096, {128, 128, 96, 480}},
};

arch::Rwkv7 make_model(uint32_t layers, uint32_t width, uint32_t vocabulary, arch::Rwkv7::Ranks ranks) {
    const uint32_t head_size = width % 64 == 0 ? 64 : 32;
    arch::Rwkv7 m{.layers = layers,
                  .width = width,
                  .attention = width,
                  .heads = width / head_size,
                  .head_size = head_size,
                  .ffn = 4 * width,
                  .vocabulary = vocabulary,
                  .ranks = {}};
    m.ranks.assign(layers, ranks);
    m.ranks[0].v = 0;
    return m;
}

/// "2x768x264" → {2, 768, 264}; empty when it is not of that form.
std::vector<uint32_t> parse_dimensions(const std::string& text) {
    std::vector<uint32_t> result;
    const char *at = text.data(), *end = at + text.size();
    while (at < end) {
        uint32_t value = 0;
        const auto [next, error] = std::from_chars(at, end, value);
        if (error != std::errc{} || (next != end && *next != 'x')) return {};
        result.push_back(value);
        at = next == end ? end : next + 1;
    }
    return result;
}

uint64_t mix(uint64_t x) {  // the finaliser of SplitMix64 (Steele, Lea, Flood 2014)
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

uint64_t hash_name(const std::string& name, uint64_t seed) {
    uint64_t hash = mix(seed + 0x9e3779b97f4a7c15ull);
    for (const char c : name) hash = mix(hash ^ static_cast<unsigned char>(c));
    return hash;
}

/// Values spread evenly over centre - spread .. centre + spread, with random significands.
struct Distribution {
    float centre, spread;
};

struct Entry {
    WeightSource::Shape shape;
    Distribution values;
};

class Catalogue {
  public:
    Catalogue(const SyntheticSpec& spec) : spec_(spec) { add_all(); }
    std::map<std::string, Entry> take() { return std::move(entries_); }

  private:
    void vector(const std::string& name, uint32_t n, Distribution values) {
        entries_[name] = {{1, n, WeightFormat::f32}, values};
    }
    // Uniform values of this spread keep the size of what they multiply, times `gain`.
    void matrix(const std::string& name, uint32_t out, uint32_t in, float gain = 1.0f) {
        const float spread = gain * static_cast<float>(std::sqrt(3.0 / in));
        entries_[name] = {{out, in, format_for(name, in)}, {0.0f, spread}};
    }
    // As converters do: low-rank matrices and rows that are no whole blocks stay single elements.
    WeightFormat format_for(const std::string& name, uint32_t in) const {
        const uint32_t block = info(spec_.format).block_elements;
        const bool whole = name.ends_with(".weight") && in % block == 0;
        return block == 1 || whole ? spec_.format : WeightFormat::f16;
    }
    void norm(const std::string& name, uint32_t n) {
        vector(name + ".weight", n, {1.0f, 0.2f});
        vector(name + ".bias", n, {0.0f, 0.1f});
    }

    void add_all() {
        const arch::Rwkv7& m = spec_.model;
        matrix("emb.weight", m.vocabulary, m.width);
        matrix("head.weight", m.vocabulary, m.width);
        norm("blocks.0.ln0", m.width);
        norm("ln_out", m.width);
        for (uint32_t i = 0; i < m.layers; ++i) add_layer(concat("blocks.", i, "."), m, m.ranks[i]);
    }

    void add_layer(const std::string& p, const arch::Rwkv7& m, const arch::Rwkv7::Ranks& ranks) {
        const uint32_t D = m.width, A = m.attention;
        norm(p + "ln1", D);
        norm(p + "ln2", D);
        norm(p + "att.ln_x", A);
        for (const char* name : {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g"})
            vector(p + "att." + name, D, {0.5f, 0.5f});
        vector(p + "ffn.x_k", D, {0.5f, 0.5f});
        low_rank(p + "att.w", A, D, ranks.w, {-2.0f, 3.0f});
        low_rank(p + "att.a", A, D, ranks.a, {0.0f, 1.0f});
        if (ranks.v) low_rank(p + "att.v", A, D, ranks.v, {0.5f, 0.5f});
        matrix(p + "att.g1", ranks.g, D);
        matrix(p + "att.g2", A, ranks.g, 2.0f);
        vector(p + "att.k_k", A, {0.85f, 0.3f});
        vector(p + "att.k_a", A, {1.0f, 0.3f});
        entries_[p + "att.r_k"] = {{m.heads, m.head_size, WeightFormat::f32}, {0.0f, 0.3f}};
        for (const char* name : {"receptance", "key", "value"})
            matrix(concat(p, "att.", name, ".weight"), A, D);
        matrix(p + "att.output.weight", D, A, 0.5f);
        matrix(p + "ffn.key.weight", m.ffn, D);
        matrix(p + "ffn.value.weight", D, m.ffn, 0.5f);
    }

    void low_rank(const std::string& name, uint32_t out, uint32_t in, uint32_t rank, Distribution bias) {
        vector(name + "0", out, bias);
        matrix(name + "1", rank, in);
        matrix(name + "2", out, rank, 0.5f);
    }

    const SyntheticSpec& spec_;
    std::map<std::string, Entry> entries_;
};

class SyntheticSource final : public WeightSource {
  public:
    explicit SyntheticSource(const SyntheticSpec& spec)
        : seed_(spec.seed), entries_(Catalogue(spec).take()) {}

    std::optional<Shape> find(const std::string& name) const override {
        const auto at = entries_.find(name);
        if (at == entries_.end()) return std::nullopt;
        return at->second.shape;
    }

    std::vector<std::string> names() const override {
        std::vector<std::string> result;
        for (const auto& [name, entry] : entries_) result.push_back(name);
        return result;
    }

    void read_rows(const std::string& name, uint32_t first, uint32_t rows, std::byte* stored) const override {
        const Entry& entry = entries_.at(name);
        const std::vector<float> values =
            generate(name, entry, uint64_t{first} * entry.shape.in, uint64_t{rows} * entry.shape.in);
        encode(entry.shape.format, values, stored);
        RWKVK_ASSERT(settle_stored(entry.shape.format, stored, values.size()) < 0);
    }

    std::vector<float> read_vector(const std::string& name) const override {
        const Entry& entry = entries_.at(name);
        return generate(name, entry, 0, uint64_t{entry.shape.out} * entry.shape.in);
    }

  private:
    std::vector<float> generate(const std::string& name, const Entry& entry, uint64_t first,
                                uint64_t count) const {
        const uint64_t hash = hash_name(name, seed_);
        std::vector<float> values(count);
        for (uint64_t i = 0; i < count; ++i) {
            // 25 random bits about zero: odd multiples of 2^-24, so that no value is tiny.
            const auto random = static_cast<int32_t>(mix(hash + first + i) >> 40) * 2 - 16777215;
            const float unit = static_cast<float>(random) * 5.96046448e-8f;
            values[i] = entry.values.centre + entry.values.spread * unit;
        }
        return values;
    }

    const uint64_t seed_;
    const std::map<std::string, Entry> entries_;
};

}  // namespace

SyntheticSpec SyntheticSpec::parse(const std::string& spec, uint64_t seed) {
    const size_t first = spec.find(':'), last = spec.rfind(':');
    if (first != std::string::npos && last > first && spec.substr(0, first) == "v7") {
        const std::string size = spec.substr(first + 1, last - first - 1);
        const WeightFormat format = weight_format(spec.substr(last + 1));
        for (const Size& known : sizes) {
            if (size == known.name)
                return {make_model(known.layers, known.width, 65536, known.ranks), format, seed};
        }
        const std::vector<uint32_t> n = parse_dimensions(size);
        const bool sane = (n.size() == 2 || n.size() == 3) && n[0] >= 1 && n[0] <= 128 && n[1] >= 32 &&
                          n[1] <= 16384 && n[1] % 32 == 0 &&
                          (n.size() == 2 || (n[2] >= 1 && n[2] <= 1u << 20));
        if (sane) {
            const arch::Rwkv7::Ranks ranks =
                n[1] > 1024 ? arch::Rwkv7::Ranks{96, 96, 64, n[1] / 8} : arch::Rwkv7::Ranks{64, 64, 32, 128};
            return {make_model(n[0], n[1], n.size() == 3 ? n[2] : 65536, ranks), format, seed};
        }
    }
    throw Error(
        Code::bad_argument,
        concat("'", spec,
               "' is no synthetic model; write v7:SIZE:TYPE, where SIZE is 0.1b, 0.4b, "
               "1.5b, 2.9b, 7.2b or LAYERSxWIDTH[xVOCABULARY], and TYPE a weight format, as f16 or q8_0"));
}

std::unique_ptr<WeightSource> make_synthetic_source(const SyntheticSpec& spec) {
    return std::make_unique<SyntheticSource>(spec);
}

}  // namespace rwkvk
