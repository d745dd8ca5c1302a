#include "histogram.h"

#include <algorithm>

namespace rwkvk::server {

void Histogram::add(double seconds) {
    const auto bound = std::ranges::lower_bound(bounds, seconds);
    ++counts_[static_cast<size_t>(bound - bounds.begin())];
    sum_ += seconds;
}

void Histogram::write(std::ostream& out, const char* name, const char* help) const {
    out << "# HELP rwkvk_" << name << ' ' << help << "\n# TYPE rwkvk_" << name << " histogram\n";
    uint64_t so_far = 0;
    for (size_t i = 0; i < bounds.size(); ++i) {
        so_far += counts_[i];
        out << "rwkvk_" << name << "_bucket{le=\"" << bounds[i] << "\"} " << so_far << '\n';
    }
    so_far += counts_.back();
    out << "rwkvk_" << name << "_bucket{le=\"+Inf\"} " << so_far << "\nrwkvk_" << name << "_sum " << sum_
        << "\nrwkvk_" << name << "_count " << so_far << '\n';
}

}  // namespace rwkvk::server
