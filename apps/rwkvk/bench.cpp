#include "apps/rwkvk/command.h"
namespace rwkvk::app { void add_bench(CLI::App&) {} }
