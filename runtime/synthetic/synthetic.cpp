#include "runtime/synthetic/synthetic.h"

#include <algorithm>
#include <charconv>

#include "runtime/catalogue/weights.h"
#include "runtime/synthetic/synthetic_tensors.h"

namespace rwkvk {
namespace {

struct Size {
    std::string_view name;
    uint32_t layers, width;
};

// Released models; those of all versions have these, 3B and 7B being called 2.9b and 7.2b now; 13b is of
// versions 6 and 7.
constexpr Size sizes[] = {
    {"0.1b", 12, 768},  {"0.4b", 24, 1024}, {"1.5b", 24, 2048},  {"2.9b", 32, 2560},
    {"7.2b", 32, 4096}, {"13b", 61, 4096},  {"13.3b", 61, 4096},
};

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

bool is_sane(const std::vector<uint32_t>& n) {
    return (n.size() == 2 || n.size() == 3) && n[0] >= 1 && n[0] <= 128 && n[1] >= 32 && n[1] <= 16384 &&
           n[1] % 32 == 0 && (n.size() == 2 || (n[2] >= 1 && n[2] <= 1u << 20));
}

/// Layers, width and perhaps vocabulary; empty when it is no size.
std::vector<uint32_t> parse_size(const std::string& text) {
    const auto known = std::ranges::find(sizes, text, &Size::name);
    if (known != std::end(sizes)) return {known->layers, known->width};
    std::vector<uint32_t> n = parse_dimensions(text);
    return is_sane(n) ? n : std::vector<uint32_t>{};
}

bool is_version(std::string_view name) {
    return std::ranges::find(synthetic_versions(), name, &SyntheticVersion::name) !=
           synthetic_versions().end();
}

std::string version_names() {
    std::string names;
    for (const SyntheticVersion& version : synthetic_versions())
        names += concat(names.empty() ? "" : ", ", version.name);
    return names;
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

class SyntheticSource final : public WeightSource {
  public:
    explicit SyntheticSource(const SyntheticSpec& spec)
        : seed_(spec.seed), facts_(synthetic_version(spec).facts(spec)), tensors_(synthetic_tensors(spec)) {}

    Facts facts() const override { return facts_; }

    std::optional<Shape> find(const std::string& name) const override {
        const auto at = tensors_.find(name);
        if (at == tensors_.end()) return std::nullopt;
        return at->second.shape;
    }

    std::vector<std::string> names() const override {
        std::vector<std::string> result;
        for (const auto& [name, tensor] : tensors_) result.push_back(name);
        return result;
    }

    void read_rows(const std::string& name, uint32_t first, uint32_t rows, std::byte* stored) const override {
        const SyntheticTensor& tensor = tensors_.at(name);
        const std::vector<float> values =
            generate(name, tensor, uint64_t{first} * tensor.shape.in, uint64_t{rows} * tensor.shape.in);
        encode(tensor.shape.format, values, stored);
        RWKVK_ASSERT(settle_stored(tensor.shape.format, stored, values.size()) < 0);
    }

    std::vector<float> read_vector(const std::string& name) const override {
        const SyntheticTensor& tensor = tensors_.at(name);
        return generate(name, tensor, 0, uint64_t{tensor.shape.out} * tensor.shape.in);
    }

  private:
    std::vector<float> generate(const std::string& name, const SyntheticTensor& tensor, uint64_t first,
                                uint64_t count) const {
        const uint64_t hash = hash_name(name, seed_);
        std::vector<float> values(count);
        for (uint64_t i = 0; i < count; ++i) {
            // 25 random bits about zero: odd multiples of 2^-24, so that no value is tiny.
            const auto random = static_cast<int32_t>(mix(hash + first + i) >> 40) * 2 - 16777215;
            const float unit = static_cast<float>(random) * 5.96046448e-8f;
            values[i] = tensor.values.centre + tensor.values.spread * unit;
        }
        return values;
    }

    const uint64_t seed_;
    const Facts facts_;
    const std::map<std::string, SyntheticTensor> tensors_;
};

}  // namespace

SyntheticSpec SyntheticSpec::parse(const std::string& spec, uint64_t seed) {
    const size_t first = spec.find(':'), last = spec.rfind(':');
    if (first != std::string::npos && last > first && is_version(spec.substr(0, first))) {
        const std::vector<uint32_t> n = parse_size(spec.substr(first + 1, last - first - 1));
        const WeightFormat format = weight_format(spec.substr(last + 1));
        if (!n.empty())
            return {spec.substr(0, first), n[0], n[1], n.size() == 3 ? n[2] : 65536, format, seed};
    }
    throw Error(
        Code::bad_argument,
        concat("'", spec, "' is no synthetic model; write VERSION:SIZE:TYPE, where VERSION is ",
               version_names(),
               ", SIZE is 0.1b, 0.4b, 1.5b, 2.9b, 7.2b, 13b or LAYERSxWIDTH[xVOCABULARY], and TYPE is "
               "a weight format, as f16 or q8_0"));
}

std::unique_ptr<WeightSource> make_synthetic_source(const SyntheticSpec& spec) {
    return std::make_unique<SyntheticSource>(spec);
}

}  // namespace rwkvk
