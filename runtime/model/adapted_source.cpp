#include "runtime/model/adapted_source.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "host/float_mode.h"
#include "runtime/catalogue/weights.h"
#include "runtime/load/adapter.h"
#include "runtime/load/bytes.h"
#include "runtime/load/official.h"
#include "runtime/model/blend.h"
#include "runtime/model/checkpoint_source.h"

namespace rwkvk {
namespace {

using load::AdapterRole;

class AdaptedSource final : public WeightSource {
  public:
    explicit AdaptedSource(std::unique_ptr<WeightSource> weights) : weights_(std::move(weights)) {}

    void add(const load::Adapter& adapter, float scale);

    Facts facts() const override { return weights_->facts(); }
    std::optional<Shape> find(const std::string& name) const override {
        auto shape = source_of(name).find(name);
        if (shape && blends_.contains(name)) shape->format = WeightFormat::f32;
        return shape;
    }

    std::vector<std::string> names() const override { return weights_->names(); }

    void read_rows(const std::string& name, uint32_t first, uint32_t rows, std::byte* stored) const override {
        const auto blends = blends_.find(name);
        if (blends == blends_.end()) return source_of(name).read_rows(name, first, rows, stored);
        const FloatModeScope mode(Denormals::keep);
        const Shape shape = *source_of(name).find(name);
        std::vector<float> values(shape.in);
        std::vector<std::byte> row(stored_bytes(shape.format, shape.in));
        for (uint32_t i = 0; i < rows; ++i) {
            source_of(name).read_rows(name, first + i, 1, row.data());
            decode(shape.format, row.data(), values);
            for (const Blend& blend : blends->second) blend_row(blend, first + i, values);
            std::byte* const out = stored + uint64_t{i} * shape.in * sizeof(float);
            std::memcpy(out, values.data(), values.size() * sizeof(float));
            settle(name, first + i, shape.in, out);
        }
    }

    std::vector<float> read_vector(const std::string& name) const override {
        if (!blends_.contains(name)) return source_of(name).read_vector(name);
        const Shape shape = *find(name);
        std::vector<float> values(uint64_t{shape.out} * shape.in);
        read_rows(name, 0, shape.out, reinterpret_cast<std::byte*>(values.data()));
        return values;
    }

  private:
    using Parts = std::span<const load::AdapterTensor>;

    const WeightSource& source_of(const std::string& name) const {
        const auto whole = whole_.find(name);
        return whole == whole_.end() ? *weights_ : *whole->second;
    }

    static void settle(const std::string& name, uint32_t row, uint32_t columns, std::byte* values) {
        const int64_t bad = settle_stored(WeightFormat::f32, values, columns);
        if (bad < 0) return;
        throw Error(Code::not_finite, concat("tensor '", name,
                                             "' with its adapters: expected finite weights, found "
                                             "another at row ",
                                             row, ", column ", bad, ": use a smaller scale"));
    }

    std::string weight_named(const load::Adapter& adapter, const load::AdapterTensor& tensor) const;
    Shape shape_for(const load::Adapter& adapter, const load::AdapterTensor& tensor) const;
    void replace(const load::Adapter& adapter, const load::AdapterTensor& tensor);
    static Parts product_at(const load::Adapter& adapter, size_t first);
    void add_product(const load::Adapter& adapter, Parts two, float scale);
    void add_pieces(const load::Adapter& adapter, const load::AdapterTensor& tensor, float scale);

