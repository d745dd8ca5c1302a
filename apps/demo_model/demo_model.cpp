#include "demo_model.h"

extern "C" const char rwkvk_demo_model_begin[], rwkvk_demo_model_end[];

std::string_view rwkvk::demo_model() { return {rwkvk_demo_model_begin, rwkvk_demo_model_end}; }
