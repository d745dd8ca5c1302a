#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/limits.h"
#include "runtime/load/pth/pickle_globals.h"
#include "runtime/load/pth/pth.h"
#include "runtime/load/pth/pth_container.h"

namespace rwkvk::load {
namespace {

// Walks the saved object. Depth is bounded, which also ends cycles; the number of visits is bounded too,
// because lists that share lists can have exponentially many paths.
class Flattener {
  public:
    Flattener(const PthContents& contents, size_t file_size_bytes, const std::string& path)
        : contents_(contents),
          path_(path),
          visits_left_(max_pickle_objects(file_size_bytes)),
          max_values_(max_tensors(file_size_bytes)) {}

    PthTree run();

  private:
    void visit_entries(const Value& container, size_t depth);
    void visit(const Value& value, size_t depth);
    std::string key_text(const Value& key) const;
    PthValue leaf(const Value& value) const;

    const PthContents& contents_;
    const std::string& path_;
    size_t visits_left_;
    const size_t max_values_;
    std::string name_;
    PthTree tree_;
};

PthTree Flattener::run() {
    const Value& root = contents_.object.root;
    if (!root.is_container()) {
        throw Error(Code::bad_file,
                    concat(path_, ": holds ", name_of(root.kind), ", expected a dictionary of tensors"));
    }
    visit_entries(root, 0);
    return std::move(tree_);
}

void Flattener::visit_entries(const Value& container, size_t depth) {
    if (depth >= max_nesting) {
        throw damaged(path_, concat("values nested more than ", max_nesting, " deep, or inside themselves"));
    }
    const PickleHeap& heap = contents_.object.heap;
    const size_t prefix_bytes = name_.size();
    size_t position = 0;
    for (const auto* cell = heap.first(container.index); cell; cell = heap.next(*cell)) {
        if (visits_left_-- == 0) throw damaged(path_, "values that contain each other too often");
        if (prefix_bytes > 0) name_ += '.';
        name_ += container.kind == Kind::dict ? key_text(cell->key) : std::to_string(position++);
        if (name_.size() > max_name_bytes) check_name(path_, name_);
        visit(cell->value, depth + 1);
        name_.resize(prefix_bytes);
    }
}

void Flattener::visit(const Value& value, size_t depth) {
    if (value.is_container()) return visit_entries(value, depth);
    check_name(path_, name_);
    if (tree_.size() >= max_values_) throw damaged(path_, concat("more than ", max_values_, " values"));
    if (!tree_.try_emplace(name_, leaf(value)).second) {
        throw damaged(path_, concat("two values named ", quote(name_)));
    }
}

std::string Flattener::key_text(const Value& key) const {
    if (key.kind == Kind::integer) return std::to_string(key.integer);
    if (key.kind != Kind::text) {
        throw damaged(path_, concat("a dictionary key in ", quote(name_), " is ", name_of(key.kind),
                                    ", expected text"));
    }
    check_name(path_, key.text());
    return std::string(key.text());
}

PthValue Flattener::leaf(const Value& value) const {
    switch (value.kind) {
        case Kind::none:
            return std::monostate{};
        case Kind::boolean:
            return value.integer != 0;
        case Kind::integer:
            return value.integer;
        case Kind::real:
            return value.real;
        case Kind::text:
            return value.text();
        case Kind::global:
            return global_at(value.index).name;
        case Kind::tensor:
            return tensor_view(contents_.object.heap, value, contents_.storage,
                               concat(path_, ": tensor ", quote(name_)));
        default:
            throw damaged(path_, concat(quote(name_), " is ", name_of(value.kind), ", expected a tensor"));
    }
}

}  // namespace

PthTree read_pth_tree(std::span<const std::byte> file, const std::string& path) {
    const PthContents contents = is_legacy_pth(file) ? open_legacy_pth(file, path) : open_zip_pth(file, path);
    return Flattener(contents, file.size(), path).run();
}

}  // namespace rwkvk::load
