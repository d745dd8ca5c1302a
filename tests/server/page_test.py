#!/usr/bin/python3
"""The page of `rwkvk serve` in Debian's Chromium: what a person does with it, and what an answer cannot do with it.

usage: page_test.py PROGRAM PAGE_FOLDER
(packages: chromium chromium-driver python3-selenium; without them the test is skipped. The first line names Debian's Python, whose package that is.)
"""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest

from page_browser import Browsing, Keys, open_browser
from page_fake import content, reasoning

PAGE = sys.argv.pop(2)
PROGRAM = sys.argv.pop(1)

# Whatever becomes an element, a request or a dialog here is a hole.
ATTACKS = """<script>window.hurt = 1</script><img src=x onerror="window.hurt = 2"><svg onload="window.hurt = 3">
<iframe src="https://evil.example/frame"></iframe><a href="https://evil.example/raw" onclick="window.hurt = 4">raw</a>

[one](javascript:window.hurt=5) [two](JaVaScRiPt:window.hurt=6) [three](  java
script:window.hurt=7) [four](data:text/html,<script>window.hurt=8</script>) [five](vbscript:x) [six](//evil.example/relative) [seven](file:///etc/passwd)
<javascript:window.hurt=9> <data:text/html;base64,PHN2Zz4=> javascript:window.hurt=10

![picture](https://evil.example/picture.png) ![two](data:image/svg+xml,<svg/onload=alert(1)>) [![in link](https://evil.example/in.png)](https://evil.example/go)
[![x](javascript:window.hurt=11)](javascript:window.hurt=12) **[bold](javascript:window.hurt=13)** [nested [x](javascript:window.hurt=14)](javascript:window.hurt=15)

[quote](https://good.example/"onmouseover="window.hurt=16) [entity](&#106;avascript:window.hurt=17) [control](\x01javascript:window.hurt=18)

> <b onmouseover="window.hurt=19">quoted</b>
> - <style>@import 'https://evil.example/style.css'; body { background: url(https://evil.example/back.png) }</style>

| a | <img src=x onerror="window.hurt=20"> |
|---|---|
| [cell](javascript:window.hurt=21) | <link rel=stylesheet href="https://evil.example/link.css"> |

```html" onload="window.hurt=22
</code></pre><script>window.hurt = 23</script><img src="https://evil.example/code.png">
```

# <meta http-equiv=refresh content="0;url=https://evil.example/meta"> <form action="https://evil.example/form"><input autofocus onfocus="window.hurt=24">
<base href="https://evil.example/"> <object data="https://evil.example/object"></object> <math><mi xlink:href="javascript:window.hurt=25">x</mi></math>
"""

WIDE = "word" * 60 + "\n\n```\n" + "code " * 60 + "\n```\n\n|" + " column |" * 20 + "\n|" + "---|" * 20 + "\n|" + " cell |" * 20 + "\n\n`" + "span" * 60 + "`\n"


