"""Engines: what they give is what the program gives, in whatever company."""

import gc
import queue
import threading
import unittest

import rwkvk
from rwkvk import _events, _request
from support import ask, engine, generated, model, program

STORY = "User: Tell me a story about a fox.\n\nAssistant:"
QUESTIONS = ["Hello!", "What is 47 + 85?", "Spell banana backwards.", "What is the capital of France?"]


class GenerateTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = engine()

    def test_texts_go_on_as_by_the_program(self):
        outputs = self.engine.generate([STORY] * 3 + ["Once"], 40, seed=[1, 2, 1, 3])
        for output, (text, seed) in zip(outputs, [(STORY, 1), (STORY, 2), (STORY, 1), ("Once", 3)]):
            self.assertEqual(output.tokens, generated(text, 40, seed))
            self.assertEqual(output.text, model.tokenizer.decode(output.tokens))
            self.assertEqual(output.usage.answer_tokens, len(output.tokens))
            self.assertEqual(output.usage.prompt_tokens, len(model.tokenize(text)))

    def test_sampling_is_the_programs(self):
        sampling = {"temperature": 1.5, "top_p": 0.95, "top_k": 50, "presence": 0.3}
        flags = ("--temp", "1.5", "--top-p", "0.95", "--top-k", "50", "--presence-penalty", "0.3")
        outputs = self.engine.generate([STORY] * 2, 40, sampling, seed=[1, 2])
        self.assertNotEqual(outputs[0].tokens, outputs[1].tokens)
        for output, seed in zip(outputs, (1, 2)):
            self.assertEqual(output.tokens, generated(STORY, 40, seed, *flags))

    def test_ids_and_the_empty_text(self):
        of_ids, of_nothing = self.engine.generate([model.tokenize(STORY), ""], 20, seed=1)
        self.assertEqual(of_ids.tokens, generated(STORY, 20, 1))
        self.assertEqual(of_nothing.tokens, generated("", 20, 1))

    def test_conversations_are_answered_as_in_a_chat(self):
        outputs = self.engine.generate([ask(question) for question in QUESTIONS], seed=1)
        self.assertIn("How can I help you?", outputs[0].text)
        for question, output in zip(QUESTIONS, outputs):
            said = program("chat", "--seed", "1", text=question + "\n").strip()
            self.assertEqual(output.text.strip(), said)
            self.assertEqual(output.finish, "stop")

    def test_more_than_there_are_slots_in_their_order(self):
        few = engine(slots=2, cache_bytes=0)
        outputs = few.generate([ask(question) for question in QUESTIONS * 25], seed=1)
        alone = [few.generate([ask(question)], seed=1)[0] for question in QUESTIONS]
        self.assertEqual([output.text for output in outputs], [output.text for output in alone] * 25)
        self.assertEqual(few.info()["finished"], 104)
        self.assertEqual(few.info()["cached_tokens"], 0)

    def test_a_conversation_goes_on_from_the_cache(self):
        own = engine()
        first = own.generate([ask("My name is Ada.")])[0]
        talk = ask("My name is Ada.") + [{"role": "assistant", "content": first.text}] + ask("What is my name?")
        second = own.generate([talk])[0]
        self.assertIn("Ada", second.text)
        # All of it but the last token, which ended the answer and was not read.
        self.assertEqual(second.usage.cached_tokens, first.usage.prompt_tokens + first.usage.answer_tokens - 1)

    def test_reasoning_is_apart(self):
        output = self.engine.generate([ask("What is 7 times 8?")], thinking="on", seed=1)[0]
        self.assertIn("56", output.text)
        self.assertNotEqual(output.reasoning, "")
        self.assertNotIn("think>", output.text + output.reasoning)

    def test_stop_and_limit(self):
        greedy = self.engine.generate([STORY] * 2, 30, sampling={"temperature": 0}, seed=[1, 2])
        self.assertEqual(greedy[0].tokens, greedy[1].tokens)
        self.assertEqual(greedy[0].finish, "length")
        self.assertEqual(len(greedy[0].tokens), 30)
        word = greedy[0].text.split()[3]
        stopped = self.engine.generate([STORY], 30, sampling={"temperature": 0}, stop=word)[0]
        self.assertEqual(stopped.text, greedy[0].text[: greedy[0].text.index(word)])
        self.assertEqual(stopped.finish, "stop")

    def test_several_answers_to_each_prompt(self):
        several = self.engine.generate([STORY, "Once"], 20, {"temperature": 2}, seed=[1, 7], n=3)
        alone = self.engine.generate([STORY] * 3 + ["Once"] * 3, 20, {"temperature": 2}, seed=[1, 2, 3, 7, 8, 9])
        self.assertEqual([output.tokens for output in several], [output.tokens for output in alone])
        self.assertEqual(len({output.fingerprint for output in several}), 6)

    def test_wrong_values_are_refused_and_the_rest_goes_on(self):
        def refused(kind, pattern, *arguments, **named):
            with self.assertRaisesRegex(kind, pattern):
                self.engine.generate(*arguments, **named)

        refused(TypeError, "put it into a list", "Hello!")
        refused(TypeError, "put it into a list", ask("Hello!"))
        refused(ValueError, "expected 2 of them", ["a", "b"], seed=[1])
        refused(ValueError, "expected order, .* found 'heat'", ["a"], sampling={"heat": 1})
        refused(ValueError, "n: expected 1 or more .* found 0", ["a"], n=0)
        refused(ValueError, "found both", ["a"], schema={}, grammar='root ::= "a"')
        refused(rwkvk.Error, "line 1", ["a"], grammar="root ::= (")
        refused(rwkvk.Error, "schema", ["a"], schema={"type": "no type"})
        refused(ValueError, "stop.*NUL", ["a"], stop="\0")
        refused(ValueError, "expected none, fast, .* found 'much'", [ask("a")], thinking="much")
        refused(ValueError, "expected role and content, found role, text", [[{"role": "user", "text": "a"}]])
        refused(TypeError, "content: expected text, found list", [[{"role": "user", "content": ["a"]}]])
        refused(OverflowError, "", [[2**32]])
        refused(rwkvk.Error, "id 4294967295", [[1], [2**32 - 1]])
        refused(rwkvk.Error, "last message", [[]])
        refused(rwkvk.Error, "human", [[{"role": "human", "content": "a"}]])
        refused(rwkvk.Error, "no such template", [ask("a")], template="no such template")
        refused(rwkvk.Error, "temperature", ["a"], sampling={"temperature": -1})
        self.assertEqual(self.engine.generate([]), [])
        self.assertEqual(self.engine.generate([STORY], 5, seed=1)[0].tokens, generated(STORY, 5, 1))

    def test_threads_share_an_engine(self):
        found = {}

        def one(seed):
            found[seed] = self.engine.generate([STORY], 20, seed=seed)[0].tokens

        threads = [threading.Thread(target=one, args=(seed,)) for seed in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, {seed: generated(STORY, 20, seed) for seed in range(1, 5)})


