"""Debian's Chromium as a test uses it: one browser, and a page in it that is looked at until it is as it should be. Where there is none the
test that imports this is skipped."""
import shutil
import sys
import time
import unittest

from page_fake import Fake

try:
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = None
if not webdriver or not shutil.which("chromedriver") or not shutil.which("chromium"):
    print("skipped: a browser is missing (Debian: chromium chromium-driver python3-selenium)")
    sys.exit(77)

PATIENCE = 20  # seconds, of a busy machine


def open_browser():
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    browser = webdriver.Chrome(options=options)
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
        "source": "window.violations = []; addEventListener('securitypolicyviolation', event => violations.push(event.blockedURI))"})
    return browser


class Browsing(unittest.TestCase):
    """One page, of a server of its own and so with an empty memory."""
    browser, real_port = None, 0  # of all tests

    def setUp(self):
        self.fake = Fake(self.real_port)
        self.addCleanup(self.fake.close)
        self.look(1280, 800)
        self.open()

    def open(self, url=""):
        self.browser.get(url or self.fake.url)
        self.until(lambda: self.script("return document.querySelector('#send')?.title"), "the page is ready")

    def look(self, width, height, scheme="light", language="en-US"):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.browser.execute_cdp_cmd("Emulation.setUserAgentOverride", {"userAgent": "test", "acceptLanguage": language})

    def script(self, text, *arguments):
        return self.browser.execute_script(text, *arguments)

    def until(self, is_so, what):
        begun = time.monotonic()
        while not is_so():
            self.assertLess(time.monotonic() - begun, PATIENCE, f"expected that {what}")
            time.sleep(0.02)

    def one(self, selector):
        self.until(lambda: self.browser.find_elements(By.CSS_SELECTOR, selector), f"there is {selector}")
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return self.script("return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).map(e => e.innerText.trim())", selector)

    def until_text(self, selector, texts):
        self.until(lambda: self.texts(selector) == texts, f"{selector} is {texts}, not {self.texts(selector)}")

    def click(self, selector):
        self.one(selector)
        self.script("document.querySelector(arguments[0]).click()", selector)

    def type(self, text):
        self.one("#text").send_keys(text)

    def ask(self, text):
        self.type(text + Keys.ENTER)
        self.until(lambda: self.script("return !document.querySelector('.running') && document.querySelector('#text').value === ''"), f"{text} is answered")

    def said(self):
        return self.texts(".turn .body")

    def draft(self):
        return self.script("return document.querySelector('#text').value")
