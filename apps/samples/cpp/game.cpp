// A character that talks while a game goes on: 2 ms of every frame are the model's. usage: game MODEL
#include <chrono>
#include <iostream>
#include <rwkvk_engine.hpp>
#include <thread>

class Character {
  public:
    Character(const rwkvk::Model& model, const rwkvk::Tokenizer& tokenizer, rwkvk::Engine& engine)
        : model_(model), tokenizer_(tokenizer), engine_(engine) {}

    void hear(const std::string& text) {
        talk_.push_back({"user", text});
        const rwkvk::Prompt prompt(model_, tokenizer_, talk_);
        rwkvk_engine_request request = rwkvk::engine_request();
        request.prompt = prompt.handle();
        answer_.clear();
        speaking_ = true;
        engine_.submit(request, [this](const rwkvk_engine_event& event) {
            answer_.append(event.text, event.text_bytes);
            if (event.kind != RWKVK_EVENT_DONE) return;
            talk_.push_back({"assistant", answer_});
            speaking_ = false;
        });
    }
    bool speaking() const { return speaking_; }
    const std::string& answer() const { return answer_; }  // grows from frame to frame

  private:
    const rwkvk::Model& model_;
    const rwkvk::Tokenizer& tokenizer_;
    rwkvk::Engine& engine_;
    std::vector<rwkvk::Message> talk_;
    std::string answer_;
    bool speaking_ = false;
};

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    try {
        const rwkvk::Runtime runtime;
        const rwkvk::Model model = runtime.load(argv[1]);
        const rwkvk::Tokenizer tokenizer = model.tokenizer();
        rwkvk::Engine engine(model, tokenizer);
        Character ada(model, tokenizer, engine);
        for (const char* line : {"Hello!", "My name is Ada.", "What is my name?"}) {
            ada.hear(line);
            while (ada.speaking()) {  // the game's loop
                engine.step(2000);
                std::this_thread::sleep_for(std::chrono::milliseconds(1));  // draws the frame
            }
            std::cout << ada.answer() << '\n';
        }
    } catch (const rwkvk::Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
