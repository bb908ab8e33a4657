#!/usr/bin/env python3
"""Runs or compiles every snippet of the documentation, and fails where one is out of date.

Commands are run on small models; what `make` and `swift` are asked for must exist. Swift stands
somewhere in the sources, or compiles. Other code must stand in what its page's commands print or
write, or be read as what it is. Links must lead somewhere.
    usage: check-snippets.py path/to/apus folder/of/built/modules
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "Examples/digits"

# What snippets of Swift that do not stand in the sources are given.
FRAMES = {
    "ApusBytecode": "func snippet(program: Program, inputs: [TensorData]) throws",
    "ApusIR": "func snippet() throws",
    "ApusTransforms": "func snippet(graph: inout Graph) throws",
}
IMPORTS = "import ApusIR\nimport ApusLoops\nimport ApusTransforms\nimport ApusBytecode\n"
# Commands whose exit code 1 is an answer.
ANSWERS = ("diff",)


def pages():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "*.md"],
                            check=True, capture_output=True, text=True).stdout.split()
    return [ROOT / path for path in listed if (ROOT / path).is_file()]


def blocks(text):
    """The (language, text) of fenced and of indented snippets; these have the language None."""
    fence = re.compile(r"^```(\S*)\n(.*?)^```", re.M | re.S)
    found = [match.groups() for match in fence.finditer(text)]
    rest = fence.sub("", text)
    return found + [(None, re.sub("^    ", "", block, flags=re.M)) for block in
                    re.findall(r"(?:^|\n\n)((?:    .+\n?)+)", rest)]


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


class Checker:
    def __init__(self, apus, modules, work):
        self.apus, self.modules, self.work = apus, modules, work
        self.wrong, self.count, self.printed = [], 0, ""
        self.sources = "\n".join(squeeze(path.read_text())
                                 for path in sorted((ROOT / "Sources").rglob("*.swift")))
        self.make = (ROOT / "Makefile").read_text()
        self.package = (ROOT / "Package.swift").read_text()

    def prepare(self):
        """The models and folders that commands name."""
        case = self.work / "CASE"
        case.mkdir()
        shutil.copy(DIGITS / "digits.onnx", case / "model.onnx")
        shutil.copy(DIGITS / "test-images.npz", case)
        linear = next(code for _, code in blocks((ROOT / "docs/architecture.md").read_text())
                      if code.startswith("graph @linear"))
        (self.work / "linear.apir").write_text(linear)
        subprocess.run([self.apus, "compile", "linear.apir", "-O0", "--emit", "onnx",
                        "-o", "model.onnx"], cwd=self.work, check=True)
        for name in ("MODEL.onnx", "old.onnx", "new.onnx"):
            shutil.copy(self.work / "model.onnx", self.work / name)
        subprocess.run([self.apus, "compile", DIGITS / "digits.onnx", "--dim", "N=1", "-o", "OUT"],
                       cwd=self.work, check=True)
        for name in ("digits.onnx", "calibration-images.npz"):
            shutil.copy(DIGITS / name, self.work)
        for name in ("DIR", "samples"):
            (self.work / name).mkdir()
            shutil.copy(DIGITS / "calibration-images.npz", self.work / name)
        (self.work / "Examples").symlink_to(ROOT / "Examples")
        (self.work / "path/to").mkdir(parents=True)
        (self.work / "path/to/cases").symlink_to(case)

    def fail(self, page, what):
        self.wrong.append(f"{page.relative_to(ROOT)}: {what}")

    # MARK: Commands

    def run(self, page, line):
        words = re.sub(r"\s+#.*", "", line).removeprefix("$ ").replace("…", "").split()
        if words[0] != "apus" or len(words) == 1:
            return self.look_up(page, words)
        self.count += 1
        names = {"OLD": "old.onnx", "NEW": "new.onnx", "MODEL": "MODEL.onnx", "FILE": "FILE",
                 "OUT.onnx": "OUT.onnx"}
        if words[1] == "quantize":  # of models with products; times decide nothing here
            names |= {"MODEL.onnx": "digits.onnx", "model.onnx": "digits.onnx"}
            words += ["--measure", "no"]
        words = [names.get(word, word) for word in words[1:]]
        result = subprocess.run([self.apus, *words], cwd=self.work, capture_output=True, text=True)
        self.printed += result.stdout
        if result.returncode > (words[0] in ANSWERS):
            self.fail(page, f"{line.strip()} exits with {result.returncode}\n{result.stderr}")
        return None

    def look_up(self, page, words):
        """Whether there is what a command of another tool is asked for."""
        def need(condition, what):
            self.count += 1
            if not condition:
                self.fail(page, f"there is no {what}")
        if words[0] == "make":
            need(re.search(rf"^{words[1]}:", self.make, re.M), f"target {words[1]}")
        for option, value in zip(words, words[1:]):
            if option == "--product":
                need(f'"{value}"' in self.package, f"product {value}")
            if option == "--package-path":
                need((ROOT / value / "Package.swift").exists(), f"package {value}")
            if option == "--filter":
                need((ROOT / "Tests" / value).is_dir(), f"test target {value}")
        for word in words:
            if word.startswith(("Examples/", "./Examples/", "Tests/", "Sources/")):
                need((ROOT / word).exists(), f"file {word}")

    # MARK: Code

    def swift(self, page, code):
        pieces = [piece for piece in code.split("\n") if piece]
        if squeeze(re.sub(r"^//.*\n", "", code)).rstrip(",") in self.sources:
            return
        frame = FRAMES.get(page.stem)
        if frame is None:
            return self.fail(page, f"no source has the snippet that begins with\n{pieces[0]}")
        file = self.work / "snippet.swift"
        file.write_text(f"{IMPORTS}{frame} {{\n{code}}}\n")
        maps = [f"-fmodule-map-file={path}"
                for path in [*(ROOT / "Sources").rglob("module.modulemap")]]
        arguments = [word for path in maps for word in ("-Xcc", path)]
        result = subprocess.run(
            ["swiftc", "-typecheck", "-swift-version", "6", "-suppress-warnings", "-I",
             self.modules, *arguments, file], capture_output=True, text=True)
        if result.returncode:
            self.fail(page, result.stderr)

    def excerpt(self, page, code):
        """Whether each line stands in what the page's commands printed or wrote."""
        known = self.printed + "".join(
            path.read_text(errors="replace") for path in self.work.rglob("*")
            if path.suffix in (".c", ".h", ".loops", ".apir"))
        comment = re.compile(r"/\*.*?\*/", re.S)
        known = squeeze(comment.sub("", known.replace("digits_", "NAME_")))
        for line in comment.sub("", code).split("\n"):
            if squeeze(line.split("…")[0]) not in known:
                self.fail(page, f"no command gives the line\n{line}")

    def python(self, page, code):
        compile(code, str(page), "exec")
        # Where numpy is missing, the examples' own tests run nothing either.
        if "apus." not in code or "APUS_LIBRARY" not in os.environ or not find_spec("numpy"):
            return
        shutil.copy(DIGITS / "digits.onnx", self.work)
        start = "import numpy; image = numpy.zeros((1, 1, 8, 8), numpy.float32)\n"
        environment = os.environ | {"PYTHONPATH": str(ROOT / "Examples/python")}
        result = subprocess.run([sys.executable, "-c", start + code], cwd=self.work,
                                env=environment, capture_output=True, text=True)
        if result.returncode:
            self.fail(page, result.stderr)

    def json(self, page, code):
        json.loads(code)
        (self.work / "policy.json").write_text(code)
        self.run(page, "apus diff old.onnx new.onnx --policy policy.json")

    # MARK: Pages

    def check(self, page):
        text = page.read_text()
        self.printed = ""
        found = blocks(text)
        spans = re.findall(r"`(apus [a-z]+ linear[^`]*)`", text)
        for line in spans:
            self.run(page, line)
        for _, code in (block for block in found if block[0] is None):
            for line in re.sub(r"\\\n\s*", "", code).split("\n"):
                if re.match(r"(\$ )?(apus|make|swift|pip|cc|\.venv/bin/python) ", line):
                    self.run(page, line)
        ways = {"swift": self.swift, "python": self.python, "json": self.json, "c": self.excerpt}
        for language, code in found:
            if language in ways:
                self.count += 1
                ways[language](page, code)
            elif language == "" and spans:
                self.count += 1
                if "──" not in code and "─Apus" not in code:
                    self.excerpt(page, code)
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            self.count += 1
            if not (page.parent / link).exists():
                self.fail(page, f"the link to {link} leads nowhere")


def main():
    apus, modules = (Path(argument).resolve() for argument in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(apus, modules, Path(folder))
        checker.prepare()
        for page in pages():
            checker.check(page)
    print("\n".join(checker.wrong) or f"snippets: {checker.count} hold")
    sys.exit(1 if checker.wrong else 0)


if __name__ == "__main__":
    main()
