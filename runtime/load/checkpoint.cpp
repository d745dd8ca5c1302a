#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>

#include "host/mapped_file.h"
#include "runtime/load/bytes.h"
#include "runtime/load/gguf/gguf.h"
#include "runtime/load/gguf/gguf_parts.h"
#include "runtime/load/model_tensors.h"
#include "runtime/load/namings.h"
#include "runtime/load/official.h"
#include "runtime/load/part_of_model.h"
#include "runtime/load/pth/pth.h"
#include "runtime/load/pth/pth_container.h"
#include "runtime/load/rwkv_cpp.h"
#include "runtime/load/safetensors/safetensors.h"
#include "runtime/load/shards.h"
#include "runtime/load/tensor.h"

namespace rwkvk::load {
namespace {

bool is_html(std::string_view file) {
    file = file.substr(0, 512);
    file.remove_prefix(std::min(file.find_first_not_of("\xef\xbb\xbf \t\r\n"), file.size()));
    const auto starts_with = [&](std::string_view tag) {
        return file.size() >= tag.size() &&
               std::equal(tag.begin(), tag.end(), file.begin(),
                          [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
    };
    return starts_with("<!doctype html") || starts_with("<html");
}

Error foreign(std::string_view file, const std::string& path) {
    if (file.empty()) return Error(Code::bad_file, concat(path, ": an empty file: fetch it again"));
    if (is_html(file)) {
        return Error(Code::bad_file,
                     concat(path, ": an HTML page, not a model: fetch the file itself, not its page"));
    }
    if (file.starts_with("version https://git-lfs")) {
        return Error(Code::bad_file,
                     concat(path, ": a Git LFS pointer, not the model itself: run 'git lfs pull'"));
    }
    if (file.starts_with("\x1f\x8b")) {
        return Error(Code::bad_file, concat(path, ": compressed with gzip: run 'gzip -d' on it"));
    }
    if (file.starts_with(std::string_view("RWKVQ\0\1\0", 8))) {
        return Error(Code::unsupported,
                     concat(path,
                            ": a model that rwkv_lightning quantised (.rwkvq), which is not read: use the "
                            "original .pth"));
    }
    if (file.starts_with("{")) {
        return Error(Code::bad_file,
                     concat(path,
                            ": a JSON file, not a model: give the model's .safetensors file, or the index "
                            "that ends in .safetensors.index.json or .bin.index.json"));
    }
    return Error(Code::bad_file, concat(path,
                                        ": not a model file this program knows: expected a PyTorch .pth, a "
                                        ".safetensors, a GGUF or an rwkv.cpp .bin"));
}

Checkpoint read_any(std::span<const std::byte> file, const std::string& path) {
    if (is_pth(file)) return read_pth(file, path);
    if (is_gguf(file)) return read_gguf(file, path);
    if (is_safetensors(file)) return read_safetensors_model(file, path);
    if (is_rwkv_cpp(file)) return read_rwkv_cpp(file, path);
    throw foreign(as_text(file), path);
}

/// The names of no RWKV; those of GGUF files are checked by their architecture.
void refuse_other_models(const Checkpoint& checkpoint) {
    const Tensors& tensors = checkpoint.tensors;
    if (any_below(tensors, "blocks.") || any_below(tensors, "emb.")) return;
    throw Error(Code::bad_file, concat(checkpoint.path, ": a ", checkpoint.format,
                                       " file without RWKV's names: expected 'emb.weight', found ",
                                       tensors.empty() ? "no tensors" : quote(tensors.begin()->first),
                                       ": use a file of an RWKV model"));
}

/// A file's tensors as those of a model.
Checkpoint as_model(Checkpoint checkpoint) {
    refuse_parts_of_models(checkpoint);
    refuse_other_models(checkpoint);
    refuse_old_versions(checkpoint);
    refuse_unknown_heads(checkpoint);
    return checkpoint;
}

}  // namespace

Checkpoint read_checkpoint(std::span<const std::byte> file, const std::string& path) {
    return as_model(read_any(file, path));
}

Checkpoint open_tensors(const std::string& path) {
    const auto file = std::make_shared<const MappedFile>(path);
    if (is_gguf(file->bytes())) {
        if (const auto part = read_gguf_part({file->bytes(), path})) return open_gguf_parts(path, *part);
    }
    if (const auto parts = shards_of(file->bytes(), path); !parts.empty()) return open_shards(parts, path);
    Checkpoint checkpoint = read_any(file->bytes(), path);
    checkpoint.storage = file;
    return checkpoint;
}

Checkpoint open_checkpoint(const std::string& path) { return as_model(open_tensors(path)); }

}  // namespace rwkvk::load
