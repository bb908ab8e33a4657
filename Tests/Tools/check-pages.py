#!/usr/bin/env python3
"""Opens pages of `apus diff --html` in headless Chromium, and fails where they do not work.

Makes a small pair of graphs and one of 2,000 nodes, writes their pages, and looks at each: no
errors on the console, no request for another file, the layout drawn within two seconds, search and
the list of changes lead to the right nodes, light and dark. With a folder, screenshots stay there.
Says so and passes where there is no Chromium.
    usage: check-pages.py path/to/apus [folder for screenshots] [page.html ...]
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZE = (1440, 900)


class Browser:
    """A Chromium that is told what to do through a pair of pipes (the DevTools protocol)."""

    def __init__(self, command, profile):
        self.input, to = os.pipe(), os.pipe()
        # Chromium reads from descriptor 3 and writes to 4.
        shell = f"exec {command} --headless --no-sandbox --disable-gpu --disable-dev-shm-usage " \
                f"--hide-scrollbars --remote-debugging-pipe --user-data-dir={profile} " \
                f"about:blank 3<&{to[0]} 4>&{self.input[1]}"
        self.process = subprocess.Popen(["bash", "-c", shell], pass_fds=(to[0], self.input[1]),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to[0])
        os.close(self.input[1])
        self.output, self.rest, self.number, self.session = to[1], b"", 0, None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def read(self):
        while b"\0" not in self.rest:
            piece = os.read(self.input[0], 1 << 20)
            if not piece:
                sys.exit("check-pages: Chromium has gone")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **arguments):
        self.number += 1
        request = {"id": self.number, "method": method, "params": arguments}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.output, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"check-pages: {method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            sys.exit(f"check-pages: {expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression, seconds=30):
        end = time.monotonic() + seconds
        while not self.value(expression):
            if time.monotonic() > end:
                sys.exit(f"check-pages: {expression} never came true")
            time.sleep(0.05)

    def open(self, path, scheme):
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=SIZE[0], height=SIZE[1],
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait("document.documentElement?.dataset.ready !== undefined")

    def complaints(self):
        """What the page has complained about, and what it has asked of others."""
        self.value("0")
        wrong = []
        for event in self.events:
            method, details = event.get("method"), event.get("params", {})
            if method in ("Runtime.exceptionThrown", "Log.entryAdded"):
                wrong.append(json.dumps(details)[:500])
            if method == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning"):
                wrong.append(json.dumps(details["args"])[:500])
            if method == "Network.requestWillBeSent":
                url = details["request"]["url"]
                if not url.startswith(("file:", "data:")):
                    wrong.append(f"a request for {url}")
        return wrong

    def shoot(self, path):
        # The next frame but one shows what was drawn last.
        self.call("Runtime.evaluate", awaitPromise=True, expression="new Promise(done => "
                  "requestAnimationFrame(() => requestAnimationFrame(done)))")
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self):
        self.process.terminate()
        self.process.wait()


def chain(count, edited):
    """A graph of blocks with residuals as text; with four edits for a comparison."""
    kind, lines, last = "tensor<4x8xf32>", [], "%x"

    def add(operation, name):
        lines.append(f'  %v{len(lines)} = {operation} : {kind}  @ "{name}"')
        return f"%v{len(lines) - 1}"

    block = 0
    while len(lines) < count:
        start, block = last, block + 1
        bound = 0.5 if edited and block == 2 else 0.0
        rectified = add(f"map {start} {{f = (a: f32) max(a, {bound}:f32)}}", f"block{block}/relu")
        axis = 0 if edited and block == 3 else 1
        share = add(f"softmax {start} {{axis = {axis}}}", f"block{block}/softmax")
        last = add(f"map {rectified}, {share} {{f = (a: f32, b: f32) sub(a, b)}}",
                   f"block{block}/gate")
        if edited and block == 4:
            last = add(f"map {last} {{f = (a: f32) tanh(a)}}", f"block{block}/new")
        last = add(f"normalize {last} {{axis = 1, epsilon = 0.001}}", f"block{block}/norm")
        if not edited or block != 5:
            last = add(f"map {last}, {start} {{f = (a: f32, b: f32) add(a, b)}}",
                       f"block{block}/sum")
        if block % 10 == 0:
            last = add(f"map {last}, %m {{f = (a: f32, b: f32) mul(a, b)}}", f"block{block}/mask")
    return "\n".join([f"graph @net(%x: {kind}, %m: {kind}) -> (y: {kind}) {{", *lines,
                      f"  return {last}", "}", ""])


def check(browser, page, scheme, shots):
    """Opens a page, uses it, and says what is wrong."""
    wrong = []

    def expect(expression, what):
        if not browser.value(expression):
            wrong.append(what)

    browser.open(page, scheme)
    took = browser.value("Number(document.documentElement.dataset.ready)")
    expect("Number(document.documentElement.dataset.ready) <= 2000", f"it took {took} ms to draw")
    if shots:
        browser.shoot(shots / f"{page.stem}-{scheme}.png")
    changed = browser.value("data.changes.length")
    expect(f"document.querySelectorAll('#list button').length === {min(changed, 2000)}",
           "the list of changes is not complete")
    expect("stops.every(place => items[place].status)", "a changed node is not marked")
    # The names of a node lead to it, in both panes.
    browser.value("search.value = 'block4/new'; search.dispatchEvent(new Event('input'))")
    if page.stem.startswith("chain-"):
        expect("hits.length === 1 && items[chosen].status === 'added'", "search finds no new node")
        expect("byId('hits').value === '1 of 1'", "search does not count")
        expect("byId('detail').textContent.includes('block4/new')", "no detail of the new node")
        if shots:
            browser.shoot(shots / f"{page.stem}-{scheme}-search.png")
        expect("data.changes.length >= 4 && data.deltas.length > 0", "changes are missing")
    browser.value("search.value = 'no such node'; search.dispatchEvent(new Event('input'))")
    expect("byId('hits').value === 'none'", "search finds what is not there")
    if browser.value("document.querySelector('#list button:enabled') !== null"):
        browser.value("document.querySelector('#list button:enabled').click()")
        expect("chosen === data.changes.find(change => change.items.length).items[0]",
               "the list leads elsewhere")
        browser.value("document.querySelector('#classes button').click()")
        expect("document.querySelectorAll('#list button').length < data.changes.length",
               "a class cannot be hidden")
    if changed:
        rows = browser.value("(() => { arrange(true); return new Set(levels).size; })()")
        browser.value("arrange(false)")
        expect(f"new Set(levels).size === rowCount && {rows} <= rowCount", "it does not unfold")
    before = browser.value("view.scale")
    browser.value("byId('in').click()")
    expect(f"view.scale > {before}", "it does not zoom")
    frame = browser.value("(() => { const start = performance.now(); fit(); "
                          "canvases.forEach((canvas, place) => drawPane(canvas, place + 1)); "
                          "return performance.now() - start; })()")
    if shots:
        browser.shoot(shots / f"{page.stem}-{scheme}-fit.png")
    wrong += browser.complaints()
    print(f"{page.name} {scheme}: shown after {took} ms, a frame of everything {frame:.0f} ms")
    return wrong


def main():
    apus = Path(sys.argv[1]).resolve()
    shots = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    command = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome")), None)
    if command is None:
        print("check-pages: there is no Chromium, so pages are not opened (make pages installs it)")
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        work, pages = Path(name), [Path(page) for page in sys.argv[3:]]
        for count in (26, 2000):
            (work / "old.apir").write_text(chain(count, False))
            (work / "new.apir").write_text(chain(count, True))
            pages.append(work / f"chain-{count}.html")
            code = subprocess.run([apus, "diff", "old.apir", "new.apir", "--html", pages[-1].name],
                                  cwd=work, stdout=subprocess.DEVNULL).returncode
            if code != 1:
                sys.exit(f"check-pages: apus diff exits with {code}, not 1")
        if shots:
            shots.mkdir(parents=True, exist_ok=True)
        browser = Browser(command, work / "profile")
        wrong = [f"{page.name} {scheme}: {line}" for page in pages for scheme in ("light", "dark")
                 for line in check(browser, page, scheme, shots)]
        browser.close()
    print("\n".join(wrong) if wrong else "pages: all work")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