def served(*flags):
    process = subprocess.Popen([PROGRAM, "serve", "-dev", "cpu", "--port", "0", *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return process, int(re.search(r":(\d+)$", process.stdout.readline()).group(1))


def end(process):
    process.terminate()
    process.wait(60)
    process.stdout.close()


def get(port, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    result = answer.status, answer.read().decode(), dict(answer.getheaders())
    connection.close()
    return result


class Files(unittest.TestCase):
    def test_every_file_of_the_folder_is_served_as_it_is(self):
        names = {name for name in os.listdir(PAGE) if name.endswith((".html", ".css", ".js", ".svg"))}
        self.assertGreater(len(names), 10)
        for name in names:
            status, text, headers = get(REAL_PORT, "/" if name == "index.html" else "/" + name)
            with open(os.path.join(PAGE, name), encoding="utf-8") as file:
                self.assertEqual((status, text), (200, file.read()), name)
            self.assertIn("script-src 'self'", headers["Content-Security-Policy"])
            self.assertIn("require-trusted-types-for 'script'; trusted-types 'none'", headers["Content-Security-Policy"])
            self.assertEqual((headers["Cache-Control"], headers["X-Content-Type-Options"], headers["Referrer-Policy"]), ("no-cache", "nosniff", "no-referrer"))
            self.assertRegex(headers["ETag"], '^"[0-9a-f]{16}"$')
            self.assertEqual(get(REAL_PORT, "/" if name == "index.html" else "/" + name, If_None_Match="W/" + headers["ETag"])[:2], (304, ""))
        self.assertEqual(get(REAL_PORT, "/", If_None_Match='"0000000000000000"')[0], 200)
        self.assertEqual(get(REAL_PORT, "/", "HEAD")[:2], (200, ""))
        self.assertEqual(get(REAL_PORT, "/files.def")[0], 404)
        self.assertEqual(get(REAL_PORT, "/main.js/")[0], 404)

    def test_others_may_link_to_the_page_and_no_further(self):
        self.assertEqual(get(REAL_PORT, "/", Sec_Fetch_Site="cross-site")[0], 200)
        self.assertEqual(get(REAL_PORT, "/props", Sec_Fetch_Site="cross-site")[0], 403)
        self.assertEqual(get(REAL_PORT, "/", Host="evil.example")[0], 403)

    def test_a_server_without_its_page(self):
        process, port = served("--no-webui")
        for _ in range(600):
            if get(port, "/health")[0] == 200:
                break
            time.sleep(0.1)
        self.assertIn(f"http://127.0.0.1:{port}/v1", get(port, "/")[1])
        self.assertEqual(get(port, "/main.js")[0], 404)
        end(process)

    def test_every_word_that_is_asked_for_is_there(self):
        sources = {}
        for name in os.listdir(PAGE):
            with open(os.path.join(PAGE, name), encoding="utf-8") as file:
                sources[name] = file.read()
        there = set(re.findall(r"\b(\w+): \['[^']+', '[^']+'\]", sources.pop("words.js")))
        asked = {word for text in sources.values() for word in re.findall(r"\bt\('(\w+)'|data-words=\"(\w+)\"", text) for word in word if word}
        self.assertGreater(len(asked), 50)
        self.assertEqual(asked - there, set())

    def test_types(self):
        if not shutil.which("tsc"):
            self.skipTest("tsc is missing (Debian: node-typescript)")
        done = subprocess.run(["tsc", "-p", PAGE], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Conversations(Browsing):
    def test_a_question_is_answered(self):
        self.ask("Why?")
        self.assertEqual(self.said(), ["Why?", "Answer 1 to Why?"])
        self.ask("And then?")
        self.assertEqual(self.said()[2:], ["And then?", "Answer 2 to And then?"])
        self.assertEqual(self.fake.requests[1]["messages"], [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Answer 1 to Why?"},
                                                             {"role": "user", "content": "And then?"}])
        self.assertEqual((self.fake.requests[1]["stream"], "temperature" in self.fake.requests[1]), (True, False))
        self.assertEqual(self.script("return document.querySelector('#spoken').textContent"), "Answer 2 to And then?")
        self.assertEqual(self.texts(".facts summary")[1], "25 tokens · 12.5 tokens/s")
        self.click(".turn:last-child .facts summary")
        self.until_text(".facts dd", ["40 tokens, 30 of them read before", "25 tokens in 2 s", "7", "00ff00ff00ff00ff", "b0-0"])

    def test_words_come_while_they_are_made_and_can_be_stopped(self):
        seen = threading.Event()
        self.fake.answers["Go"] = [content("One\n\ntwo "), seen, content("three"), threading.Event()]
        self.type("Go" + Keys.ENTER)
        self.until_text(".assistant .body > p", ["One", "two"])
        self.script("window.first = document.querySelector('.assistant .body > p')")
        seen.set()
        self.until_text(".assistant .body > p", ["One", "two three"])
        self.assertTrue(self.script("return first === document.querySelector('.assistant .body > p')"), "only the last block is made anew")
        self.assertEqual(self.one("#send").get_attribute("aria-label"), "Stop")
        self.type("next")  # while it comes
        self.one("#text").send_keys(Keys.ENTER)
        self.assertEqual(len(self.fake.requests), 1)
        self.click("#send")
        self.until_text(".note", ["Stopped"])
        self.fake.answers["Go"] = [content("again")]
        self.assertEqual((self.said(), self.draft()), (["Go", "One\n\ntwo three"], "next"))

    def test_stop_reaches_the_server(self):
        self.fake.answers["Go"] = [content("x"), *[part for i in range(300) for part in (0.05, content("y"))]]
        self.type("Go" + Keys.ENTER)
        self.until(lambda: self.said()[1:] and self.said()[1].startswith("xy"), "an answer comes")
        self.one("#text").send_keys(Keys.ESCAPE)
        self.assertTrue(self.fake.left.wait(20))

    def test_branches(self):
        self.ask("First")
        self.click(".assistant [aria-label='Answer again']")
        self.until_text(".branch", ["2 / 2"])
        self.until(lambda: self.said() == ["First", "Answer 2 to First"], "there is a second answer")
        self.ask("Second")
        self.one("[aria-label='Previous version']").send_keys(Keys.ENTER)
        self.until(lambda: self.said() == ["First", "Answer 1 to First"], "the first answer is back")
        self.assertEqual(self.texts(".branch"), ["1 / 2"])
        self.assertEqual(self.script("return document.activeElement.title"), "Previous version")
        self.click("[aria-label='Next version']")
        self.until(lambda: self.said() == ["First", "Answer 2 to First", "Second", "Answer 3 to Second"], "the branch is as deep as it was")

        self.click(".user [aria-label='Edit']")
        area = self.one(".editing textarea")
        area.send_keys(" thought" + Keys.ENTER)
        self.until(lambda: self.said() == ["First thought", "Answer 4 to First thought"], "the other question is answered")
        self.assertEqual(len(self.fake.requests[3]["messages"]), 1)
        self.click(".user [aria-label='Edit']")
        self.one(".editing textarea").send_keys(" no" + Keys.ESCAPE)
        self.until(lambda: self.said()[0] == "First thought", "nothing is changed")
        self.open()
        self.until(lambda: self.texts(".branch") == ["2 / 2"], "branches are kept")

    def test_undo_and_redo(self):
        self.ask("First")
        self.ask("Second")
        self.click("#undo")
        self.until(lambda: self.said() == ["First", "Answer 1 to First"] and self.draft() == "Second", "the question is back in its field")
        self.click("#redo")
        self.until(lambda: len(self.said()) == 4 and self.draft() == "", "the question is where it was")
        self.click("#undo")
        self.one("#text").clear()
        self.ask("Third")
        self.assertEqual((self.texts(".branch"), self.fake.requests[2]["messages"][-2]["content"]), (["2 / 2"], "Answer 1 to First"))

    def test_conversations_are_found_renamed_exported_and_deleted(self):
        self.ask("About birds")
        self.click("#new")
        self.until(lambda: self.said() == [], "the conversation is empty")
        self.ask("About Fish")
        self.until_text(".entry", ["About Fish", "About birds"])
        self.click("#list li:nth-child(2) .entry")
        self.until(lambda: self.said()[:1] == ["About birds"], "the other one is shown")
        self.click(".current [aria-label='Rename']")
        self.one(".rename").send_keys(Keys.CONTROL + "a" + Keys.NULL + "Feathers" + Keys.ENTER)
        self.until(lambda: "Feathers" in self.texts(".entry") and self.texts("#title") == ["Feathers"], "it has another name")
        search = self.one("#search")
        search.send_keys("fISH")
        self.until_text(".entry", ["About Fish"])
        search.send_keys("x")
        self.until_text("#list li", ["Nothing found"])
        search.send_keys(Keys.BACKSPACE * 5)
        self.until(lambda: len(self.texts(".entry")) == 2, "all are there again")

        self.script("URL.createObjectURL = blob => (blob.text().then(text => window.exported = text), '#')")
        self.click(".current [aria-label='Export as text']")
        self.until(lambda: self.script("return window.exported"), "a text is exported")
        self.assertEqual(self.script("return window.exported"), "# Feathers\n\nYou:\nAbout birds\n\nrwkvk:\nAnswer 1 to About birds\n")

        self.click(".current [aria-label='Delete']")
        self.until(lambda: self.texts(".entry") == ["About Fish"] and self.said() == [], "it is gone")
        self.click("#toast button")
        self.until(lambda: "Feathers" in self.texts(".entry") and self.said()[:1] == ["About birds"], "it is back")
        self.click(".current [aria-label='Delete']")
        self.until_text(".entry", ["About Fish"])
        self.open()
        self.until_text(".entry", ["About Fish"])

    def test_reasoning_is_folded(self):
        seen = threading.Event()
        self.fake.answers["Think"] = [reasoning("Let me "), seen, reasoning("see"), 0.6, content("Done")]
        self.type("Think" + Keys.ENTER)
        self.until(lambda: self.texts(".reasoning summary")[:1] and self.texts(".reasoning summary")[0].startswith("Thinking"), "it thinks")
        self.assertEqual(self.texts(".thoughts"), [])
        seen.set()
        self.until(lambda: self.said() == ["Think", "Done"] and self.texts(".facts"), "it is done")
        self.assertRegex(self.texts(".reasoning summary")[0], r"^Thought for (0\.[5-9]\d?|[1-9][0-9.]*) s$")
        self.click(".reasoning summary")
        self.until_text(".thoughts", ["Let me see"])
        self.ask("More")
        self.assertEqual(self.fake.requests[1]["messages"][1], {"role": "assistant", "content": "Done"})


class Writing(Browsing):
    def test_enter_is_the_input_methods_while_it_composes(self):
        self.type("ni hao")
        self.script("""for (const properties of [{isComposing: true}, {keyCode: 229}])
            document.querySelector('#text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, ...properties}))""")
        for kind in ("rawKeyDown", "keyUp"):
            self.browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, "key": "Enter", "windowsVirtualKeyCode": 229})
        time.sleep(0.2)
        self.assertEqual((self.fake.requests, self.said(), self.draft()), ([], [], "ni hao"))
        self.type(Keys.SHIFT + Keys.ENTER + Keys.NULL + "x")
        self.assertEqual(self.draft(), "ni hao\nx")
        self.ask("")
        self.assertEqual(self.said()[0], "ni hao\nx")

    def test_drafts_survive(self):
        self.type("Half a thou")
        self.open()
        self.assertEqual(self.draft(), "Half a thou")
        self.ask("ght")
        self.type("other")
        self.click("#new")
        self.until(lambda: self.draft() == "", "the new one has no draft")
        self.click("#list .entry")
        self.until(lambda: self.draft() == "other", "every conversation has its own")

    def test_an_answer_survives_a_reload(self):
        self.fake.answers["Go"] = [content("So far"), threading.Event()]
        self.type("Go" + Keys.ENTER)
        self.until(lambda: self.said() == ["Go", "So far"], "an answer comes")
        kept = '''return new Promise(resolve => { indexedDB.open('rwkvk').onsuccess = ({ target }) => {
            target.result.transaction('conversations').objectStore('conversations').getAll().onsuccess = ({ target }) => resolve(JSON.stringify(target.result)); }; })'''
        self.until(lambda: "So far" in self.script(kept), "it is kept while it comes")
        self.open()
        self.until(lambda: self.said() == ["Go", "So far"] and self.texts(".note") == ["Stopped"], "what came is kept")

    def test_nothing_of_the_address_is_sent(self):
        self.open(self.fake.url + "?q=Hello&prompt=Hello&message=Hello#q=Hello")
        time.sleep(0.3)
        self.assertEqual((self.fake.requests, self.said(), self.draft()), ([], [], ""))

    def test_settings_are_sent_and_kept(self):
        def set_field(name, value):
            self.script("""const field = document.querySelector(`#panel [name=${arguments[0]}]`);
                field.value = arguments[1];
                for (const event of ['input', 'change']) field.dispatchEvent(new Event(event))""", name, value)

        self.click("#settings")
        self.until(lambda: self.script("return document.querySelector('[name=top_p]').value") == "0.25", "the server's values are shown")
        set_field("preset", "chat")
        set_field("penalty_decay", "0.95")
        set_field("seed", "42")
        set_field("max_tokens", "9")
        set_field("thinking", "low")
        set_field("system", "Be brief.")
        self.click("#panel-close")
        for _ in range(2):
            self.ask("x")
            request = self.fake.requests[-1]
            wanted = {"temperature": 1, "top_p": 0.3, "top_k": 0, "presence_penalty": 0.5, "frequency_penalty": 0.5, "penalty_decay": 0.95,
                      "seed": 42, "max_tokens": 9, "reasoning_effort": "low"}
            self.assertEqual({name: request.get(name) for name in wanted}, wanted)
            self.assertEqual(request["messages"][0], {"role": "system", "content": "Be brief."})
            self.open()
        self.click("#settings")
        self.assertEqual(self.script("return document.querySelector('[name=preset]').value"), "custom")


class Looks(Browsing):
    def test_languages(self):
        self.assertEqual(self.one("#text").get_attribute("placeholder"), "Ask something …")
        self.look(1280, 800, language="zh-CN")
        self.open()
        self.assertEqual((self.one("#text").get_attribute("placeholder"), self.script("return document.documentElement.lang")), ("想问点什么……", "zh-CN"))
        self.click("#settings")
        self.script("const s = document.querySelector('[name=language]'); s.value = 'en'; s.dispatchEvent(new Event('change'))")
        self.until_text("#panel h2", ["Settings"])
        self.open()
        self.assertEqual(self.one("#text").get_attribute("placeholder"), "Ask something …")

    def contrast(self, selector):
        """Of its text with the ground it stands on (WCAG's ratio)."""
        self.one(selector)
        return self.script("""const shown = colour => { const c = document.createElement('canvas').getContext('2d'); c.fillStyle = colour; c.fillRect(0, 0, 1, 1);
                return [...c.getImageData(0, 0, 1, 1).data]; };
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
            const element = document.querySelector(arguments[0]);
            let ground = element;
            while (shown(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
            const pair = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor].map(colour => light(shown(colour))).sort((a, b) => b - a);
            return (pair[0] + .05) / (pair[1] + .05)""", selector)

    def test_schemes(self):
        grounds = {}
        self.fake.answers["Show"] = [content("Text with [a link](https://good.example/) and\n\n```c\nint x = 1; // \"one\"\nf(\"s\");\n```\n")]
        for scheme in ("light", "dark"):
            self.look(1280, 800, scheme)
            self.open()
            self.ask("Show")
            grounds[scheme] = self.script("return getComputedStyle(document.body).backgroundColor")
            for selector in (".assistant p", ".assistant a", ".user .body", ".facts summary", "#model", "#list .entry", "#new", ".code-keyword", ".code-comment",
                             ".code-string", ".code-number"):
                self.assertGreater(self.contrast(selector), 4.5, f"{selector}, {scheme}")
        self.assertEqual(grounds, {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 27)"})
        self.script("localStorage.setItem('rwkvk.settings', JSON.stringify({scheme: 'light'}))")
        self.open()
        self.assertEqual(self.script("return getComputedStyle(document.body).backgroundColor"), grounds["light"])

    def test_a_narrow_screen(self):
        self.look(360, 640)
        self.fake.answers["wide" * 40] = [reasoning("think" * 60), content(WIDE)]
        self.open()
        self.ask("wide" * 40)
        beyond = """return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('pre, .table, nav, .unseen, .skip, .entry, #title, #model'))
            .filter(e => e.getBoundingClientRect().right > innerWidth + .5).map(e => e.tagName + '.' + e.className)"""
        self.assertEqual(self.script(beyond), [])
        self.assertLessEqual(self.script("return Math.max(document.scrollingElement.scrollWidth, document.querySelector('#scroll').scrollWidth)"), 360)
        self.assertEqual(len(self.script(beyond.replace("pre, .table, ", ""))) > 0, True, "the text would be too wide, were it not for its own scroll bars")
        self.click("#menu")
        self.until(lambda: self.script("return document.querySelector('nav').getBoundingClientRect().left === 0"), "the conversations come in")
        self.click("#shade")
        self.until(lambda: self.script("return getComputedStyle(document.querySelector('nav')).visibility") == "hidden", "the conversations go")
        self.click("#settings")
        self.until(lambda: self.script("return document.querySelector('#panel').open"), "the settings are shown")
        self.assertEqual(self.script(beyond), [])

    def test_every_button_has_a_name_and_the_keyboard_reaches_it(self):
        self.ask("x")
        nameless = "return [...document.querySelectorAll('button, input, textarea, select')].filter(e => !(e.innerText || e.ariaLabel || e.closest('label')?.innerText)).map(e => e.outerHTML)"
        self.assertEqual(self.script(nameless), [])
        self.script("document.activeElement.blur()")
        reached = set()
        for _ in range(25):
            self.browser.switch_to.active_element.send_keys(Keys.TAB)
            reached.add(self.script("return document.activeElement.ariaLabel || document.activeElement.textContent"))
        self.assertLessEqual({"Skip to the message field", "New conversation", "Search conversations", "Rename", "Delete", "Settings", "Edit", "Answer again", "Ask something …", "Send"}, reached)


class Safety(Browsing):
    def foreign_requests(self):
        """Of the page to anybody but its server, tried or made, since the last time."""
        found = []
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith(self.fake.url) and not url.startswith(("data:,", "chrome")):
                    found.append(url)
        return found + self.script("return window.violations")

    def test_an_answer_is_words_and_nothing_else(self):
        self.browser.get_log("performance")
        self.fake.answers["attack"] = [part for i in range(0, len(ATTACKS), 7) for part in (content(ATTACKS[i:i + 7]), 0.001)]
        self.fake.answers[ATTACKS.strip()] = [reasoning(ATTACKS), content("ok")]
        self.ask("attack")
        self.until(lambda: self.texts(".facts"), "it is answered")
        self.script("const field = document.querySelector('#text'); field.value = arguments[0]; field.dispatchEvent(new Event('input'))", ATTACKS)
        self.ask("")
        self.click(".reasoning:not([hidden]) summary")
        self.open()
        self.until(lambda: len(self.said()) == 4, "the conversation is there again")
        tags = set(self.script("return [...document.querySelectorAll('.turn *')].map(e => e.tagName.toLowerCase())"))
        self.assertLessEqual(tags, set("details summary div p a span code pre blockquote ul ol li table thead tbody tr th td h3 em strong br button svg path dl dt dd".split()))
        self.assertLessEqual({"a", "table", "pre", "h3", "blockquote"}, tags)
        for link in self.script("return [...document.querySelectorAll('.turn a')].map(e => [e.href, e.rel, e.getAttributeNames().join()])"):
            self.assertRegex(link[0], "^https?://")
            self.assertEqual(link[1:], ["noopener noreferrer", "href,target,rel"])
        for element in self.script("return [...document.querySelectorAll('.turn *')].flatMap(e => e.getAttributeNames()).filter(name => name.startsWith('on') || name === 'style')"):
            self.fail(f"found an attribute {element}")
        self.script("for (const e of document.querySelectorAll('.turn a')) for (const kind of ['mouseover', 'focus']) e.dispatchEvent(new Event(kind, {bubbles: true}))")
        time.sleep(0.3)
        self.assertIsNone(self.script("return window.hurt ?? null"))
        self.assertEqual(self.foreign_requests(), [])

    def test_what_counts_such_requests_would_see_one(self):
        self.browser.get_log("performance")
        self.script("const picture = new Image(); picture.src = 'https://evil.example/x.png'; document.body.append(picture)")
        self.until(lambda: self.script("return window.violations.length"), "the policy forbids the picture")
        self.assertTrue(any("evil.example" in url for url in self.foreign_requests()))
        self.assertEqual(self.script("try { document.body.innerHTML = '<i>x</i>'; return 'taken' } catch (error) { return error.name }"), "TypeError")

    def test_markdown_is_read_in_a_time_that_texts_of_attackers_do_not_stretch(self):
        for text in ("[" * 20000, "*" * 20001, "**a" * 7000, "`" * 20000 + "a", "> " * 9000, "- " * 9000, "<http://" * 3000, "|" * 20000 + "\n|" + "-|" * 9000, "_a*" * 7000, "![" * 9000,
                     "~~~" * 6000, "[a](" * 5000, "*a " * 20000, "`a``b" * 4000):
            took = self.script("""const text = arguments[0];
                return import('./markdown.js').then(({ Markdown }) => { const begun = performance.now(); new Markdown(document.createElement('div')).show(text);
                    return performance.now() - begun; })""", text)
            self.assertLess(took, 1500, text[:20])


class Servers(Browsing):
    def test_the_page_says_what_is_wrong_with_the_server(self):
        self.until_text("#model", ["fake · test device"])
        self.assertEqual(self.texts("#banner"), [])
        for state, words in (("draining", "being stopped"), ("loading", "being loaded"), ("lost", "No connection")):
            self.fake.state = state
            self.script("document.dispatchEvent(new Event('visibilitychange'))")
            self.until(lambda: self.texts("#banner") and words in self.texts("#banner")[0], f"the banner says '{words}'")
            self.assertEqual(self.script("return document.querySelector('#lamp').className"), state)
        self.type("Hello" + Keys.ENTER)
        self.until(lambda: self.texts(".note.bad") and "No connection" in self.texts(".note.bad")[0], "the answer says why it is none")
        self.fake.state = "ok"
        self.until(lambda: self.texts("#banner") == [], "the banner goes by itself")
        self.click(".assistant [aria-label='Answer again']")
        self.until(lambda: self.said() == ["Hello", "Answer 1 to Hello"], "it can be asked for again")

    def test_an_answer_that_is_cut_is_told(self):
        self.fake.answers["cut"] = [content("So far"), {"error": {"code": "draining", "message": "stopped"}}]
        self.type("cut" + Keys.ENTER)
        self.until(lambda: self.texts(".note.bad"), "the end is told")
        self.assertIn("being stopped", self.texts(".note.bad")[0])
        self.assertEqual(self.said(), ["cut", "So far"])

    def test_the_real_server(self):
        self.open(f"http://127.0.0.1:{REAL_PORT}/")
        self.until(lambda: self.texts("#model") and self.texts("#model")[0].startswith("rwkvk-demo · cpu"), "model and device are told")
        self.ask("My name is Ada.")
        self.ask("What is my name?")
        self.until(lambda: len(self.texts(".facts")) == 2, "both are answered")
        self.assertEqual(self.said(), ["My name is Ada.", "Nice to meet you, Ada!", "What is my name?", "Your name is Ada."])
        self.click(".turn:last-child .facts summary")
        prompt, _, _, fingerprint, numerics = self.texts(".turn:last-child .facts dd")
        self.assertGreater(int(re.search(r", (\d+) of them", prompt).group(1)), 10)
        self.assertRegex(fingerprint, "^[0-9a-f]{16}$")
        self.assertRegex(numerics, "^b2-[0-9a-f]{16}$")
        self.click(".turn:last-child [aria-label='Answer again']")
        self.until(lambda: self.texts(".branch") == ["2 / 2"] and len(self.texts(".facts")) == 2, "it is answered again")
        self.click(".turn:last-child .facts summary")
        self.assertEqual(self.texts(".turn:last-child .facts dd")[3], fingerprint, "at temperature 0 the same tokens")

    def test_keys(self):
        process, port = served("--api-key", "a-secret")
        self.addCleanup(end, process)
        self.open(f"http://127.0.0.1:{port}/")
        field = self.one("#key-form input")
        field.send_keys("wrong" + Keys.ENTER)
        self.until_text("#key-form > span", ["That was not a key of this server."])
        self.assertEqual(self.texts("#model"), [""])
        self.one("#key-form input").send_keys("a-secret" + Keys.ENTER)
        self.until(lambda: self.texts("#key-form") == [], "the key is taken")
        self.ask("Hello!")
        self.until(lambda: self.said()[1:] == ["Hello! How can I help you?"], "it is answered")
        self.assertEqual(self.script("return [sessionStorage.getItem('rwkvk.key'), localStorage.getItem('rwkvk.key')]"), ["a-secret", None])


if __name__ == "__main__":
    REAL, REAL_PORT = served()
    try:
        Browsing.browser, Browsing.real_port = open_browser(), REAL_PORT
        try:
            result = unittest.main(verbosity=2, exit=False).result
        finally:
            Browsing.browser.quit()
    finally:
        end(REAL)
    sys.exit(not result.wasSuccessful())
