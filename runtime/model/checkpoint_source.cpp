#include "runtime/model/checkpoint_source.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/catalogue/weights.h"

namespace rwkvk {
namespace {

class CheckpointSource final : public WeightSource {
  public:
    explicit CheckpointSource(load::Checkpoint checkpoint) : checkpoint_(std::move(checkpoint)) {}

    Facts facts() const override {
        return {checkpoint_.head_size, checkpoint_.norm_epsilon, checkpoint_.group_epsilon};
    }

    std::optional<Shape> find(const std::string& name) const override {
        const auto at = checkpoint_.tensors.find(name);
        if (at == checkpoint_.tensors.end()) return std::nullopt;
        return shape_of(name, at->second);
    }

    std::vector<std::string> names() const override {
        std::vector<std::string> result;
        for (const auto& [name, view] : checkpoint_.tensors) result.push_back(name);
        return result;
    }

    void read_rows(const std::string& name, uint32_t first, uint32_t rows, std::byte* stored) const override {
        const load::TensorView& view = checkpoint_.tensors.at(name);
        const Shape shape = shape_of(name, view);
        const uint64_t begin = uint64_t{first} * shape.in, count = uint64_t{rows} * shape.in;
        if (view.dtype == load::DType::f64) {
            read_doubles(view, begin, count, stored);
        } else {
            view.copy(begin, count, stored);
            scale(name, view.exponent, shape.format, begin, count, stored);
        }
        if (const int64_t bad = settle_stored(shape.format, stored, count); bad >= 0) {
            throw Error(Code::bad_file,
                        concat(checkpoint_.path, ": tensor '", name, "' is not finite at element ",
                               begin + static_cast<uint64_t>(bad), "; the file is damaged"));
        }
    }

    std::vector<float> read_vector(const std::string& name) const override {
        const Shape shape = *find(name);
        std::vector<std::byte> stored(stored_bytes(shape.format, uint64_t{shape.out} * shape.in));
        read_rows(name, 0, shape.out, stored.data());
        std::vector<float> values(uint64_t{shape.out} * shape.in);
        decode(shape.format, stored.data(), values);
        return values;
    }

  private:
    Shape shape_of(const std::string& name, const load::TensorView& view) const {
        const load::TensorView squeezed = view.squeezed();
        const auto& dims = squeezed.shape;
        constexpr uint64_t most = std::numeric_limits<int32_t>::max();
        const uint64_t in = dims.empty() ? 1 : dims.back();
        uint64_t out = 1;  // matrices of one tensor lie one below the other
        for (size_t i = 0; i + 1 < dims.size() && out <= most; ++i) out *= std::min(dims[i], most + 1);
        if (dims.size() > 3 || out > most || in > most) {
            throw Error(Code::bad_shape,
                        concat(checkpoint_.path, ": tensor '", name, "' is ", view.shape_text(),
                               ", expected a vector, a matrix or some of the same shape"));
        }
        const WeightFormat format = format_of(name, view.dtype);
        if (const uint32_t block = info(format).block_elements; in % block != 0) {
            throw Error(Code::bad_shape,
                        concat(checkpoint_.path, ": tensor '", name, "' is ", view.shape_text(), ", but ",
                               info(format).name, " comes in blocks of ", block));
        }
        return {static_cast<uint32_t>(out), static_cast<uint32_t>(in), format};
    }

    WeightFormat format_of(const std::string& name, load::DType type) const {
        if (type == load::DType::f64) return WeightFormat::f32;
        if (const auto format = weight_format_of(type)) return *format;
        throw Error(Code::unsupported, concat(checkpoint_.path, ": tensor '", name, "' holds ",
                                              load::name_of(type), ", which is no type of weights"));
    }

    void scale(const std::string& name, uint32_t exponent, WeightFormat format, uint64_t begin,
               uint64_t count, std::byte* stored) const {
        const int64_t bad = scale_stored(format, stored, count, exponent);
        if (bad < 0) return;
        throw Error(Code::bad_file, concat(checkpoint_.path, ": tensor '", name,
                                           "': expected numbers that can be multiplied by 2^", exponent,
                                           " as the file asks for, found too large a one at element ",
                                           begin + static_cast<uint64_t>(bad), ": convert the model again"));
    }

    static void read_doubles(const load::TensorView& view, uint64_t begin, uint64_t count,
                             std::byte* stored) {
        std::vector<double> doubles(count);
        view.copy(begin, count, reinterpret_cast<std::byte*>(doubles.data()));
        for (uint64_t i = 0; i < count; ++i) {
            const auto value = static_cast<float>(std::ldexp(doubles[i], static_cast<int>(view.exponent)));
            std::memcpy(stored + i * sizeof value, &value, sizeof value);
        }
    }

    load::Checkpoint checkpoint_;
};

}  // namespace

std::optional<WeightFormat> weight_format_of(load::DType type) {
    for (size_t i = 0; i < all_weights().size(); ++i) {
        if (all_weights()[i].name == load::name_of(type)) return static_cast<WeightFormat>(i);
    }
    return std::nullopt;
}

std::unique_ptr<WeightSource> make_checkpoint_source(load::Checkpoint checkpoint) {
    return std::make_unique<CheckpointSource>(std::move(checkpoint));
}

}  // namespace rwkvk
