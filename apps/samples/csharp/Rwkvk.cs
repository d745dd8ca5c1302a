// The part of rwkvk_engine.h that a character needs, for C# (.NET, Mono, Unity).
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Rwkvk {

/// A call that failed; the message is the library's one line for a person.
public class RwkvkException : Exception {
    public readonly int Status;
    public RwkvkException(int status, string message) : base(message) { Status = status; }
}

/// Structs and functions as the headers declare them. A test compares the structs with what a C compiler makes of them.
static class Border {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate void rwkvk_event_fn(IntPtr user, ref rwkvk_engine_event told);

    [StructLayout(LayoutKind.Sequential)]
    public struct rwkvk_message { public IntPtr role, text, calls; public UIntPtr call_count; }

    [StructLayout(LayoutKind.Sequential)]
    public struct rwkvk_engine_event {
        public uint size;
        public int kind;
        public ulong request;
        public UIntPtr done, total;
        public uint token;
        public IntPtr text;
        public UIntPtr text_bytes;
        public IntPtr reasoning;
        public UIntPtr reasoning_bytes;
        public int end, status;
        public IntPtr message;
        public ulong prompt_tokens, cached_tokens, answer_tokens;
        public double queued_seconds, prompt_seconds, answer_seconds;
        public IntPtr snapshot;
        public float log_probability;
        public IntPtr alternatives;
        public UIntPtr alternative_count;
        public IntPtr hidden;
        public UIntPtr hidden_count;
        public IntPtr answer;
        public UIntPtr answer_count;
        public IntPtr prompt_scores;
        public UIntPtr prompt_score_count;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct rwkvk_engine_request {
        public uint size;
        public IntPtr prompt, tokens;
        public UIntPtr token_count;
        public IntPtr keep;
        public UIntPtr keep_count;
        public int reply_start;
        public IntPtr sampling, sampler;
        public uint max_tokens;
        public IntPtr ends;
        public UIntPtr end_count;
        public IntPtr stops;
        public UIntPtr stop_count;
        public IntPtr owner, domain, @event, user, @from;
        public int wants_snapshot, wants_scores, wants_prompt_scores;
        public uint alternatives;
        public int wants_hidden, wants_whole;
    }

    [DllImport("rwkvk")] public static extern IntPtr rwkvk_last_error(IntPtr runtime);
    [DllImport("rwkvk")] public static extern int rwkvk_runtime_create(IntPtr parameters, out IntPtr runtime);
    [DllImport("rwkvk")] public static extern void rwkvk_runtime_destroy(IntPtr runtime);
    [DllImport("rwkvk")] public static extern int rwkvk_model_load(IntPtr runtime, byte[] path, IntPtr parameters, out IntPtr model);
    [DllImport("rwkvk")] public static extern void rwkvk_model_destroy(IntPtr model);
    [DllImport("rwkvk")] public static extern int rwkvk_tokenizer_of_model(IntPtr model, out IntPtr tokenizer);
    [DllImport("rwkvk")] public static extern void rwkvk_tokenizer_destroy(IntPtr tokenizer);
    [DllImport("rwkvk")] public static extern int rwkvk_prompt_create(IntPtr model, IntPtr tokenizer, IntPtr parameters,
        rwkvk_message[] messages, UIntPtr count, out IntPtr prompt);
    [DllImport("rwkvk")] public static extern void rwkvk_prompt_destroy(IntPtr prompt);
    [DllImport("rwkvk")] public static extern int rwkvk_engine_create(IntPtr model, IntPtr tokenizer, IntPtr parameters, out IntPtr engine);
    [DllImport("rwkvk")] public static extern void rwkvk_engine_destroy(IntPtr engine);
    [DllImport("rwkvk")] public static extern void rwkvk_engine_request_default(out rwkvk_engine_request request, uint size);
    [DllImport("rwkvk")] public static extern int rwkvk_engine_submit(IntPtr engine, ref rwkvk_engine_request request, out ulong id);
    [DllImport("rwkvk")] public static extern int rwkvk_engine_step(IntPtr engine, uint budget_us, out int more);
}

/// A model with an engine. Its calls are made from one thread; answers come while Step runs.
public sealed class Engine : IDisposable {
    const int EventDone = 3;
    static readonly Border.rwkvk_event_fn tell = Tell;  // kept: the library holds a pointer to it
    static readonly IntPtr tellPointer = Marshal.GetFunctionPointerForDelegate(tell);
    IntPtr runtime, model, tokenizer, engine;
    Exception thrown;

    sealed class Listener {
        public Engine Engine;
        public Action<string> Piece;
        public Action Done;
    }

    public Engine(string path) {
        Check(Border.rwkvk_runtime_create(IntPtr.Zero, out runtime));
        try {
            Check(Border.rwkvk_model_load(runtime, Utf8(path), IntPtr.Zero, out model));
            Check(Border.rwkvk_tokenizer_of_model(model, out tokenizer));
            Check(Border.rwkvk_engine_create(model, tokenizer, IntPtr.Zero, out engine));
        } catch {
            Dispose();
            throw;
        }
    }

    /// Asks for the answer to a conversation of (role, text). Pieces of it, then its end, are told while Step runs.
    public void Submit(IList<KeyValuePair<string, string>> talk, Action<string> piece, Action done) {
        IntPtr prompt = CreatePrompt(talk);
        GCHandle listener = GCHandle.Alloc(new Listener { Engine = this, Piece = piece, Done = done });
        try {
            Border.rwkvk_engine_request request;
            Border.rwkvk_engine_request_default(out request, (uint)Marshal.SizeOf(typeof(Border.rwkvk_engine_request)));
            request.prompt = prompt;
            request.@event = tellPointer;
            request.user = GCHandle.ToIntPtr(listener);
            ulong id;
            Check(Border.rwkvk_engine_submit(engine, ref request, out id));
        } catch {
            listener.Free();
            throw;
        } finally {
            Border.rwkvk_prompt_destroy(prompt);
        }
    }

    /// Goes on for about so many microseconds, 0: one token of every answer. Whether there is more to do.
    public bool Step(uint microseconds) {
        int more;
        Check(Border.rwkvk_engine_step(engine, microseconds, out more));
        Exception first = thrown;
        thrown = null;
        if (first != null) throw first;
        return more != 0;
    }

    public void Dispose() {
        Border.rwkvk_engine_destroy(engine);
        Border.rwkvk_tokenizer_destroy(tokenizer);
        Border.rwkvk_model_destroy(model);
        Border.rwkvk_runtime_destroy(runtime);
        engine = tokenizer = model = runtime = IntPtr.Zero;
    }

    // No exception may pass through C: it waits until Step returns. Unity's IL2CPP wants [AOT.MonoPInvokeCallback] here.
    static void Tell(IntPtr user, ref Border.rwkvk_engine_event told) {
        GCHandle handle = GCHandle.FromIntPtr(user);
        var to = (Listener)handle.Target;
        bool done = told.kind == EventDone;
        if (done) handle.Free();
        try {
            if ((ulong)told.text_bytes > 0) to.Piece(Text(told.text, (int)told.text_bytes));
            if (told.status != 0) throw new RwkvkException(told.status, Text(told.message));
            if (done) to.Done();
        } catch (Exception exception) {
            to.Engine.thrown = to.Engine.thrown ?? exception;
        }
    }

    IntPtr CreatePrompt(IList<KeyValuePair<string, string>> talk) {
        var pins = new List<GCHandle>();
        try {
            var messages = new Border.rwkvk_message[talk.Count];
            for (int i = 0; i < talk.Count; ++i) {
                messages[i].role = Pin(pins, talk[i].Key);
                messages[i].text = Pin(pins, talk[i].Value);
            }
            IntPtr prompt;
            Check(Border.rwkvk_prompt_create(model, tokenizer, IntPtr.Zero, messages, (UIntPtr)(ulong)talk.Count, out prompt));
            return prompt;
        } finally {
            foreach (GCHandle pin in pins) pin.Free();
        }
    }

    static IntPtr Pin(List<GCHandle> pins, string text) {
        pins.Add(GCHandle.Alloc(Utf8(text), GCHandleType.Pinned));
        return pins[pins.Count - 1].AddrOfPinnedObject();
    }

    static byte[] Utf8(string text) { return Encoding.UTF8.GetBytes(text + '\0'); }

    static string Text(IntPtr text, int bytes) {
        var copy = new byte[bytes];
        Marshal.Copy(text, copy, 0, bytes);
        return Encoding.UTF8.GetString(copy);
    }

    static string Text(IntPtr text) {
        int bytes = 0;
        while (Marshal.ReadByte(text, bytes) != 0) ++bytes;
        return Text(text, bytes);
    }

    void Check(int status) {
        if (status == 0) return;
        if (runtime == IntPtr.Zero) throw new RwkvkException(status, "rwkvk: no runtime");
        throw new RwkvkException(status, Text(Border.rwkvk_last_error(runtime)));
    }
}

}