    std::unique_ptr<WeightSource> weights_;
    std::vector<std::shared_ptr<const void>> adapters_;  // stay mapped: nothing is written over them
    std::map<std::string, std::vector<Blend>> blends_;
    std::map<std::string, std::unique_ptr<WeightSource>> whole_;
};

Error wrong_adapter(const load::Adapter& adapter, const load::AdapterTensor& tensor,
                    const std::string& problem) {
    return Error(Code::bad_shape, concat(adapter.path, ": tensor ", load::quote(tensor.name), " ", problem,
                                         ": use an adapter that was made for this model"));
}

/// All elements, without those that are below what a weight may be.
std::vector<float> floats_of(const load::Adapter& adapter, const load::AdapterTensor& tensor) {
    load::Checkpoint one{
        .format = "adapter", .path = adapter.path, .tensors = {{tensor.name, tensor.view}}, .storage = {}};
    return make_checkpoint_source(std::move(one))->read_vector(tensor.name);
}

/// Whole tensors first: what is added is added to them.
void AdaptedSource::add(const load::Adapter& adapter, float scale) {
    adapters_.push_back(adapter.storage);
    const auto& all = adapter.tensors;
    for (const load::AdapterTensor& tensor : all) {
        if (tensor.role == AdapterRole::whole) replace(adapter, tensor);
    }
    for (size_t i = 0; i < all.size(); ++i) {
        if (all[i].role == AdapterRole::whole) continue;
        if (all[i].role == AdapterRole::pieces) {
            add_pieces(adapter, all[i], scale);
        } else {
            add_product(adapter, product_at(adapter, i), scale);
            ++i;
        }
    }
}

/// Both halves of a product, which stand one after the other.
AdaptedSource::Parts AdaptedSource::product_at(const load::Adapter& adapter, size_t first) {
    const Parts parts = Parts(adapter.tensors).subspan(first);
    const bool init = parts[0].role == AdapterRole::init_lora_a;
    const bool is_a = init || parts[0].role == AdapterRole::lora_a;
    const AdapterRole other = init ? AdapterRole::init_lora_b : AdapterRole::lora_b;
    if (is_a && parts.size() > 1 && parts[1].role == other && parts[1].target == parts[0].target)
        return parts.first(2);
    throw wrong_adapter(adapter, parts[0], "lacks the other half of its product");
}

/// The model's tensor that a part changes. A part is named with or without ".weight".
std::string AdaptedSource::weight_named(const load::Adapter& adapter,
                                        const load::AdapterTensor& tensor) const {
    for (const std::string& name : {tensor.target + ".weight", tensor.target}) {
        if (weights_->find(name)) return name;
    }
    if (tensor.target.ends_with(".att.time_state")) {
        throw Error(Code::bad_file, concat(adapter.path, ": holds a tuned initial state (",
                                           load::quote(tensor.name), "): give it with --state"));
    }
    throw wrong_adapter(adapter, tensor, "is of none of the model's tensors");
}

WeightSource::Shape AdaptedSource::shape_for(const load::Adapter& adapter,
                                             const load::AdapterTensor& tensor) const {
    return *weights_->find(weight_named(adapter, tensor));
}

/// LoRA matrices come either way round; the model's shape tells.
void AdaptedSource::replace(const load::Adapter& adapter, const load::AdapterTensor& tensor) {
    const std::string name = weight_named(adapter, tensor);
    const Shape shape = *weights_->find(name);
    load::TensorView view = tensor.view.squeezed();
    const auto fits = [&] {
        return view.elements() == uint64_t{shape.out} * shape.in &&
               (view.shape.empty() ? 1 : view.shape.back()) == shape.in;
    };
    const bool may_be_turned = load::is_official_lora(name) && view.shape.size() >= 2;
    if (!fits() && may_be_turned && load::block_of(view.dtype).elements == 1) view = view.transposed();
    if (!fits()) {
        throw wrong_adapter(
            adapter, tensor,
            concat("is ", tensor.view.shape_text(), ", the model's is ", shape.out, "x", shape.in));
    }
    whole_[name] = make_checkpoint_source({.format = "adapter",
                                           .path = adapter.path,
                                           .tensors = {{name, std::move(view)}},
                                           .storage = adapter.storage});
    blends_.erase(name);
}

void AdaptedSource::add_product(const load::Adapter& adapter, Parts two, float scale) {
    const Shape shape = shape_for(adapter, two[0]);
    const auto &a = two[0].view.shape, &b = two[1].view.shape;
    const bool fits =
        a.size() == 2 && b.size() == 2 && a[0] > 0 && a[0] == b[1] && a[1] == shape.in && b[0] == shape.out;
    if (!fits) {
        throw wrong_adapter(adapter, two[0],
                            concat("is ", two[0].view.shape_text(), " and ", load::quote(two[1].name), " is ",
                                   two[1].view.shape_text(), ", expected a rank x ", shape.in, " and ",
                                   shape.out, " x the same rank"));
    }
    const auto rank = static_cast<uint32_t>(a[0]);
    if (two[0].role == AdapterRole::init_lora_a) scale = -scale;
    scale = scale * two[0].factor;
    blends_[weight_named(adapter, two[0])].push_back({.kind = Blend::Kind::product,
                                                      .rank = rank,
                                                      .scale = scale,
                                                      .a = floats_of(adapter, two[0]),
                                                      .b = floats_of(adapter, two[1])});
}

void AdaptedSource::add_pieces(const load::Adapter& adapter, const load::AdapterTensor& tensor, float scale) {
    const Shape shape = shape_for(adapter, tensor);
    const auto& dims = tensor.view.shape;
    const uint64_t rank = dims.size() >= 2 ? dims[dims.size() - 2] : 0;
    const bool pieces = dims.size() == 2 && rank > 0 && dims[1] == shape.out;
    const bool blocks = dims.size() == 3 && rank > 0 && dims[2] == rank && rank <= shape.in &&
                        dims[0] == shape.in / rank && shape.in % rank == 0 && shape.out % rank == 0;
    if (!pieces && !blocks) {
        throw wrong_adapter(adapter, tensor,
                            concat("is ", tensor.view.shape_text(), ", which does not fit the model's ",
                                   shape.out, "x", shape.in));
    }
    blends_[weight_named(adapter, tensor)].push_back(
        {.kind = pieces ? Blend::Kind::pieces : Blend::Kind::blocks,
         .rank = static_cast<uint32_t>(rank),
         .scale = scale * tensor.factor,
         .a = floats_of(adapter, tensor),
         .b = {}});
}

}  // namespace

std::unique_ptr<WeightSource> add_adapters(std::unique_ptr<WeightSource> weights,
                                           std::span<const AdapterChoice> adapters) {
    if (adapters.empty()) return weights;
    const FloatModeScope mode(Denormals::keep);
    auto adapted = std::make_unique<AdaptedSource>(std::move(weights));
    for (const AdapterChoice& choice : adapters) {
        if (!std::isfinite(choice.scale)) {
            throw Error(Code::bad_argument,
                        concat(choice.path, ": a scale of ", choice.scale, ", expected a finite number"));
        }
        adapted->add(load::open_adapter(choice.path), choice.scale);
    }
    return adapted;
}

}  // namespace rwkvk
