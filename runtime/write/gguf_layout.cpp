#include "runtime/write/gguf_layout.h"

#include <set>

#include "runtime/load/gguf/gguf_types.h"

namespace rwkvk {
namespace {

/// From the table of names.
class TableLayout {
  public:
    TableLayout(const Model& model, std::string_view architecture)
        : model_(model), layout_{architecture, {}} {
        add_rows(false, 0);
        for (uint32_t layer = 0; layer < model.dimensions().layers; ++layer) add_rows(true, layer);
        refuse_forgotten();
    }

    GgufLayout take() && { return std::move(layout_); }

  private:
    void add_rows(bool of_block, uint32_t layer) {
        for (const load::GgufName& row : load::gguf_names()) {
            if (is_of(row, layout_.architecture) && row.of_block == of_block) add({&row, layer});
        }
    }

    void add(const load::GgufPlace& place) {
        const load::GgufName& row = *place.row;
        if (row.change == load::GgufChange::single_mix) return;
        std::vector<std::string> official = official_names(place);
        const auto shape = model_.weights().find(official.front());
        if (!shape) return;  // a tensor that some models of the version lack
        covered_.insert(official.begin(), official.end());
        const std::string prefix = row.of_block ? concat("blk.", place.block, ".") : "";
        const std::vector<uint64_t> dims = file_shape(row, *shape, official.size());
        layout_.tensors.push_back({prefix + std::string(row.gguf), std::move(official), dims});
    }

    std::vector<std::string> official_names(const load::GgufPlace& place) const {
        std::string name = place.official();
        if (const std::string_view letters = mix_letters(place.row->change); !letters.empty()) {
            std::vector<std::string> names;
            for (const char letter : letters) {
                // Of the mixes only that of a gate can be missing, which is the last.
                if (model_.weights().find(name + letter)) names.push_back(name + letter);
            }
            return names.empty() ? std::vector{name} : names;
        }
        // llama.cpp wants a value residual in the first layer too, and ignores it.
        if (!model_.weights().find(name) && name.starts_with("blocks.0.att.v")) name[13] = 'a';
        return {name};
    }

    /// Of the mixes that one tensor joins; none for other tensors.
    static std::string_view mix_letters(load::GgufChange change) {
        if (change == load::GgufChange::split_mixes) return load::gguf_mix_letters;
        if (change == load::GgufChange::split_mixes6) return load::gguf_mix6_letters;
        return {};
    }

    static std::vector<uint64_t> file_shape(const load::GgufName& row, const WeightSource::Shape& shape,
                                            size_t joined) {
        if (!mix_letters(row.change).empty()) return {joined, 1, 1, shape.in};
        if (row.official == "att.r_k") return {uint64_t{shape.out} * shape.in};
        if (row.official == "att.time_maa_w2") {
            const uint64_t mixes = load::gguf_mix6_letters.size();
            return {mixes, shape.out / mixes, shape.in};
        }
        if (shape.out == 1) return {shape.in};
        return {shape.out, shape.in};
    }

    void refuse_forgotten() const {
        for (const std::string& name : model_.used_tensors()) {
            if (covered_.contains(name)) continue;
            throw Error(Code::unsupported,
                        concat(model_.name(), ": tensor '", name, "' has no place in a GGUF ",
                               "file of the architecture ", layout_.architecture));
        }
    }

    const Model& model_;
    std::set<std::string> covered_;
    GgufLayout layout_;
};

GgufLayout official_layout(const Model& model, std::string_view architecture) {
    GgufLayout layout{architecture, {}};
    for (const std::string& name : model.used_tensors()) {
        const auto shape = *model.weights().find(name);
        std::vector<uint64_t> dims = {shape.in};
        if (shape.out > 1) dims.insert(dims.begin(), shape.out);
        layout.tensors.push_back({name, {name}, std::move(dims)});
    }
    return layout;
}

}  // namespace

GgufLayout gguf_layout(const Model& model) {
    const std::string_view architecture = model.gguf_architecture();
    const load::GgufArchitecture* row = load::find_gguf_architecture(architecture);
    RWKVK_ASSERT(row);
    if (row->names == 0) return official_layout(model, architecture);
    return TableLayout(model, architecture).take();
}

}  // namespace rwkvk
