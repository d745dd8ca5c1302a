#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "runtime/load/tensor.h"
#include "tests/support/file_builder.h"

using namespace rwkvk::load;
using namespace rwkvk::test;

namespace {

// Element `index` of the view, the slow and obvious way.
template <typename T>
T element(const TensorView& view, uint64_t index) {
    uint64_t offset = 0;
    for (size_t dim = view.shape.size(); dim-- > 0;) {
        offset += index % view.shape[dim] * view.strides[dim];
        index /= view.shape[dim];
    }
    T value;
    std::memcpy(&value, view.data + offset * sizeof(T), sizeof(T));
    return value;
}

template <typename T>
void check_range(const TensorView& view, uint64_t first, uint64_t count) {
    std::vector<T> copied(count);
    view.copy(first, count, reinterpret_cast<std::byte*>(copied.data()));
    bool same = true;
    for (uint64_t i = 0; i < count; ++i) same = same && copied[i] == element<T>(view, first + i);
    INFO("shape ", view.shape_text(), " first ", first, " count ", count);
    CHECK(same);
}

template <typename T>
void check_all_ranges(const TensorView& view) {
    const uint64_t elements = view.elements();
    for (uint64_t first = 0; first <= elements; ++first) {
        for (uint64_t count = 0; count <= elements - first; ++count) check_range<T>(view, first, count);
    }
}

template <typename T>
std::vector<TensorView> strange_views(DType type, const std::byte* data) {
    return {{type, {}, {}, data},
            {type, {7}, {1}, data},
            {type, {7}, {3}, data},
            {type, {4, 5}, {5, 1}, data},
            {type, {4, 5}, {1, 4}, data},
            {type, {4, 5}, {7, 1}, data},
            {type, {3, 5}, {0, 1}, data},
            {type, {2, 3, 4}, {12, 1, 3}, data},
            {type, {2, 3, 4}, {1, 2, 6}, data},
            {type, {1, 4, 1, 5, 1}, {99, 1, 99, 4, 99}, data},
            {type, {2, 2, 2, 3}, {30, 2, 12, 4}, data}};
}

template <typename T>
void check_type(DType type) {
    // One byte in front: files align nothing.
    const std::string storage = "?" + ramp<T>(128);
    for (const TensorView& view : strange_views<T>(type, as_bytes(storage).data() + 1))
        check_all_ranges<T>(view);
}

}  // namespace

TEST_CASE("any range of any view copies the elements that its strides say") {
    check_type<uint8_t>(DType::u8);
    check_type<uint16_t>(DType::bf16);
    check_type<float>(DType::f32);
    check_type<double>(DType::f64);
}

TEST_CASE("types with blocks copy whole blocks, and slices along the leading dimensions") {
    std::string storage = "?";
    for (int block = 0; block < 2 * 3 * 2; ++block)
        storage += std::string(34, static_cast<char>('a' + block));
    const TensorView view{DType::q8_0, {2, 3, 64}, {192, 64, 1}, as_bytes(storage).data() + 1};
    CHECK(stored_bytes(DType::q8_0, view.elements()) == 12 * 34);
    const auto copied = [](const TensorView& from, uint64_t first, uint64_t count) {
        std::string out(*stored_bytes(from.dtype, count), '?');
        from.copy(first, count, reinterpret_cast<std::byte*>(out.data()));
        return out;
    };
    for (uint64_t first = 0; first <= 12; ++first) {
        for (uint64_t count = 0; count <= 12 - first; ++count)
            CHECK(copied(view, first * 32, count * 32) == storage.substr(1 + first * 34, count * 34));
    }
    const TensorView row = view.slice(1).slice(2);
    CHECK(row.shape_text() == "64");
    CHECK(copied(row, 32, 32) == std::string(34, 'l'));
    CHECK_FALSE(stored_bytes(DType::f64, UINT64_MAX / 4).has_value());
}

TEST_CASE("a transposed matrix larger than a tile copies right, whole and in row blocks") {
    const std::string storage = ramp<int32_t>(70 * 101);
    const TensorView view{DType::i32, {70, 101}, {101, 1}, as_bytes(storage).data()};
    const TensorView turned = view.transposed();
    CHECK(turned.shape_text() == "101x70");
    check_range<int32_t>(turned, 0, turned.elements());
    for (uint64_t row = 0; row + 8 < 101; row += 8) check_range<int32_t>(turned, row * 70, 8 * 70);
    check_range<int32_t>(turned, 33, 4000);
}

TEST_CASE("views tell whether they are contiguous whatever strides unit dimensions have") {
    const std::byte* none = nullptr;
    CHECK(TensorView{DType::f32, {}, {}, none}.is_contiguous());
    CHECK(TensorView{DType::f32, {1, 1, 64}, {7, 9, 1}, none}.is_contiguous());
    CHECK(TensorView{DType::f32, {3, 4}, {4, 1}, none}.is_contiguous());
    CHECK(TensorView{DType::f32, {0, 4}, {1, 1}, none}.is_contiguous());
    CHECK_FALSE(TensorView{DType::f32, {3, 4}, {1, 3}, none}.is_contiguous());
    CHECK_FALSE(TensorView{DType::f32, {3, 4}, {5, 1}, none}.is_contiguous());
    CHECK_FALSE(TensorView{DType::f32, {3}, {0}, none}.is_contiguous());
}

TEST_CASE("slice, squeezed and transposed only rearrange") {
    const std::string storage = ramp<int32_t>(24);
    const TensorView view{DType::i32, {2, 3, 4}, {12, 4, 1}, as_bytes(storage).data()};
    CHECK(element<int32_t>(view.slice(1), 0) == 12);
    CHECK(view.slice(1).shape_text() == "3x4");
    CHECK(view.transposed().shape_text() == "2x4x3");
    CHECK(element<int32_t>(view.transposed(), 1) == 4);
    const TensorView mix{DType::i32, {1, 1, 24}, {24, 24, 1}, as_bytes(storage).data()};
    CHECK(mix.squeezed().shape_text() == "24");
    CHECK(TensorView{}.shape_text() == "scalar");
}
