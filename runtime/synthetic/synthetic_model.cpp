#include "runtime/synthetic/synthetic_model.h"

#include "runtime/synthetic/synthetic.h"

namespace rwkvk {

std::shared_ptr<const Model> synthetic_model(const std::string& spec, uint64_t seed) {
    return Model::from_weights(make_synthetic_source(SyntheticSpec::parse(spec, seed)), spec, "synthetic");
}

}  // namespace rwkvk
