// The ops over matrices, from docs/NUMERICS.md; part of vector_ops.inl. State S[j][i]: key j, value i. A
// block of columns i goes through all keys j with its sums in registers, in the order of sum.h.
#include "runtime/cpu/vectors.inl"

namespace rwkvk::cpu {
namespace {

using exact::settle;

[[gnu::always_inline]] inline Floats settle(Floats x) {
    const auto bits = reinterpret_cast<Integers>(x);
    return reinterpret_cast<Floats>(bits & ((bits & 0x7fffffff) > 0x267fffff));
}

/// `count` neighbouring vectors, or floats.
template <typename Vector, uint32_t count>
struct Columns {
    static constexpr uint32_t width = count * sizeof(Vector) / sizeof(float);
    Vector at[count] = {};

    [[gnu::always_inline]] static Columns load(const float* from) {
        Columns columns;
        for (uint32_t n = 0; n < count; ++n) columns.at[n] = cpu::load<Vector>(from + n * (width / count));
        return columns;
    }
    [[gnu::always_inline]] void store(float* to) const {
        for (uint32_t n = 0; n < count; ++n) std::memcpy(to + n * (width / count), &at[n], sizeof at[n]);
    }

    /// f(at[n], other[n]) for each
    template <typename F>
    [[gnu::always_inline]] Columns with(const Columns& other, const F& f) const {
        Columns result;
        for (uint32_t n = 0; n < count; ++n) result.at[n] = f(at[n], other.at[n]);
        return result;
    }
    template <typename F>
    [[gnu::always_inline]] Columns each(const F& f) const {
        return with(*this, [&](Vector x, Vector) { return f(x); });
    }

    [[gnu::always_inline]] Columns operator+(const Columns& other) const {
        return with(other, [](Vector a, Vector b) { return a + b; });
    }
    [[gnu::always_inline]] Columns operator*(float factor) const {
        return each([=](Vector a) { return a * factor; });
    }
    [[gnu::always_inline]] Columns operator-() const {
        return each([](Vector a) { return -a; });
    }
    [[gnu::always_inline]] Columns& operator+=(const Columns& other) { return *this = *this + other; }
    [[gnu::always_inline]] Columns settled() const {
        return each([](Vector a) { return settle(a); });
    }
};

/// body(block of columns, the first of them) for all `n`, in blocks as long as registers allow.
template <typename Body>
[[gnu::always_inline]] inline void each_columns(uint32_t n, const Body& body) {
    using Long = Columns<Floats, 4>;
    using Short = Columns<Floats, 1>;
    using Single = Columns<float, 1>;
    uint32_t i = 0;
    for (; i + Long::width <= n; i += Long::width) body(Long{}, i);
    for (; i + Short::width <= n; i += Short::width) body(Short{}, i);
    for (; i < n; ++i) body(Single{}, i);
}

void row_matrix(const float* x, const float* matrix, float* y, uint32_t in, uint32_t n) {
    each_columns(n, [=](auto block, uint32_t i) {
        using C = decltype(block);
        const C total =
            sum<C>(in, UNIT_VECTOR, [=](uint32_t j) { return C::load(matrix + size_t{j} * n + i) * x[j]; });
        total.settled().store(y + i);
    });
}

void wkv6(const HeadToken& t) {
    const float bonus = settled_dot(t.r, t.k, t.u, t.y, t.size);
    each_columns(t.size, [&](auto block, uint32_t i) {
        using C = decltype(block);
        const C v = C::load(t.v + i);
        const C total = sum<C>(t.size, UNIT_VECTOR, [&](uint32_t j) {
            float* state = t.state + size_t{j} * t.size + i;
            const C old = C::load(state);
            (old * t.w[j] + v * t.k[j]).settled().store(state);
            return old * t.r[j];
        });
        (total.settled() + v * bonus).settled().store(t.y + i);
    });
}

void wkv7(const HeadToken& t) {
    each_columns(t.size, [&](auto block, uint32_t i) {
        using C = decltype(block);
        const C v = C::load(t.v + i);
        const C s = -sum<C>(t.size, UNIT_VECTOR, [&](uint32_t j) {
                         return C::load(t.state + size_t{j} * t.size + i) * t.kk[j];
                     }).settled();
        const C total = sum<C>(t.size, UNIT_VECTOR, [&](uint32_t j) {
            float* state = t.state + size_t{j} * t.size + i;
            const C decayed = C::load(state) * t.w[j] + s * settle(t.kk[j] * t.a[j]);
            const C updated = (decayed + v * t.k[j]).settled();
            updated.store(state);
            return updated * t.r[j];
        });
        total.settled().store(t.y + i);
    });
}

void gla(const HeadToken& t, float scale) {
    each_columns(t.size, [&](auto block, uint32_t i) {
        using C = decltype(block);
        const C v = C::load(t.v + i);
        const C total = sum<C>(t.size, UNIT_VECTOR, [&](uint32_t j) {
            float* state = t.state + size_t{j} * t.size + i;
            const C updated = (C::load(state) * t.w[j] + v * t.k[j]).settled();
            updated.store(state);
            return updated * t.r[j];
        });
        (total.settled() * scale).settled().store(t.y + i);
    });
}

}  // namespace
}  // namespace rwkvk::cpu
