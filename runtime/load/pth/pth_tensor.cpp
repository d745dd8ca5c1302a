#include "runtime/load/pth/pth_tensor.h"

#include <array>
#include <vector>

#include "runtime/load/bytes.h"
#include "runtime/load/pth/pickle_globals.h"

namespace rwkvk::load {
namespace {

// The items of a short tuple. A long one is refused before it is walked: many tensors may share it.
struct Items {
    std::array<Value, max_dims> values{};
    size_t count = 0;
};

Items items_of(const PickleHeap& heap, uint32_t container, const std::string& where, const char* what) {
    if (heap.size(container) > max_dims) {
        throw Error(Code::unsupported, concat(where, ": ", what, " with ", heap.size(container),
                                              " entries, at most ", max_dims, " are read"));
    }
    Items items;
    for (const auto* cell = heap.first(container); cell; cell = heap.next(*cell)) {
        items.values[items.count++] = cell->value;
    }
    return items;
}

uint64_t count_of(const Value& value, const std::string& where, const char* what) {
    if (value.kind != Kind::integer || value.integer < 0) {
        const std::string found =
            value.kind == Kind::integer ? std::to_string(value.integer) : name_of(value.kind);
        throw damaged(where, concat("expected ", what, " of zero or more, found ", found));
    }
    return static_cast<uint64_t>(value.integer);
}

std::vector<uint64_t> counts_of(const PickleHeap& heap, const Value& tuple, const std::string& where,
                                const char* what) {
    if (tuple.kind != Kind::tuple && tuple.kind != Kind::list) {
        throw damaged(where, concat("expected a tuple as ", what, ", found ", name_of(tuple.kind)));
    }
    const Items items = items_of(heap, tuple.index, where, what);
    std::vector<uint64_t> counts;
    counts.reserve(items.count);
    for (size_t i = 0; i < items.count; ++i) counts.push_back(count_of(items.values[i], where, what));
    return counts;
}

// The class or dtype that `value` names, in the role it must have.
DType dtype_of(const Value& value, Role role, const std::string& where) {
    if (value.kind != Kind::global || global_at(value.index).role != role) {
        throw damaged(where, concat("expected ", role == Role::dtype ? "a dtype" : "a storage class",
                                    ", found ", name_of(value.kind)));
    }
    return global_at(value.index).dtype;
}

// Arguments: storage, offset, size, stride[, requires_grad, hooks[, dtype if v3][, metadata]].
Items tensor_arguments(const PickleHeap& heap, const Value& tensor, Role role, const std::string& where) {
    const Items items = items_of(heap, tensor.index, where, "tensor arguments");
    const size_t least = role == Role::tensor ? 4 : role == Role::tensor_v2 ? 6 : 7;
    const size_t most = role == Role::tensor ? 4 : least + 1;
    if (items.count < least || items.count > most) {
        throw damaged(where,
                      concat("built from ", items.count, " arguments, expected ", least, " to ", most));
    }
    if (items.values[0].kind != Kind::persistent) {
        throw damaged(where, concat("expected a storage, found ", name_of(items.values[0].kind)));
    }
    return items;
}

// One past the last element the view reaches, counted in its storage; nothing if that overflows.
std::optional<uint64_t> reach(const TensorView& view, uint64_t offset) {
    std::optional<uint64_t> last = offset;
    for (size_t dim = 0; dim < view.shape.size() && last; ++dim) {
        const auto step = checked_multiply(view.shape[dim] - 1, view.strides[dim]);
        last = step ? checked_add(*last, *step) : std::nullopt;
    }
    return last ? checked_add(*last, 1) : std::nullopt;
}

void place(TensorView& view, uint64_t offset, std::span<const std::byte> storage, const std::string& where) {
    const uint64_t available = storage.size() / bytes_of(view.dtype);
    const auto elements = checked_product(view.shape);
    view.data = storage.data();
    if (elements == 0) return;
    // Stride 0 lets four bytes claim to be a terabyte, so a view may not have more elements than its storage;
    // that also refuses honest expansions, which no checkpoint needs.
    const auto needed = reach(view, offset);
    if (!elements || *elements > available || !needed || *needed > available) {
        throw damaged(where, concat("shape ", view.shape_text(), " from element ", offset,
                                    " does not fit its storage of ", available, " elements"));
    }
    view.data = storage.data() + offset * bytes_of(view.dtype);
}

}  // namespace

StorageId storage_id(const PickleHeap& heap, uint32_t index, const std::string& where) {
    const Items items = items_of(heap, index, where, "storage id");
    const bool whole = items.count == 5 || (items.count == 6 && items.values[5].kind == Kind::none);
    const auto is_text = [&](size_t i) { return items.values[i].kind == Kind::text; };
    if (!whole || !is_text(0) || items.values[0].text() != "storage" || !is_text(2)) {
        throw damaged(where, "a storage id that is none: expected ('storage', class, key, location, count)");
    }
    StorageId id{.key = items.values[2].text()};
    id.dtype = dtype_of(items.values[1], Role::storage, where);
    const auto size_bytes =
        checked_multiply(count_of(items.values[4], where, "a storage size"), bytes_of(id.dtype));
    if (!size_bytes) throw damaged(where, "a storage size beyond 64 bits");
    id.size_bytes = *size_bytes;
    return id;
}

TensorView tensor_view(const PickleHeap& heap, const Value& tensor, const StorageLookup& storage,
                       const std::string& where) {
    const Role role = global_at(static_cast<uint32_t>(tensor.integer)).role;
    const Items items = tensor_arguments(heap, tensor, role, where);
    const StorageId id = storage_id(heap, items.values[0].index, where);
    const std::span<const std::byte> bytes = storage(id.key);
    if (id.size_bytes > bytes.size()) {
        throw damaged(where, concat("storage ", quote(id.key), " claims ", id.size_bytes,
                                    " bytes, the file has ", bytes.size()));
    }
    TensorView view;
    view.dtype = role == Role::tensor_v3 ? dtype_of(items.values[6], Role::dtype, where) : id.dtype;
    view.shape = counts_of(heap, items.values[2], where, "tensor shape");
    view.strides = counts_of(heap, items.values[3], where, "tensor strides");
    if (view.shape.size() != view.strides.size()) {
        throw damaged(where, concat(view.strides.size(), " strides for ", view.shape.size(), " dimensions"));
    }
    place(view, count_of(items.values[1], where, "an offset"), bytes.first(id.size_bytes), where);
    return view;
}

}  // namespace rwkvk::load
