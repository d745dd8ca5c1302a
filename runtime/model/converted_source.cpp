#include "runtime/model/converted_source.h"

#include <span>

#include "host/float_mode.h"
#include "runtime/catalogue/weights.h"

namespace rwkvk {
namespace {

class ConvertedSource final : public WeightSource {
  public:
    ConvertedSource(std::shared_ptr<const WeightSource> weights, std::map<std::string, WeightFormat> matrices)
        : weights_(std::move(weights)), matrices_(std::move(matrices)) {}

    Facts facts() const override { return weights_->facts(); }
    std::vector<std::string> names() const override { return weights_->names(); }

    std::optional<Shape> find(const std::string& name) const override {
        auto shape = weights_->find(name);
        if (shape) shape->format = format_of(name);
        return shape;
    }

    void read_rows(const std::string& name, uint32_t first, uint32_t rows, std::byte* stored) const override {
        const Shape from = *weights_->find(name);
        const WeightFormat to = format_of(name);
        if (from.format == to) return weights_->read_rows(name, first, rows, stored);
        const FloatModeScope mode(Denormals::keep);
        std::vector<std::byte> row(stored_bytes(from.format, from.in));
        std::vector<float> values(from.in);
        for (uint32_t i = 0; i < rows; ++i) {
            weights_->read_rows(name, first + i, 1, row.data());
            decode(from.format, row.data(), values);
            std::byte* const out = stored + i * stored_bytes(to, from.in);
            encode(to, values, out);
            settle(name, to, values, out);
        }
    }

    std::vector<float> read_vector(const std::string& name) const override {
        const Shape shape = *find(name);
        std::vector<float> values(uint64_t{shape.out} * shape.in);
        std::vector<std::byte> stored(stored_bytes(shape.format, values.size()));
        read_rows(name, 0, shape.out, stored.data());
        decode(shape.format, stored.data(), values);
        return values;
    }

  private:
    WeightFormat format_of(const std::string& name) const {
        const auto matrix = matrices_.find(name);
        return matrix == matrices_.end() ? WeightFormat::f32 : matrix->second;
    }

    static void settle(const std::string& name, WeightFormat format, std::span<const float> values,
                       std::byte* stored) {
        const int64_t bad = settle_stored(format, stored, values.size());
        if (bad < 0) return;
        throw Error(Code::bad_argument,
                    concat("tensor '", name, "' holds ", values[static_cast<size_t>(bad)],
                           " or something near it, which ", info(format).name, " cannot: use bf16 or f32"));
    }

    const std::shared_ptr<const WeightSource> weights_;
    const std::map<std::string, WeightFormat> matrices_;
};

}  // namespace

std::unique_ptr<WeightSource> convert_weights(std::shared_ptr<const WeightSource> weights,
                                              std::map<std::string, WeightFormat> matrices) {
    return std::make_unique<ConvertedSource>(std::move(weights), std::move(matrices));
}

}  // namespace rwkvk
