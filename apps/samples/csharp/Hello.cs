// A character that talks while a game goes on: 2 ms of every frame are the model's. usage: Hello.exe MODEL
using System;
using System.Collections.Generic;

static class Hello {
    static void Main(string[] arguments) {
        using (var engine = new Rwkvk.Engine(arguments[0])) {
            var talk = new List<KeyValuePair<string, string>> { new KeyValuePair<string, string>("user", "Hello!") };
            bool speaking = true;
            engine.Submit(talk, Console.Write, () => speaking = false);
            while (speaking) engine.Step(2000);  // once in every frame of the game
            Console.WriteLine();
        }
    }
}
