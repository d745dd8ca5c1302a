#pragma once
// The processor's float mode belongs to the thread, and any library may have changed it.

namespace rwkvk {

enum class Denormals {
    keep,   // IEEE
    flush,  // results and operands below the normal range become zero, as most GPUs do
};

/// Round to nearest even with the given treatment of denormals, until the end of the scope; then as it was.
class FloatModeScope {
  public:
    explicit FloatModeScope(Denormals denormals = Denormals::keep);
    ~FloatModeScope();
    FloatModeScope(const FloatModeScope&) = delete;
    FloatModeScope& operator=(const FloatModeScope&) = delete;

  private:
    unsigned long long saved_;
};

/// What the calling thread does with a subnormal product, found by computing one.
Denormals current_denormals();

}  // namespace rwkvk
