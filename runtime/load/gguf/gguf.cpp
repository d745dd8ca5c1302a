#include "runtime/load/gguf/gguf.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/gguf/gguf_sampling.h"
#include "runtime/load/gguf/gguf_vocabulary.h"
#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

constexpr float layer_norm_epsilon = 1e-5f;  // every RWKV model's; the programs have it built in
constexpr float head_norm_epsilon = 64e-5f;  // what the programs use unless told
constexpr float least_epsilon = 1e-12f;      // what can be divided by exactly, and more than rounding
constexpr uint64_t largest_exponent = 1000;  // nothing but 0 could be multiplied by more

/// Written from a double or a float: a few units in the last place apart.
bool is_same(float found, float expected) { return std::fabs(found - expected) <= 1e-6f * expected; }

bool is_epsilon(float value) { return value >= least_epsilon && value <= 1.0f; }

class Reader {
  public:
    explicit Reader(std::span<const GgufFile> files)
        : contents_(read_gguf_container(files)),
          checkpoint_{.format = "gguf", .path = files.front().path, .tensors = {}, .storage = {}} {
        for (const GgufFile& file : files) size_bytes_ += file.bytes.size();
        read_epsilon();
        read_group_epsilon();
        // Other architectures have a tensor in the shape of the heads.
        if (contents_.architecture == "rwkv6qwen2")
            checkpoint_.head_size = static_cast<uint32_t>(std::min<uint64_t>(head_size(), UINT32_MAX));
        rescale_every_ = contents_.metadata.integer(key("rescale_every_n_layers")).value_or(0);
        for (const GgufTensor& tensor : contents_.tensors) add(tensor);
        checkpoint_.title = contents_.metadata.text_hint("general.name").value_or("");
        checkpoint_.vocabulary = read_gguf_vocabulary(contents_.metadata, path());
        checkpoint_.sampling = read_gguf_sampling(contents_.metadata);
        check_vocabulary();
    }

    Checkpoint result() && { return std::move(checkpoint_); }

  private:
    const std::string& path() const { return checkpoint_.path; }
    std::string key(const char* name) const { return concat(contents_.architecture, ".", name); }

    void read_epsilon() {
        const bool is_rms = find_gguf_architecture(contents_.architecture)->norms == GgufNorms::rms;
        if (!is_rms) return check_epsilon();
        const std::string name = key("attention.layer_norm_rms_epsilon");
        checkpoint_.norm_epsilon = contents_.metadata.f32(name);
        if (checkpoint_.norm_epsilon && is_epsilon(*checkpoint_.norm_epsilon)) return;
        throw damaged(path(), concat("expected ", name, " from ", least_epsilon, " to 1, found ",
                                     checkpoint_.norm_epsilon ? concat(*checkpoint_.norm_epsilon) : "none"));
    }

    void check_epsilon() const {
        const std::string name = key("attention.layer_norm_epsilon");
        const float epsilon = contents_.metadata.f32(name).value_or(layer_norm_epsilon);
        if (is_same(epsilon, layer_norm_epsilon)) return;
        throw Error(Code::unsupported, concat(path(), ": expected ", name, " to be ", layer_norm_epsilon,
                                              " as in every RWKV model, found ", epsilon));
    }

    void read_group_epsilon() {
        const std::string name = key("attention.group_norm_epsilon");
        const float epsilon = contents_.metadata.f32(name).value_or(head_norm_epsilon);
        if (!is_epsilon(epsilon)) {
            throw damaged(path(),
                          concat("expected ", name, " from ", least_epsilon, " to 1, found ", epsilon));
        }
        if (!is_same(epsilon, head_norm_epsilon)) checkpoint_.group_epsilon = epsilon;
    }

    uint64_t head_size() const {
        const std::string name = key("wkv.head_size");
        const uint64_t size = contents_.metadata.integer(name).value_or(0);
        if (size == 0) throw damaged(path(), concat("expected ", name, " in the metadata, found none"));
        return size;
    }

    void add(const GgufTensor& tensor) {
        const auto place = find_gguf_name(contents_.architecture, tensor.name);
        if (place && is_dummy(*place)) return;
        const TensorView view = view_of(tensor);
        if (!place) return add(std::string(tensor.name), one_head(tensor.name, view));
        switch (place->row->change) {
            case GgufChange::none:
            case GgufChange::single_mix:
                return add(place->official(), view);
            case GgufChange::split_mixes:
                return add_mixes(tensor.name, place->official(), some_mixes(view), view);
            case GgufChange::split_mixes6:
                return add_mixes(tensor.name, place->official(), gguf_mix6_letters, view);
            case GgufChange::heads:
                return add(place->official(), in_heads(tensor.name, view));
            case GgufChange::rescaled:
                return add(place->official(), rescaled(place->block, view));
        }
    }

