#include "window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <imgui_impl_glfw.h>

#include <stdexcept>

#include "state_log.h"

namespace rwkvk::desktop {
namespace {

// A click takes two, what it opens one, and Dear ImGui places some widgets by what the frame before has
// shown.
constexpr int settling_frames = 4;
constexpr double caret_seconds = 0.4, idle_seconds = 10, least_frame_seconds = 1.0 / 60;

Window& window_of(GLFWwindow* window) { return *static_cast<Window*>(glfwGetWindowUserPointer(window)); }

std::string glfw_reason() {
    const char* reason = nullptr;
    glfwGetError(&reason);
    return reason ? reason : "no reason was given";
}

GLFWwindow* open_window() {
    if (!glfwInit())
        throw std::runtime_error("the window: expected a graphical desktop, found none (" + glfw_reason() +
                                 "): start it from one, or use `rwkvk chat` in a terminal");
    glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    GLFWwindow* const window = glfwCreateWindow(1180, 780, "rwkvk", nullptr, nullptr);
    if (!window) throw std::runtime_error("the window: cannot be opened: " + glfw_reason());
    glfwSetWindowSizeLimits(window, 480, 360, GLFW_DONT_CARE, GLFW_DONT_CARE);
    return window;
}

float monitor_scale(GLFWwindow* window) {
    float x = 1, y = 1;
    glfwGetWindowContentScale(window, &x, &y);
    return std::max(1.0f, x);
}

}  // namespace

Window::Window(const Runtime& runtime) : window_(open_window()) {
    IMGUI_CHECKVERSION();
    auto first_fonts = std::make_unique<ImFontAtlas>();
    ImGui::CreateContext(first_fonts.get());
    ImGui::GetIO().IniFilename = nullptr;
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    glfwSetWindowUserPointer(window_, this);
    input_ = std::make_unique<Input>(window_);
    set_callbacks();
    ImGui_ImplGlfw_InitForVulkan(window_, /*install_callbacks*/ false);
    painter_ = std::make_unique<Painter>(window_, runtime, wake);
    fonts_ = std::make_unique<FontChoice>(std::move(first_fonts), monitor_scale(window_));
}

Window::~Window() {
    painter_.reset();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
    fonts_.reset();
    glfwDestroyWindow(window_);
    glfwTerminate();
}

void Window::wake() { glfwPostEmptyEvent(); }

void Window::set_callbacks() {
    glfwSetWindowFocusCallback(window_, ImGui_ImplGlfw_WindowFocusCallback);
    glfwSetWindowSizeCallback(
        window_, [](GLFWwindow* window, int w, int h) { window_of(window).input_->window_is(w, h); });
    glfwSetFramebufferSizeCallback(
        window_, [](GLFWwindow* window, int w, int h) { window_of(window).input_->framebuffer_is(w, h); });
    using Kind = InputEvent::Kind;
    glfwSetCursorPosCallback(window_, [](GLFWwindow* window, double x, double y) {
        window_of(window).queue_.push({.kind = Kind::move, .x = x, .y = y});
    });
    glfwSetCursorEnterCallback(window_, [](GLFWwindow* window, int inside) {
        if (!inside) window_of(window).queue_.push({.kind = Kind::leave});
    });
    glfwSetMouseButtonCallback(window_, [](GLFWwindow* window, int button, int action, int) {
        window_of(window).queue_.push({.kind = Kind::button, .key = button, .action = action});
    });
    glfwSetScrollCallback(window_, ImGui_ImplGlfw_ScrollCallback);
    glfwSetCharCallback(window_, [](GLFWwindow* window, unsigned character) {
        window_of(window).queue_.push({.kind = Kind::character, .character = character});
    });
    glfwSetKeyCallback(window_, [](GLFWwindow* window, int key, int scancode, int action, int mods) {
        window_of(window).queue_.push(
            {.kind = Kind::key, .key = key, .scancode = scancode, .action = action, .mods = mods});
    });
    glfwSetDropCallback(window_, [](GLFWwindow* window, int count, const char** paths) {
        window_of(window).dropped_.assign(paths, paths + count);
    });
}

/// What works wherever the keyboard is.
void Window::command(const InputEvent& pressed) {
    Commands& commands = state_.commands;
    if (pressed.mods & GLFW_MOD_CONTROL) {
        if (pressed.key == GLFW_KEY_Q) glfwSetWindowShouldClose(window_, GLFW_TRUE);
        if (pressed.key == GLFW_KEY_C) commands.copy = true;
        if (pressed.key == GLFW_KEY_N) commands.start_new = true;
        if (pressed.key == GLFW_KEY_R) commands.regenerate = true;
        if (pressed.key == GLFW_KEY_COMMA) commands.settings = true;
    }
    if (pressed.key == GLFW_KEY_F2) commands.rename = true;
    if (pressed.key == GLFW_KEY_ESCAPE) commands.stop = true;
}

void Window::type(const InputEvent& key) {
    if (key.action == GLFW_PRESS) command(key);
    // The composer would take these as a new line and as the end of typing.
    if (state_.composer_active && key.action != GLFW_RELEASE) {
        const bool enter = key.key == GLFW_KEY_ENTER || key.key == GLFW_KEY_KP_ENTER;
        if (enter && !(key.mods & GLFW_MOD_SHIFT)) {
            state_.commands.send = state_.commands.send || key.action == GLFW_PRESS;
            return;
        }
        if (key.key == GLFW_KEY_ESCAPE) return;
    }
    ImGui_ImplGlfw_KeyCallback(window_, key.key, key.scancode, key.action, key.mods);
}

void Window::take(const InputEvent& event) {
    switch (event.kind) {
        case InputEvent::Kind::character:
            return ImGui_ImplGlfw_CharCallback(window_, event.character);
        case InputEvent::Kind::key:
            return type(event);
        case InputEvent::Kind::move:
            return input_->move(event.x, event.y);
        case InputEvent::Kind::leave:
            return input_->leave();
        case InputEvent::Kind::button:
            return input_->press(event.key, event.action == GLFW_PRESS);
    }
}

float Window::scale(const Session& session) const {
    return monitor_scale(window_) * session.settings.text_scale;
}

Doing Window::doing(const Session& session) const {
    if (session.model().loading) return Doing::loading;
    if (session.answering()) return Doing::answering;
    return session.verification().running ? Doing::verifying : Doing::nothing;
}

void Window::wait() {
    if (frames_due_ > 0) {
        glfwPollEvents();
    } else {
        const double timeout = state_.composer_active ? caret_seconds : idle_seconds, before = glfwGetTime();
        glfwWaitEventsTimeout(timeout);
        frames_due_ = glfwGetTime() - before < timeout ? settling_frames : 1;
    }
    // Pieces of an answer come faster than they can be read.
    for (const double until = glfwGetTime() + least_frame_seconds; glfwGetTime() < until;)
        glfwWaitEventsTimeout(std::max(1e-3, until - glfwGetTime()));
}

/// The painter and the model may each find it lost.
void Window::keep_device(Session& session) {
    if (DrawingDevice now = painter_->device(); now.device != session.drawing_device().device) {
        session.use_drawing_device(std::move(now));
        frames_due_ = settling_frames;
    }
    if (session.pump()) frames_due_ = settling_frames;
    if (session.drawing_device_lost()) painter_->leave(session.drawing_device());
}

void Window::show(const Session& session) {
    Picture picture = picture_of(*ImGui::GetDrawData());
    picture.background = palette_of(session.settings.theme).background;
    picture.model_works = session.answering() && session.model().facts.draws_window;
    picture.fonts = fonts_->take_image();
    painter_->show(std::move(picture));
}

/// What is typed belongs to a composer that the next frames bring: its focus, or a text in place of its own.
void Window::feed() {
    const bool wait = state_.new_composer || state_.composer_awaits_focus;
    if (wait && ++held_back_ < settling_frames) return;
    held_back_ = 0;
    state_.composer_awaits_focus = false;
    queue_.feed([this](const InputEvent& event) { take(event); });
}

void Window::frame(Session& session) {
    keep_device(session);
    if (!dropped_.empty()) session.drop(std::exchange(dropped_, {}));
    const std::string written = state_.composer + state_.title + state_.system + state_.model_path;
    if (fonts_->update(session, written, scale(session))) state_.heights.clear();
    if (fonts_->building()) frames_due_ = 1;  // until they are there
    if (!input_->has_area()) {
        frames_due_ = 0;
        return;
    }
    if (painter_->behind()) return;
    const Palette& palette = palette_of(session.settings.theme);
    const float pixels = scale(session);
    apply_theme(palette, pixels);
    feed();
    input_->begin_frame();
    ImGui::NewFrame();
    draw({session, state_, palette, pixels}, ImGui::GetIO().DisplaySize.x, ImGui::GetIO().DisplaySize.y);
    ImGui::Render();
    show(session);
    --frames_due_;
    if (!queue_.empty()) frames_due_ = settling_frames;
}

void Window::run(Session& session, const std::string& state_log) {
    StateLog log(state_log);
    state_.model_path = session.settings.model;
    while (!glfwWindowShouldClose(window_)) {
        wait();
        meter_.listens_no_more();
        const Doing before = doing(session);
        frame(session);
        log.write(session, state_, meter_);
        meter_.listens_again(before == Doing::nothing ? doing(session) : before);
    }
    glfwHideWindow(window_);
}

}  // namespace rwkvk::desktop
