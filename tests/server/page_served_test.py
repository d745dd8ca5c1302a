#!/usr/bin/python3
"""Conversations that `rwkvk serve --store` keeps, as its page shows them in Debian's Chromium.

usage: page_served_test.py PROGRAM
(packages: chromium chromium-driver python3-selenium; without them the test is skipped. The first line names Debian's Python, whose package that is.)
"""
import http.client
import json
import re
import subprocess
import sys
import tempfile
import unittest

from page_browser import Browsing, Keys, open_browser

PROGRAM = sys.argv.pop(1)


class Keeping(Browsing):
    """A server with a folder of its own for each test; the page has no fake one."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.port = 0
        self.begin()
        self.addCleanup(self.end)
        self.look(1280, 800)
        self.open()

    def begin(self):
        self.process = subprocess.Popen([PROGRAM, "serve", "-dev", "cpu", "--port", str(self.port), "--store", self.folder.name], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline()).group(1))
        self.url = f"http://127.0.0.1:{self.port}/"
        self.until(lambda: self.call("GET", "/health")[0] == 200, "the model is loaded")

    def end(self, kill=False):
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(60)
        self.process.stdout.close()

    def open(self, url=""):
        super().open(url or self.url)
        self.until(lambda: self.texts("#model") and "rwkvk-demo" in self.texts("#model")[0], "the server is known")

    def open_elsewhere(self):
        """As in a browser that was never here."""
        self.browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": self.url[:-1], "storageTypes": "all"})
        self.browser.get("about:blank")
        self.open()

    def call(self, method, path, **words):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, json.dumps(words) if words else None)
        answer = connection.getresponse()
        result = answer.status, json.loads(answer.read())
        connection.close()
        return result

    def kept(self):
        return [conversation["metadata"].get("title") for conversation in self.call("GET", "/v1/conversations")[1]["data"]]

    def prints(self):
        return self.script("return [...document.querySelectorAll('.facts dd:nth-of-type(4)')].map(e => e.textContent)")

    def test_a_conversation_is_there_in_another_browser(self):
        self.ask("My name is Ada.")
        self.ask("What is my name?")
        said, prints = ["My name is Ada.", "Nice to meet you, Ada!", "What is my name?", "Your name is Ada."], self.prints()
        self.assertEqual((self.said(), len(prints)), (said, 2))
        self.until(lambda: self.kept() == ["My name is Ada."], "the server has it, with its title")
        self.open()
        self.until(lambda: self.said() == said and self.prints() == prints, "it is there after a reload")
        self.open_elsewhere()
        self.until_text("#list .entry", ["My name is Ada."])
        self.assertEqual(self.said(), [])
        self.click("#list .entry")
        self.until(lambda: self.said() == said and self.prints() == prints, "it is there in another browser")
        self.ask("Thank you!")
        self.assertEqual(len(self.said()), 6)
        alone = self.call("POST", "/v1/chat/completions", messages=[{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(self.said()[:5])],
                          seed=int(self.script("return [...document.querySelectorAll('.facts dd:nth-of-type(3)')].at(-1).textContent")))[1]
        self.assertEqual(self.prints()[2], alone["rwkvk"]["fingerprint"], "the answer is that of a chat with the same messages")

    def test_branches_are_the_servers(self):
        self.ask("Hello!")
        self.ask("Tell me a story.")
        self.click(".turn:last-child [aria-label='Answer again']")
        self.until(lambda: self.texts(".branch") == ["2 / 2"] and len(self.prints()) == 2, "there is a second answer")
        self.click(".user [aria-label='Edit']")
        self.one(".editing textarea").send_keys(Keys.CONTROL + "a" + Keys.NULL + "What is 2 + 3?" + Keys.ENTER)
        self.until(lambda: self.said() == ["What is 2 + 3?", "2 + 3 = 5."] or len(self.said()) == 2 and "5" in self.said()[1], "another beginning is answered")
        self.until(lambda: self.script("return !document.querySelector('.running')"), "it has come to its end")
        turns = self.call("GET", f"/v1/conversations/{self.shown_id()}/turns")[1]["data"]
        parents = [turn["previous_response_id"] and int(turn["previous_response_id"].rpartition("_")[2]) for turn in turns]
        self.assertEqual(parents, [None, 1, 1, None])
        self.open()
        self.until(lambda: len(self.said()) == 2 and self.texts(".branch") == ["2 / 2"], "what was shown is shown again")
        self.click(".user [aria-label='Previous version']")
        self.until(lambda: len(self.said()) == 4 and self.texts(".branch") == ["1 / 2", "2 / 2"], "the other one is there")
        self.click("#undo")
        self.until(lambda: len(self.said()) == 2, "the last question is taken back")
        self.open()
        self.until(lambda: self.said()[:1] == ["Hello!"] and len(self.said()) == 2, "and is so after a reload")

    def shown_id(self):
        return self.script("return localStorage.getItem('rwkvk.current')")

    def test_renamed_found_deleted(self):
        for words in ("About birds", "About fish"):
            self.click("#new")
            self.until(lambda: self.said() == [], "the conversation is new")
            self.ask(words)
        self.until(lambda: sorted(self.texts("#list .entry")) == ["About birds", "About fish"], "both are listed")
        self.click(".current [aria-label='Rename']")
        self.one(".rename").send_keys(Keys.CONTROL + "a" + Keys.NULL + "Scales" + Keys.ENTER)
        self.until(lambda: "Scales" in self.kept(), "the server knows the name")
        self.one("#search").send_keys("sCAL")
        self.until_text("#list .entry", ["Scales"])
        self.one("#search").send_keys(Keys.BACKSPACE * 4)
        self.until(lambda: len(self.texts("#list .entry")) == 2, "all are there again")
        self.script("URL.createObjectURL = blob => (window.saved = blob.size, '#')")
        self.click(".current [aria-label='Save its state']")
        self.until(lambda: (self.script("return window.saved") or 0) > 10000, "its state is saved")
        self.click(".current [aria-label='Delete']")
        self.until_text("#list .entry", ["About birds"])
        self.assertEqual(len(self.kept()), 2)
        self.click("#toast button")
        self.until(lambda: len(self.texts("#list .entry")) == 2 and self.said()[:1] == ["About fish"], "it is back")
        self.click(".current [aria-label='Delete']")
        self.until_text("#list .entry", ["About birds"])
        self.open()
        self.until(lambda: self.kept() == ["About birds"], "it is gone at the server too")
        self.assertEqual(self.texts("#list .entry"), ["About birds"])

    def test_stopped_and_asked_at_once(self):
        endless = {"temperature": 5, "top_p": 1, "logit_bias": {"0": -100, "\n": -100, "\n\n": -100}}
        self.script("localStorage.setItem('rwkvk.settings', JSON.stringify({preset: 'custom', sampling: arguments[0], seed: '8'}))", endless)
        self.open()
        for number, words in enumerate(("Tell me a story.", "And then?", "And what else?")):
            self.type(words + Keys.ENTER)
            self.until(lambda: len(self.texts(".turn")) == 2 * number + 2 and self.said()[-1] and self.texts(".running"), "an answer comes")
            self.one("#text").send_keys(Keys.ESCAPE)
        self.until(lambda: self.texts(".note") == ["Stopped"] * 3, f"all are stopped, not {self.texts('.note')}")
        turns = self.call("GET", f"/v1/conversations/{self.shown_id()}/turns")[1]["data"]
        self.assertEqual([turn["previous_response_id"] for turn in turns], [None, turns[0]["id"], turns[1]["id"]])
        shown = self.said()
        self.open()
        self.until(lambda: len(self.said()) == 6 and self.texts(".note") == ["Stopped"] * 3, "all are kept")
        self.assertEqual(self.said()[0::2], shown[0::2])

    def test_a_server_that_dies_and_comes_back(self):
        self.ask("My name is Ada.")
        self.until(lambda: self.kept() == ["My name is Ada."], "the server has it")
        self.end(kill=True)
        self.type("What is my name?" + Keys.ENTER)
        self.until(lambda: self.texts(".note.bad") and "No connection" in self.texts(".note.bad")[0], "that is told")
        self.begin()
        self.until(lambda: self.texts("#banner") == [], "the page finds it")
        self.click(".turn:last-child [aria-label='Answer again']")
        self.until(lambda: self.said()[-1] == "Your name is Ada.", "the conversation goes on")
        self.until(lambda: self.script("return !document.querySelector('.running')"), "to the end")
        self.open()
        self.until(lambda: self.said() == ["My name is Ada.", "Nice to meet you, Ada!", "What is my name?", "Your name is Ada."], "and is kept")

    def test_one_that_is_deleted_elsewhere_can_go_on(self):
        self.ask("My name is Ada.")
        self.until(lambda: self.kept() == ["My name is Ada."], "the server has it")
        self.assertEqual(self.call("DELETE", f"/v1/conversations/{self.shown_id()}")[0], 200)
        self.type("What is my name?" + Keys.ENTER)
        self.until(lambda: self.texts(".note.bad") and "there is no conversation" in self.texts(".note.bad")[0], "that is told")
        self.click(".turn:last-child [aria-label='Answer again']")
        self.until(lambda: self.said()[-1] == "Your name is Ada." and not self.texts(".running"), "it goes on")
        self.until(lambda: self.kept() == ["My name is Ada."], "as a new conversation of the server's")
        self.assertEqual(self.texts("#list .entry"), ["My name is Ada."])

    def test_what_was_shown_comes_back_when_the_server_does(self):
        self.ask("Hello!")
        self.until(lambda: self.kept() == ["Hello!"], "the server has it")
        shown = self.shown_id()
        self.browser.execute_cdp_cmd("Network.enable", {})
        self.browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/turns", "*/props", "*/health"]})
        Browsing.open(self, self.url)
        self.until(lambda: self.texts("#banner") and "No connection" in self.texts("#banner")[0], "the server is missed")
        self.assertEqual(self.said(), [])
        self.browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
        self.until(lambda: self.said()[:1] == ["Hello!"], "the conversation is back")
        self.assertEqual(self.shown_id(), shown)

    def test_where_they_are_kept_is_a_choice(self):
        self.script("localStorage.setItem('rwkvk.settings', JSON.stringify({kept: 'browser'}))")
        self.open()
        self.ask("Hello!")
        self.assertEqual(self.kept(), [])
        self.click("#settings")
        self.script("const s = document.querySelector('[name=kept]'); s.value = ''; s.dispatchEvent(new Event('change'))")
        self.script("const s = document.querySelector('[name=system]'); s.value = ''; s.dispatchEvent(new Event('input'))")
        self.click("#panel-close")
        self.ask("How are you?")
        self.assertEqual(self.kept(), [], "one that has begun stays where it is")
        self.click("#new")
        self.until(lambda: self.said() == [], "the conversation is new")
        self.click("#settings")
        self.script("const s = document.querySelector('[name=system]'); s.value = 'Be brief.'; s.dispatchEvent(new Event('input'))")
        self.click("#panel-close")
        self.ask("Good morning!")
        self.until(lambda: self.kept() == ["Good morning!"], "the new one is the server's")
        turn = self.call("GET", f"/v1/conversations/{self.shown_id()}/turns")[1]["data"][0]
        self.assertEqual((turn["instructions"], [item["content"][0]["text"] for item in turn["input"]]), ("Be brief.", ["Good morning!"]))
        self.assertEqual(self.texts("#list .entry"), ["Good morning!", "Hello!"])
        self.open()
        self.until(lambda: self.said()[:1] == ["Good morning!"], "it is shown again")
        self.click("#settings")
        self.assertEqual(self.script("return document.querySelector('[name=system]').value"), "Be brief.")

    def test_conversations_of_programs(self):
        id = self.call("POST", "/v1/conversations", metadata={"topic": "zoo"}, items=[
            {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Is it raining?"},
            {"type": "function_call", "call_id": "1", "name": "weather", "arguments": "{}"}, {"type": "function_call_output", "call_id": "1", "output": "rain"}])[1]["id"]
        self.open()
        self.until_text("#list .entry", ["Untitled"])
        self.click("#list .entry")
        self.until(lambda: self.said() and self.said()[0].startswith("Is it raining?"), "it is shown")
        self.assertIn("weather({})", self.said()[0])
        self.assertNotIn("brief", self.said()[0])
        self.click("#settings")
        self.until(lambda: self.script("return document.querySelector('#panel').open"), "the settings are shown")
        self.click("#panel-close")
        self.click("#list .current [aria-label='Rename']")
        self.one(".rename").send_keys("Weather" + Keys.ENTER)
        self.until(lambda: self.call("GET", f"/v1/conversations/{id}")[1]["metadata"] == {"topic": "zoo", "title": "Weather"}, "other facts of it stay")


if __name__ == "__main__":
    Browsing.browser = open_browser()
    try:
        RESULT = unittest.main(verbosity=2, exit=False).result
    finally:
        Browsing.browser.quit()
    sys.exit(not RESULT.wasSuccessful())