    void add(std::string name, TensorView view) {
        add_tensor(checkpoint_, size_bytes_, std::move(name), std::move(view));
    }

    /// The first block has no value residual; llama.cpp wants tensors for it all the same.
    static bool is_dummy(const GgufPlace& place) {
        const std::string_view name = place.row->official;
        return place.row->of_block && place.block == 0 &&
               (name == "att.v0" || name == "att.v1" || name == "att.v2");
    }

    TensorView view_of(const GgufTensor& tensor) const {
        if (!tensor.type->dtype) {
            throw Error(Code::unsupported, concat(path(), ": tensor ", quote(tensor.name), " is ",
                                                  tensor.type->name, " (type ", tensor.type->id,
                                                  "), which holds no weights that rwkvk reads: use F16, "
                                                  "Q8_0, Q4_K or another common type"));
        }
        return {.dtype = *tensor.type->dtype,
                .shape = tensor.shape,
                .strides = row_major_strides(tensor.shape),
                .data = tensor.bytes.data()};
    }

    Error wrong_shape(std::string_view name, const TensorView& view, const std::string& expected) const {
        return Error(Code::bad_shape, concat(path(), ": tensor ", quote(name), " is ", view.shape_text(),
                                             ", expected ", expected, ": convert the model again"));
    }

    static std::string_view some_mixes(const TensorView& joined) {
        const std::string_view without_gate = gguf_mix_letters.substr(0, gguf_mix_letters.size() - 1);
        const bool has_gate = joined.elements() / joined.shape.back() != without_gate.size();
        return has_gate ? gguf_mix_letters : without_gate;
    }

    void add_mixes(std::string_view name, const std::string& official, std::string_view letters,
                   const TensorView& joined) {
        const uint64_t cols = joined.shape.back();
        const TensorView rows = joined.squeezed();
        if (joined.elements() / cols != letters.size() || rows.shape.front() != letters.size())
            throw wrong_shape(name, joined, concat(letters.size(), " rows of the model's width"));
        for (size_t i = 0; i < letters.size(); ++i) {
            TensorView mix = rows.slice(i);
            mix.shape = {1, 1, cols};
            mix.strides = {cols, cols, 1};
            add(official + letters[i], std::move(mix));
        }
    }

    /// llama.cpp halves the residual stream after every few layers and divides what is added to it alike.
    TensorView rescaled(uint32_t block, TensorView view) const {
        if (rescale_every_ == 0) return view;
        view.exponent = static_cast<uint32_t>(std::min(block / rescale_every_, largest_exponent));
        return view;
    }

    /// Files with official names have a matrix of a single head as a vector.
    TensorView one_head(std::string_view name, TensorView view) const {
        const bool is_of_heads =
            name.ends_with(".r_k") || name.ends_with(".time_faaaa") || name.ends_with(".time_decay");
        if (!is_of_heads || view.shape.size() != 1) return view;
        if (contents_.metadata.integer(key("wkv.head_size")) != view.shape[0]) return view;
        return in_heads(name, std::move(view));
    }

    TensorView in_heads(std::string_view name, TensorView view) const {
        const uint64_t elements = view.elements(), size = head_size();
        const bool whole = elements % size == 0 && size % block_of(view.dtype).elements == 0;
        if (!whole) throw wrong_shape(name, view, concat("whole heads of ", size, " elements"));
        view.shape = {elements / size, size};
        view.strides = {size, 1};
        return view;
    }

    void check_vocabulary() const {
        const auto embedding = checkpoint_.tensors.find("emb.weight");
        if (!checkpoint_.vocabulary || embedding == checkpoint_.tensors.end()) return;
        const size_t tokens = checkpoint_.vocabulary->tokens.size();
        const uint64_t rows = embedding->second.shape.front();
        if (tokens > rows)
            throw damaged(path(), concat("a vocabulary of ", tokens, " tokens, but ", rows,
                                         " rows of 'token_embd.weight'"));
    }

    size_t size_bytes_ = 0;  // of all files
    GgufContents contents_;
    Checkpoint checkpoint_;
    uint64_t rescale_every_ = 0;  // 0: never
};

}  // namespace

Checkpoint read_gguf(std::span<const std::byte> file, const std::string& path) {
    const GgufFile whole{file, path};
    return read_gguf({&whole, 1});
}

Checkpoint read_gguf(std::span<const GgufFile> files) { return Reader(files).result(); }

}  // namespace rwkvk::load
