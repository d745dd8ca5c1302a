// rwkvk_receipt.hpp: rwkvk_receipt.h with owners and exceptions, as rwkvk.hpp is rwkvk.h.
#ifndef RWKVK_RECEIPT_HPP
#define RWKVK_RECEIPT_HPP

#include "rwkvk.hpp"
#include "rwkvk_receipt.h"

namespace rwkvk {
inline namespace v1 {

namespace detail {
template <>
struct Deleter<rwkvk_receipt> {
    void operator()(rwkvk_receipt* p) const { rwkvk_receipt_destroy(p); }
};
}  // namespace detail

/// From 0 to 1, in rising order; false cancels. It must not throw.
using Progress = std::function<bool(double fraction)>;

/// What was computed, to be computed again.
class Receipt {
  public:
    /// Of what will be computed on the context; an empty path: it is not saved.
    explicit Receipt(const Context& context, const std::string& path = {}) : runtime_(context.runtime()) {
        rwkvk_receipt* handle = nullptr;
        detail::check(runtime_,
                      rwkvk_receipt_create(context.handle(), path.empty() ? nullptr : path.c_str(), &handle));
        handle_.reset(handle);
    }
    /// One that was saved.
    Receipt(const Runtime& runtime, const std::string& path) : runtime_(runtime.shared()) {
        rwkvk_receipt* handle = nullptr;
        detail::check(runtime_, rwkvk_receipt_open(runtime_.get(), path.c_str(), &handle));
        handle_.reset(handle);
    }
    /// The state behind the ids, which later answers may go on from.
    uint32_t begin_answer(uint32_t from, const std::vector<Token>& fed, const Sampler& sampler) {
        uint32_t point = 0;
        detail::check(runtime_, rwkvk_receipt_begin_answer(handle_.get(), from, fed.data(), fed.size(),
                                                           sampler.handle(), &point));
        return point;
    }
    void end_answer(uint32_t slot, const std::vector<Token>& drawn, bool ended) {
        detail::check(runtime_,
                      rwkvk_receipt_end_answer(handle_.get(), slot, drawn.data(), drawn.size(), ended));
    }
    void save() { detail::check(runtime_, rwkvk_receipt_save(handle_.get())); }
    std::string text() const {
        const char* text = nullptr;
        size_t bytes = 0;
        detail::check(runtime_, rwkvk_receipt_text(handle_.get(), &text, &bytes));
        return {text, bytes};
    }
    rwkvk_receipt_info info() const {
        rwkvk_receipt_info info{};
        info.size = sizeof info;
        detail::check(runtime_, rwkvk_receipt_info_get(handle_.get(), &info));
        return info;
    }
    std::string model_path() const { return rwkvk_receipt_model_path(handle_.get()); }
    std::string weights() const { return rwkvk_receipt_weights(handle_.get()); }
    std::vector<Adapter> adapters() const {
        std::vector<Adapter> adapters;
        for (uint32_t i = 0; i < info().adapters; ++i) {
            rwkvk_adapter adapter{};
            detail::check(runtime_, rwkvk_receipt_adapter(handle_.get(), i, &adapter));
            adapters.push_back({adapter.path, adapter.scale});
        }
        return adapters;
    }
    rwkvk_replay_result replay(Context& context, const Progress& progress = {}) {
        const auto forward = [](void* user, double fraction) -> int32_t {
            return (*static_cast<const Progress*>(user))(fraction);
        };
        rwkvk_replay_result result{};
        result.size = sizeof result;
        detail::check(runtime_,
                      rwkvk_receipt_replay(handle_.get(), context.handle(), progress ? +forward : nullptr,
                                           const_cast<Progress*>(&progress), &result));
        return result;
    }
    rwkvk_receipt* handle() const { return handle_.get(); }

  private:
    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_receipt> handle_;
};

}  // namespace v1
}  // namespace rwkvk

#endif
