# How each dependency is found: the system's packages, nothing downloaded, nothing copied in.

find_package(Threads REQUIRED)

# The glslang front end under either of its two names.
find_program(RWKVK_GLSLANG NAMES glslangValidator glslang REQUIRED)
# Since version 14 it knows cooperative matrices.
file(WRITE ${PROJECT_BINARY_DIR}/cooperative.comp "#version 450\n#extension GL_KHR_cooperative_matrix : require\nvoid main() {}\n")
execute_process(COMMAND ${RWKVK_GLSLANG} --quiet -V -o ${PROJECT_BINARY_DIR}/cooperative.spv ${PROJECT_BINARY_DIR}/cooperative.comp
  RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
if(failed EQUAL 0)
  set(RWKVK_COOPERATIVE_MATRIX ON)
else()
  set(RWKVK_COOPERATIVE_MATRIX OFF)
  message(STATUS "glslang is older than version 14: kernels with cooperative matrices are left out")
endif()

# Vulkan headers only: the loader is opened at run time.
find_path(RWKVK_VULKAN_INCLUDE vulkan/vulkan.h REQUIRED)
add_library(rwkvk_vulkan_headers INTERFACE)
target_include_directories(rwkvk_vulkan_headers SYSTEM INTERFACE ${RWKVK_VULKAN_INCLUDE})
target_compile_definitions(rwkvk_vulkan_headers INTERFACE VK_NO_PROTOTYPES)

# xxHash, used header-only.
find_path(RWKVK_XXHASH_INCLUDE xxhash.h REQUIRED)
add_library(rwkvk_xxhash INTERFACE)
target_include_directories(rwkvk_xxhash SYSTEM INTERFACE ${RWKVK_XXHASH_INCLUDE})
target_compile_definitions(rwkvk_xxhash INTERFACE XXH_INLINE_ALL)

# utf8proc: categories and normal forms of Unicode, for BPE vocabularies.
find_path(RWKVK_UTF8PROC_INCLUDE utf8proc.h REQUIRED)
find_library(RWKVK_UTF8PROC_LIBRARY utf8proc REQUIRED)
add_library(rwkvk_utf8proc INTERFACE)
target_include_directories(rwkvk_utf8proc SYSTEM INTERFACE ${RWKVK_UTF8PROC_INCLUDE})
target_link_libraries(rwkvk_utf8proc INTERFACE ${RWKVK_UTF8PROC_LIBRARY})

if(RWKVK_BUILD_APPS OR RWKVK_BUILD_TESTS)
  find_package(nlohmann_json REQUIRED)

  # Boost's headers, for HTTP in `rwkvk serve`.
  find_path(RWKVK_BOOST_INCLUDE boost/beast/http/basic_parser.hpp)
  set(found OFF)
  if(RWKVK_BOOST_INCLUDE)
    file(STRINGS ${RWKVK_BOOST_INCLUDE}/boost/version.hpp boost_version REGEX "#define BOOST_VERSION ")
    string(REGEX REPLACE "[^0-9]" "" boost_version "${boost_version}")
    if(boost_version GREATER_EQUAL 107400)
      set(found ON)
    endif()
  endif()
  option(RWKVK_BUILD_SERVER "Build `rwkvk serve`" ${found})
  if(RWKVK_BUILD_SERVER AND NOT found)
    message(FATAL_ERROR "RWKVK_BUILD_SERVER needs the headers of Boost 1.74 or newer: install libboost-dev")
  elseif(NOT found)
    message(STATUS "rwkvk serve is left out: it needs libboost-dev")
  else()
    add_library(rwkvk_boost INTERFACE)
    target_include_directories(rwkvk_boost SYSTEM INTERFACE ${RWKVK_BOOST_INCLUDE})
  endif()
endif()
if(RWKVK_BUILD_APPS)
  find_package(CLI11 REQUIRED)
  # Line editing in `rwkvk chat`; without it lines are read as they come.
  find_path(RWKVK_EDITLINE_INCLUDE editline/readline.h)
  find_library(RWKVK_EDITLINE_LIBRARY edit)

  # The window of `rwkvk-desktop`: GLFW, and Dear ImGui with its backends for GLFW and Vulkan.
  find_package(glfw3 QUIET)
  find_path(RWKVK_IMGUI_INCLUDE imgui.h PATH_SUFFIXES imgui)
  find_path(RWKVK_IMGUI_BACKENDS imgui_impl_vulkan.h PATH_SUFFIXES imgui/backends imgui)
  find_library(RWKVK_IMGUI_LIBRARY imgui)
  find_library(RWKVK_STB_LIBRARY stb)
  find_library(RWKVK_VULKAN_LIBRARY vulkan)
  set(found OFF)
  if(glfw3_FOUND AND RWKVK_IMGUI_INCLUDE AND RWKVK_IMGUI_BACKENDS AND RWKVK_IMGUI_LIBRARY AND RWKVK_STB_LIBRARY AND RWKVK_VULKAN_LIBRARY)
    set(found ON)
  endif()
  option(RWKVK_BUILD_DESKTOP "Build the rwkvk-desktop program" ${found})
  if(RWKVK_BUILD_DESKTOP AND NOT found)
    message(FATAL_ERROR "RWKVK_BUILD_DESKTOP needs GLFW and Dear ImGui: install libglfw3-dev, libimgui-dev and libvulkan-dev")
  elseif(NOT found)
    message(STATUS "rwkvk-desktop is left out: it needs libglfw3-dev and libimgui-dev")
  else()
    add_library(rwkvk_imgui INTERFACE)
    target_include_directories(rwkvk_imgui SYSTEM INTERFACE ${RWKVK_IMGUI_INCLUDE} ${RWKVK_IMGUI_BACKENDS})
    target_link_libraries(rwkvk_imgui INTERFACE ${RWKVK_IMGUI_LIBRARY} ${RWKVK_STB_LIBRARY} ${RWKVK_VULKAN_LIBRARY} glfw)
  endif()
endif()
if(RWKVK_BUILD_TESTS)
  find_package(doctest REQUIRED)
  find_program(RWKVK_SPIRV_VAL spirv-val REQUIRED)
endif()