class StreamTest(unittest.TestCase):
    def test_pieces_make_the_answer(self):
        own = engine()
        stream = own.stream(ask("Hello!"), seed=1)
        pieces = list(stream)
        self.assertGreater(len(pieces), 3)
        self.assertNotIn("", pieces)
        expected = own.generate([ask("Hello!")], seed=1)[0]
        self.assertEqual("".join(pieces), expected.text)
        self.assertEqual(stream.output[:4], expected[:4])
        self.assertEqual(stream.output.fingerprint, expected.fingerprint)
        self.assertEqual(list(stream), [])

    def test_closing_cancels(self):
        own = engine()
        with own.stream(STORY, 20000) as stream:
            next(stream)
        for _ in stream:
            pass
        self.assertEqual(stream.output.finish, "cancelled")

    def test_dropping_cancels(self):
        own = engine()
        stream = own.stream(STORY, 20000)
        events = stream._events
        del stream
        while not isinstance(event := events.get(timeout=60), _events.Done):
            pass
        self.assertEqual(rwkvk._border.FINISHES[event.end], "cancelled")

    def test_destroying_the_engine_ends_the_stream(self):
        own = engine()
        stream = own.stream(STORY, 20000)
        own.close()
        list(stream)
        self.assertEqual(stream.output.finish, "cancelled")
        with self.assertRaisesRegex(rwkvk.Error, "this Engine is closed"):
            own.generate(["a"])

    def test_no_such_device(self):
        with self.assertRaisesRegex(rwkvk.Error, "no such device"):
            rwkvk.Engine(model, device="no such device")


class FailureTest(unittest.TestCase):
    def test_a_request_that_fails_raises(self):
        own = engine()
        stream = own.stream(STORY, 20000)
        usage = _events.Usage(1, 0, 0, 0.0, 0.0, 0.0)
        stream._events.put(_events.Done(stream._request, "", "", 3, 12, "a logit is no number", usage))
        with self.assertRaisesRegex(rwkvk.Error, "^a logit is no number$") as caught:
            list(stream)
        self.assertEqual(caught.exception.name, "not finite")
        self.assertEqual(list(stream), [])
        self.assertIsNone(stream.output)


class CollectorTest(unittest.TestCase):
    def test_an_engine_may_be_freed_where_it_tells(self):
        """As the collector of cycles may do, on whatever thread it runs."""
        own = [engine()]
        freed = queue.SimpleQueue()

        class Freeing:
            def put(self, event):
                own.clear()
                gc.collect()
                freed.put(event)

        request = _request.Request(model.tokenize(STORY))
        request.c.max_tokens, request.c.wants_whole = 3, 0
        number = own[0]._submit(Freeing(), request)
        self.assertEqual(freed.get(timeout=60).request, number)
        while not isinstance(freed.get(timeout=60), _events.Done):
            pass
